package executor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/nameserver"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/operation"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// How long name servers may take to follow their primary, and how long a move waits for a TTL to run out before it leaves that to a later apply.
const (
	serversWithin = 2 * time.Minute
	serversPause  = 200 * time.Millisecond
	expireWithin  = time.Hour
	// earlyBy is how much later than it was written down a TTL may have been lowered, where an earlier attempt did it.
	earlyBy = time.Minute
)

// ErrTTL means that resolvers may still hold records for too long.
var ErrTTL = errors.New("resolvers may still hold the old records")

// records is one operation on records of a zone.
type records struct {
	operation.Records
	zone nameserver.Zone
	key  nameserver.Key
	told map[string]string // what the operation that it goes by reported
}

// recordsOf reads the operation's argument. Who only looks has no secrets.
func recordsOf(op runbook.Operation, secrets map[string]string, told map[string]string) (records, error) {
	var r records
	if len(op.Args) != 1 {
		return r, fmt.Errorf("operation %s: malformed", op.ID)
	}
	if err := json.Unmarshal([]byte(op.Args[0]), &r.Records); err != nil {
		return r, fmt.Errorf("operation %s: %w", op.ID, err)
	}
	r.zone = nameserver.Zone{Name: r.DNS.Zone, Server: r.DNS.Server}
	r.key = nameserver.Key{Name: r.DNS.TSIGName, Secret: secrets[r.DNS.TSIGName]}
	r.told = told
	return r, nil
}

// declared are the sets that are declared. A TTL that is not stays zero.
func declared(d declare.DNSUpdate) ([]nameserver.Set, error) {
	var sets []nameserver.Set
	for _, record := range d.Records {
		set, err := nameserver.Set{Name: d.Absolute(record.Name), Type: record.Type, TTL: record.TTL, Values: []string{record.Value}}.Normal()
		if err != nil {
			return nil, err
		}
		at := slices.IndexFunc(sets, func(s nameserver.Set) bool { return s.Name == set.Name && s.Type == set.Type })
		if at < 0 {
			sets = append(sets, set)
			continue
		}
		sets[at].Values = append(sets[at].Values, set.Values...)
	}
	return sets, nil
}

// noted is a set as it was found at some time.
type noted struct {
	nameserver.Set
	at time.Time
}

// lines write a set down: keep_records and recall_records know the form.
func (n noted) lines() []string {
	values := n.Values
	if len(values) == 0 {
		values = []string{""}
	}
	lines := make([]string, len(values))
	for i, value := range values {
		lines[i] = strings.Join([]string{n.Name, n.Type, strconv.Itoa(n.TTL), strconv.FormatInt(n.at.Unix(), 10), value}, "\t")
	}
	return lines
}

// recordLines are what find_records reported, for keep_records.
func recordLines(found map[string]string) string {
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(found)) {
		text.WriteString("record " + found[name] + "\n")
	}
	return text.String()
}

// before are the sets as they were before the move, by what was reported of them: results "record.<n>".
func (r records) before() ([]noted, error) {
	var sets []noted
	for n := 0; ; n++ {
		line, ok := r.told["record."+strconv.Itoa(n)]
		if !ok {
			break
		}
		fields := strings.SplitN(line, "\t", 5)
		if len(fields) != 5 {
			return nil, fmt.Errorf("what the records were is written down in another form: %q", line)
		}
		set := noted{Set: nameserver.Set{Name: fields[0], Type: fields[1], TTL: count(fields[2])}, at: time.Unix(int64(count(fields[3])), 0)}
		at := slices.IndexFunc(sets, func(s noted) bool { return s.Name == set.Name && s.Type == set.Type })
		if at < 0 {
			at = len(sets)
			sets = append(sets, set)
		}
		if fields[4] != "" {
			sets[at].Values = append(sets[at].Values, fields[4])
		}
	}
	if len(sets) == 0 {
		return nil, fmt.Errorf("nobody has told what the records were (%s)", r.From)
	}
	return sets, nil
}

// meant are the sets that the operation is about.
func (r records) meant(ctx context.Context) ([]nameserver.Set, error) {
	sets, err := declared(r.DNS)
	if err != nil {
		return nil, err
	}
	var was []noted
	if r.As == operation.Found || r.As == operation.FoundTTL {
		if was, err = r.before(); err != nil {
			return nil, err
		}
	}
	for i, set := range sets {
		at := slices.IndexFunc(was, func(n noted) bool { return n.Name == set.Name && n.Type == set.Type })
		switch {
		case r.As == operation.Found && at >= 0:
			sets[i] = was[at].Set
		case r.As == operation.FoundTTL && at >= 0 && len(was[at].Values) > 0:
			sets[i].TTL = was[at].TTL
		case sets[i].TTL == 0:
			if sets[i].TTL, err = r.ttlNow(ctx, set); err != nil {
				return nil, err
			}
		}
	}
	return sets, nil
}

// freshTTL is that of a record that is new, where none is declared.
const freshTTL = 300

// ttlNow is the TTL that a set has, for one that is declared without.
func (r records) ttlNow(ctx context.Context, set nameserver.Set) (int, error) {
	got, err := nameserver.At(ctx, r.zone.Server, set.Name, set.Type)
	if err != nil {
		return 0, err
	}
	if len(got.Values) == 0 {
		return freshTTL, nil
	}
	return got.TTL, nil
}

// find reads the records and sees that the key may change them.
func (r records) find(ctx context.Context, note func(string)) (map[string]string, error) {
	sets, err := declared(r.DNS)
	if err != nil {
		return nil, err
	}
	result := map[string]string{}
	var found []nameserver.Set
	for _, set := range sets {
		got, err := nameserver.At(ctx, r.zone.Server, set.Name, set.Type)
		if err != nil {
			return nil, err
		}
		found = append(found, got)
		for _, line := range (noted{got, time.Now()}).lines() {
			result["record."+strconv.Itoa(len(result))] = line
		}
		if other := r.otherFamily(ctx, sets, set); other != "" {
			note(other)
		}
	}
	if err := r.zone.Prove(ctx, r.key, found); err != nil {
		return nil, err
	}
	_, err = r.zone.Servers(ctx)
	return result, err
}

// otherFamily says that a name has addresses of the other family, which are not declared: who uses them stays with the old side.
func (r records) otherFamily(ctx context.Context, sets []nameserver.Set, set nameserver.Set) string {
	other := map[string]string{"A": "AAAA", "AAAA": "A"}[set.Type]
	if other == "" || slices.ContainsFunc(sets, func(s nameserver.Set) bool { return s.Name == set.Name && s.Type == other }) {
		return ""
	}
	got, err := nameserver.At(ctx, r.zone.Server, set.Name, other)
	if err != nil || len(got.Values) == 0 {
		return ""
	}
	return fmt.Sprintf("%s is not among identity.dns.records: clients that use it go where they went before", got)
}

// lower lowers the TTL where it is above the declared one, and waits until the one before has run out.
func (r records) lower(ctx context.Context) error {
	served, err := r.above(ctx)
	if err != nil {
		return err
	}
	if len(served.lowered) > 0 {
		if err := r.zone.Set(ctx, r.key, served.lowered); err != nil {
			return err
		}
		begun := time.Now()
		if err := r.follow(ctx, served.lowered, true); err != nil {
			return err
		}
		served.over = served.over.Add(time.Since(begun))
	}
	left := time.Until(served.over)
	if left > expireWithin {
		return fmt.Errorf("%w: they were served with a TTL of %d s, which is lowered and has run out at %s. Nothing else was changed; apply again then",
			ErrTTL, served.ttl, served.over.UTC().Format(time.RFC3339))
	}
	return pass(ctx, left)
}

// longServed are records that were found with a TTL above the declared one.
type longServed struct {
	ttl     int              // the highest that was found, in seconds
	lowered []nameserver.Set // those that are served with it still, as they shall be
	over    time.Time        // when the last of what was served with it has run out
}

// above finds them.
func (r records) above(ctx context.Context) (longServed, error) {
	want, err := declared(r.DNS)
	if err != nil {
		return longServed{}, err
	}
	was, err := r.before()
	if err != nil {
		return longServed{}, err
	}
	var served longServed
	for _, set := range want {
		at := slices.IndexFunc(was, func(n noted) bool { return n.Name == set.Name && n.Type == set.Type })
		if at < 0 || set.TTL == 0 || len(was[at].Values) == 0 || was[at].TTL <= set.TTL {
			continue
		}
		now, err := nameserver.At(ctx, r.zone.Server, set.Name, set.Type)
		if err != nil {
			return longServed{}, err
		}
		served.ttl = max(served.ttl, was[at].TTL)
		ends := was[at].at.Add(time.Duration(was[at].TTL)*time.Second + earlyBy)
		if now.TTL > set.TTL {
			now.TTL = set.TTL
			served.lowered = append(served.lowered, now)
			ends = time.Now().Add(time.Duration(was[at].TTL) * time.Second)
		}
		if ends.After(served.over) {
			served.over = ends
		}
	}
	return served, nil
}

// set makes the records what is meant, and sees it at the primary.
func (r records) set(ctx context.Context) error {
	sets, err := r.meant(ctx)
	if err != nil {
		return err
	}
	primary := []nameserver.Named{{Name: r.zone.Server, Addresses: []string{r.zone.Server}}}
	if len(nameserver.Differs(ctx, primary, sets, r.As != operation.AnyTTL)) == 0 {
		return nil
	}
	if err := r.zone.Set(ctx, r.key, sets); err != nil {
		return err
	}
	if lines := nameserver.Differs(ctx, primary, sets, true); len(lines) > 0 {
		return fmt.Errorf("the update was made, and %s", strings.Join(lines, "; "))
	}
	return nil
}

// await waits until every name server answers what is meant.
func (r records) await(ctx context.Context) error {
	sets, err := r.meant(ctx)
	if err != nil {
		return err
	}
	return r.follow(ctx, sets, r.As != operation.AnyTTL)
}

func (r records) follow(ctx context.Context, sets []nameserver.Set, ttl bool) error {
	servers, err := r.zone.Servers(ctx)
	if err != nil {
		return err
	}
	for end := time.Now().Add(serversWithin); ; {
		lines := nameserver.Differs(ctx, servers, sets, ttl)
		if len(lines) == 0 {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("after %s %s", serversWithin, strings.Join(lines, "; "))
		}
		if err := pass(ctx, serversPause); err != nil {
			return err
		}
	}
}

// pass lets time go by.
func pass(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(max(0, d))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return fmt.Errorf("wait: %w", context.Cause(ctx))
	case <-timer.C:
		return nil
	}
}

// dns runs an operation on records.
func (r *run) dns(ctx context.Context, op runbook.Operation) (StepResult, error) {
	var spec operation.Records
	if len(op.Args) == 1 {
		_ = json.Unmarshal([]byte(op.Args[0]), &spec) // recordsOf says what is wrong with it
	}
	r.mu.Lock()
	told := r.results[spec.From].Result
	r.mu.Unlock()
	z, err := recordsOf(op, r.opts.Secrets, told)
	if err != nil {
		return StepResult{}, err
	}
	result := StepResult{Result: map[string]string{}}
	switch op.Kind {
	case "find_records":
		result.Result, err = z.find(ctx, r.c.note)
	case "lower_record_ttl":
		err = z.lower(ctx)
	case "set_records":
		err = z.set(ctx)
	case "await_records":
		err = z.await(ctx)
	}
	if err != nil {
		return result, fmt.Errorf("%s (operation %s): %w", op.Sentence, op.ID, err)
	}
	return result, nil
}

// probeRecords looks whether an operation on records holds: set_records at the primary, await_records at all servers.
func (c *Controller) probeRecords(ctx context.Context, op runbook.Operation) StepResult {
	step := StepResult{Result: map[string]string{}}
	z, err := recordsOf(op, nil, nil)
	if err == nil {
		var sets []nameserver.Set
		if sets, err = z.meant(ctx); err == nil {
			servers := []nameserver.Named{{Name: z.zone.Server, Addresses: []string{z.zone.Server}}}
			if op.Kind == "await_records" {
				servers, err = z.zone.Servers(ctx)
			}
			for n, line := range nameserver.Differs(ctx, servers, sets, z.As != operation.AnyTTL) {
				step.Result["drift."+strconv.Itoa(n)] = line
			}
		}
	}
	if err != nil {
		step.Result["drift."+strconv.Itoa(len(step.Result))] = err.Error()
	}
	if len(step.Result) > 0 {
		step.Error = "does not hold"
	}
	return step
}
