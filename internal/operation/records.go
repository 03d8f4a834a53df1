package operation

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/shell"
)

// Records is the one argument of an operation on records of a zone, as JSON. These run on the controller: hosts need no tool for it, and no key.
type Records struct {
	DNS declare.DNSUpdate `json:"dns"`
	// From is the operation that reported what was found before the move; empty: nothing of that is needed.
	From string `json:"from,omitempty"`
	// As says which records are meant.
	As RecordsAs `json:"as,omitempty"`
}

// RecordsAs says which records an operation means.
type RecordsAs string

// Records that are meant.
const (
	Declared RecordsAs = "declared"  // as declared, with their TTL
	Found    RecordsAs = "found"     // as they were found before the move
	FoundTTL RecordsAs = "found_ttl" // as declared, with the TTL that was found
	AnyTTL   RecordsAs = "any_ttl"   // as declared, whatever their TTL
)

func onRecords(kind string, stage runbook.Stage, r Records) (runbook.Operation, error) {
	spec, err := json.Marshal(r)
	if err != nil {
		return runbook.Operation{}, fmt.Errorf("records of %s: %w", r.DNS.Zone, err)
	}
	op := on(kind, Party{Role: "controller"}, stage, r.DNS.Zone)
	op.Args = []string{string(spec)}
	op.Touches = []string{"records:" + r.DNS.Zone}
	if r.From != "" {
		op.Needs = []string{r.From}
	}
	op.Estimate = stepEstimate
	return op, nil
}

// names are the records of a zone in a sentence.
func names(d declare.DNSUpdate) string {
	var list []string
	for _, r := range d.Records {
		if name := strings.TrimSuffix(d.Absolute(r.Name), ".") + " " + strings.ToUpper(r.Type); len(list) == 0 || list[len(list)-1] != name {
			list = append(list, name)
		}
	}
	return strings.Join(list, " and ")
}

// values are what they shall be.
func values(d declare.DNSUpdate) string {
	var list []string
	for _, r := range d.Records {
		text := strings.TrimSuffix(d.Absolute(r.Name), ".") + " " + strings.ToUpper(r.Type) + " " + r.Value
		if r.TTL > 0 {
			text += " (TTL " + strconv.Itoa(r.TTL) + " s)"
		}
		list = append(list, text)
	}
	return strings.Join(list, " and ")
}

// nsupdate is how a person does it.
func nsupdate(d declare.DNSUpdate) []string {
	return []string{shell.Quote("nsupdate", "-y", "hmac-sha256:"+d.TSIGName+":SECRET") + " with: server " + d.Server + "; zone " + d.Zone + "; update delete NAME TYPE; update add NAME TTL TYPE VALUE; send"}
}

// FindRecords reads the records at the primary server, and sees that the key may change them: it sets them to what they are. It reports them.
func FindRecords(stage runbook.Stage, d declare.DNSUpdate) (runbook.Operation, error) {
	op, err := onRecords("find_records", stage, Records{DNS: d})
	op.Pull = &runbook.Pull{Secret: d.TSIGName}
	op.Sentence = "see what " + names(d) + " is at " + d.Server + ", and that the key " + d.TSIGName + " may change it"
	op.ByHand = []string{shell.Quote("dig", "@"+d.Server, "+norecurse", "NAME", "TYPE")}
	return op, err
}

// KeepRecords writes the records that were found down on a host, with their TTL, for the way back. What an earlier attempt found is kept where only its TTL
// was lowered since.
func KeepRecords(p Party, stage runbook.Stage, cutover, found string) runbook.Operation {
	op := on("keep_records", p, stage)
	op.Args = []string{cutover}
	op.Needs = []string{found}
	op.Pull = &runbook.Pull{Found: found}
	op.Keep = true
	op.Touches = []string{"records"}
	op.Sentence = "write down on " + p.the() + " what the records are, for the way back"
	op.ByHand = []string{"write it down"}
	op.Estimate = stepEstimate
	return op
}

// RecallRecords reads what was written down. Nothing is changed.
func RecallRecords(p Party, stage runbook.Stage, cutover string) runbook.Operation {
	op := on("recall_records", p, stage)
	op.Args = []string{cutover}
	op.Sentence = "read on " + p.the() + " what the records were before the move"
	op.ByHand = []string{shell.Quote("cat", "@journal/records/"+cutover)}
	op.Estimate = stepEstimate
	return op
}

// DropRecords forgets what was written down.
func DropRecords(p Party, stage runbook.Stage, cutover string) runbook.Operation {
	op := on("drop_records", p, stage)
	op.Args = []string{cutover}
	op.Touches = []string{"records"}
	op.Sentence = "forget on " + p.the() + " what the records were before the move"
	op.ByHand = []string{shell.Quote("rm", "@journal/records/"+cutover)}
	op.Estimate = stepEstimate
	return op
}

// LowerTTL lowers the TTL of the records to what is declared, and waits until the one that was served before has run out everywhere. What
// takes long is for a later apply. Nothing takes it back: at its end the cutover, or its way back, puts the TTL up again.
func LowerTTL(stage runbook.Stage, d declare.DNSUpdate, from string) (runbook.Operation, error) {
	op, err := onRecords("lower_record_ttl", stage, Records{DNS: d, From: from, As: Found})
	op.Pull = &runbook.Pull{Secret: d.TSIGName}
	op.Sentence = "lower the TTL of " + names(d) + " where it is above the declared one, and go on once the old one has run out"
	op.ByHand = nsupdate(d)
	return op, err
}

// SetRecords makes the records what is meant, at the zone's primary server.
func SetRecords(stage runbook.Stage, r Records) (runbook.Operation, error) {
	op, err := onRecords("set_records", stage, r)
	op.Pull = &runbook.Pull{Secret: r.DNS.TSIGName}
	op.Lasting = true
	op.Sentence = "make it " + values(r.DNS) + ", at " + r.DNS.Server
	switch r.As {
	case Found:
		op.Sentence = "make " + names(r.DNS) + " what it was before the move, at " + r.DNS.Server
	case FoundTTL:
		op.Sentence = "put the TTL of " + names(r.DNS) + " back, at " + r.DNS.Server
	case Declared, AnyTTL:
	}
	op.ByHand = nsupdate(r.DNS)
	return op, err
}

// AwaitRecords waits until every name server of the zone answers so.
func AwaitRecords(stage runbook.Stage, r Records) (runbook.Operation, error) {
	op, err := onRecords("await_records", stage, r)
	op.Lasting = true
	op.Sentence = "see that every name server of " + r.DNS.Zone + " answers so"
	op.ByHand = []string{shell.Quote("dig", "+nssearch", r.DNS.Zone), "dig @EACH +norecurse NAME TYPE"}
	op.Estimate = loadEstimate
	return op, err
}
