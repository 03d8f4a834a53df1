// Package nameserver reads the records of a zone at its name servers, and changes them by RFC 2136 with TSIG (RFC 8945).
package nameserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// patience bounds one exchange with one server.
const patience = 5 * time.Second

// Set are all records of one name and type. Without values it says that there are none.
type Set struct {
	Name   string // with a dot at its end
	Type   string
	TTL    int // seconds
	Values []string
}

// String is the set for people.
func (s Set) String() string {
	what := strings.TrimSuffix(s.Name, ".") + " " + s.Type
	if len(s.Values) == 0 {
		return what + " (none)"
	}
	return fmt.Sprintf("%s %s, TTL %d", what, strings.Join(s.Values, " and "), s.TTL)
}

// Same reports whether two sets have the same values, in any order.
func (s Set) Same(other Set) bool {
	a, b := slices.Sorted(slices.Values(s.Values)), slices.Sorted(slices.Values(other.Values))
	return s.Name == other.Name && s.Type == other.Type && slices.Equal(a, b)
}

// records are those of the set; an error names one that is none.
func (s Set) records() ([]dns.RR, error) {
	var records []dns.RR
	for _, value := range s.Values {
		record, err := dns.NewRR(fmt.Sprintf("%s %d IN %s %s", s.Name, s.TTL, s.Type, value))
		if err != nil {
			return nil, fmt.Errorf("%s %s %s is no record: %w", s.Name, s.Type, value, err)
		}
		if record == nil {
			return nil, fmt.Errorf("%s %s has a record without a value", s.Name, s.Type)
		}
		records = append(records, record)
	}
	return records, nil
}

// any names the set in an update.
func (s Set) any() dns.RR {
	return &dns.ANY{Hdr: dns.RR_Header{Name: s.Name, Rrtype: dns.StringToType[s.Type], Class: dns.ClassINET}}
}

// Normal gives a set with its values as name servers write them.
func (s Set) Normal() (Set, error) {
	s.Name, s.Type = dns.CanonicalName(s.Name), strings.ToUpper(s.Type)
	if dns.StringToType[s.Type] == 0 {
		return s, fmt.Errorf("%s is no type of record", s.Type)
	}
	records, err := s.records()
	if err != nil {
		return s, err
	}
	s.Values = nil
	for _, record := range records {
		s.Values = append(s.Values, valueOf(record))
	}
	return s, nil
}

func valueOf(record dns.RR) string {
	return strings.TrimPrefix(record.String(), record.Header().String())
}

// Zone is a zone with its primary server.
type Zone struct {
	Name   string // with or without a dot at its end
	Server string // host, or host:port; port 53 where none is given
}

// Key is a TSIG key by HMAC-SHA-256.
type Key struct {
	Name   string
	Secret string // base64; never in an error
}

func withPort(server string) string {
	if _, _, err := net.SplitHostPort(server); err == nil {
		return server
	}
	return net.JoinHostPort(strings.Trim(server, "[]"), "53")
}

// ask puts one question to one server, by UDP, and by TCP where the answer does not fit or does not come.
func ask(ctx context.Context, server, name string, kind uint16) (*dns.Msg, error) {
	query := new(dns.Msg).SetQuestion(name, kind)
	query.RecursionDesired = false
	client := &dns.Client{Timeout: patience / 2}
	answer, _, err := client.ExchangeContext(ctx, query, withPort(server))
	if err != nil || answer.Truncated {
		client.Net = "tcp"
		answer, _, err = client.ExchangeContext(ctx, query, withPort(server))
	}
	if err != nil {
		return nil, fmt.Errorf("ask %s for %s %s: %w", server, name, dns.TypeToString[kind], err)
	}
	if answer.Rcode != dns.RcodeSuccess && answer.Rcode != dns.RcodeNameError {
		return nil, fmt.Errorf("ask %s for %s %s: the answer is %s", server, name, dns.TypeToString[kind], dns.RcodeToString[answer.Rcode])
	}
	return answer, nil
}

// At is the set of a name and type as a server of the zone has it. One that does not answer for the zone itself is an error.
func At(ctx context.Context, server, name, kind string) (Set, error) {
	set := Set{Name: dns.CanonicalName(name), Type: strings.ToUpper(kind)}
	answer, err := ask(ctx, server, set.Name, dns.StringToType[set.Type])
	if err != nil {
		return set, err
	}
	if !answer.Authoritative {
		return set, fmt.Errorf("%s does not answer for %s itself", server, set.Name)
	}
	for _, record := range answer.Answer {
		if record.Header().Rrtype == dns.StringToType[set.Type] && dns.CanonicalName(record.Header().Name) == set.Name {
			set.TTL = int(record.Header().Ttl)
			set.Values = append(set.Values, valueOf(record))
		}
	}
	slices.Sort(set.Values)
	return set, nil
}

// RefusedError means that a server did not make an update.
type RefusedError struct{ Server, Key, Code string }

// Error implements error.
func (e *RefusedError) Error() string {
	text := fmt.Sprintf("%s refused the update: %s", e.Server, e.Code)
	switch e.Code {
	case "BADKEY":
		text += fmt.Sprintf(": it has no TSIG key %s by hmac-sha256", e.Key)
	case "BADSIG":
		text += fmt.Sprintf(": its TSIG key %s is another one", e.Key)
	case "BADTIME":
		text += ": its clock and the one of this machine differ"
	case "REFUSED":
		text += fmt.Sprintf(": TSIG key %s may not change these records", e.Key)
	case "NOTAUTH":
		text += ": it is no server of the zone"
	case "NXRRSET", "YXRRSET", "NXDOMAIN", "YXDOMAIN":
		text += ": the records changed meanwhile"
	}
	return text
}

// Set makes sets of records what they say, at the zone's primary server, in one update: all or none.
func (z Zone) Set(ctx context.Context, key Key, sets []Set) error {
	update := new(dns.Msg).SetUpdate(dns.Fqdn(z.Name))
	return z.send(ctx, key, update, sets)
}

// Prove sees that a key may change sets of records: they are set to what they are. Nothing changes, and nothing is done where they are others by now.
func (z Zone) Prove(ctx context.Context, key Key, found []Set) error {
	update := new(dns.Msg).SetUpdate(dns.Fqdn(z.Name))
	for _, set := range found {
		records, err := set.records()
		if err != nil {
			return err
		}
		if len(records) == 0 {
			update.RRsetNotUsed([]dns.RR{set.any()})
		}
		update.Used(records) // which leaves no TTL in them
	}
	return z.send(ctx, key, update, found)
}

func (z Zone) send(ctx context.Context, key Key, update *dns.Msg, sets []Set) error {
	for _, set := range sets {
		records, err := set.records()
		if err != nil {
			return err
		}
		update.RemoveRRset([]dns.RR{set.any()})
		update.Insert(records)
	}
	name := dns.CanonicalName(key.Name)
	update.SetTsig(name, dns.HmacSHA256, 300, time.Now().Unix())
	client := &dns.Client{Net: "tcp", Timeout: patience, TsigSecret: map[string]string{name: key.Secret}}
	answer, _, err := client.ExchangeContext(ctx, update, withPort(z.Server))
	if refused := z.refusal(answer, key); refused != nil {
		return refused
	}
	if err != nil {
		return fmt.Errorf("update %s at %s: %w", z.Name, z.Server, err)
	}
	return nil
}

// refusal is what the answer to an update says, where that is not yes. That of a key that is not known has no signature to believe.
func (z Zone) refusal(answer *dns.Msg, key Key) error {
	if answer == nil || answer.Rcode == dns.RcodeSuccess {
		return nil
	}
	code := dns.RcodeToString[answer.Rcode]
	if tsig := answer.IsTsig(); tsig != nil && tsig.Error != dns.RcodeSuccess {
		code = dns.RcodeToString[int(tsig.Error)]
	}
	return &RefusedError{Server: z.Server, Key: key.Name, Code: code}
}

// Named is a server of a zone with the addresses at which it can be asked.
type Named struct {
	Name      string
	Addresses []string
}

// Servers lists the primary and those that the zone names as its servers. One whose address nobody knows is an error.
func (z Zone) Servers(ctx context.Context) ([]Named, error) {
	all := []Named{{Name: z.Server, Addresses: []string{withPort(z.Server)}}}
	answer, err := ask(ctx, z.Server, dns.Fqdn(z.Name), dns.TypeNS)
	if err != nil {
		return nil, err
	}
	var errs []error
	for _, record := range answer.Answer {
		ns, ok := record.(*dns.NS)
		if !ok {
			continue
		}
		server := Named{Name: strings.TrimSuffix(ns.Ns, ".")}
		for _, address := range z.addresses(ctx, ns.Ns) {
			server.Addresses = append(server.Addresses, net.JoinHostPort(address, "53"))
		}
		if len(server.Addresses) == 0 {
			errs = append(errs, fmt.Errorf("name server %s of %s has no address", server.Name, z.Name))
		}
		if !slices.Contains(server.Addresses, all[0].Addresses[0]) {
			all = append(all, server)
		}
	}
	return all, errors.Join(errs...)
}

// addresses of a server: the zone itself may tell, else whoever answers names here.
func (z Zone) addresses(ctx context.Context, name string) []string {
	var found []string
	for _, kind := range []uint16{dns.TypeA, dns.TypeAAAA} {
		answer, err := ask(ctx, z.Server, name, kind)
		if err != nil {
			continue
		}
		for _, record := range answer.Answer {
			switch record := record.(type) {
			case *dns.A:
				found = append(found, record.A.String())
			case *dns.AAAA:
				found = append(found, record.AAAA.String())
			}
		}
	}
	if len(found) > 0 {
		return found
	}
	found, err := net.DefaultResolver.LookupHost(ctx, strings.TrimSuffix(name, "."))
	if err != nil {
		return nil
	}
	return found
}

// Differs says of each of the servers that has other sets of records, or does not answer, what it has. ttl: their TTL counts, too.
func Differs(ctx context.Context, servers []Named, sets []Set, ttl bool) []string {
	var lines []string
	for _, server := range servers {
		if line := server.differs(ctx, sets, ttl); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

func (s Named) differs(ctx context.Context, sets []Set, ttl bool) string {
	var failed error
	for _, address := range s.Addresses {
		line, err := differsAt(ctx, address, sets, ttl)
		if err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		if line != "" {
			line = "name server " + s.Name + " has " + line
		}
		return line
	}
	return fmt.Sprintf("name server %s does not tell: %v", s.Name, failed)
}

func differsAt(ctx context.Context, address string, sets []Set, ttl bool) (string, error) {
	var lines []string
	for _, want := range sets {
		got, err := At(ctx, address, want.Name, want.Type)
		if err != nil {
			return "", err
		}
		if !got.Same(want) || ttl && len(want.Values) > 0 && got.TTL != want.TTL {
			lines = append(lines, got.String()+" instead of "+want.String())
		}
	}
	return strings.Join(lines, "; "), nil
}
