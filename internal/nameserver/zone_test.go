package nameserver_test

import (
	"errors"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/nameserver"
)

const secret = "bW92ZS1tb3ZlLW1vdmUtbW92ZS1tb3ZlLW1vdmUtbW8="

// primary is a name server that takes updates as RFC 2136 says, as far as these tests go.
type primary struct {
	mu      sync.Mutex
	records map[string]dns.RR
	updates int
}

func (p *primary) ServeDNS(w dns.ResponseWriter, query *dns.Msg) {
	p.mu.Lock()
	defer p.mu.Unlock()
	answer := new(dns.Msg).SetReply(query)
	answer.Authoritative = true
	if query.Opcode == dns.OpcodeUpdate {
		p.update(w, query, answer)
	} else {
		for _, text := range slices.Sorted(maps.Keys(p.records)) {
			if h := p.records[text].Header(); h.Name == query.Question[0].Name && h.Rrtype == query.Question[0].Qtype {
				answer.Answer = append(answer.Answer, p.records[text])
			}
		}
	}
	_ = w.WriteMsg(answer) // who does not get it says so
}

func (p *primary) update(w dns.ResponseWriter, query, answer *dns.Msg) {
	if query.IsTsig() == nil || w.TsigStatus() != nil {
		answer.Rcode = dns.RcodeNotAuth
		answer.SetTsig("move.", dns.HmacSHA256, 300, time.Now().Unix())
		answer.IsTsig().Error = dns.RcodeBadSig
		return
	}
	answer.SetTsig("move.", dns.HmacSHA256, 300, time.Now().Unix())
	for _, condition := range query.Answer {
		if condition.Header().Class == dns.ClassINET && !p.holds(condition) {
			answer.Rcode = dns.RcodeNXRrset
			return
		}
	}
	p.updates++
	for _, change := range query.Ns {
		if change.Header().Class == dns.ClassINET {
			p.records[change.String()] = change
			continue
		}
		maps.DeleteFunc(p.records, func(_ string, r dns.RR) bool {
			return r.Header().Name == change.Header().Name && r.Header().Rrtype == change.Header().Rrtype
		})
	}
}

func (p *primary) holds(condition dns.RR) bool {
	for _, r := range p.records {
		if dns.IsDuplicate(r, condition) {
			return true
		}
	}
	return false
}

// serve gives a zone's server with records.
func serve(t *testing.T, records ...string) (*primary, nameserver.Zone) {
	t.Helper()
	p := &primary{records: map[string]dns.RR{}}
	for _, text := range records {
		r, err := dns.NewRR(text)
		if err != nil {
			t.Fatal(err)
		}
		p.records[r.String()] = r
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	packets, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	for _, server := range []*dns.Server{{Listener: listener}, {PacketConn: packets}} {
		server.Handler, server.TsigSecret = p, map[string]string{"move.": secret}
		server.MsgAcceptFunc = func(dns.Header) dns.MsgAcceptAction { return dns.MsgAccept }
		go func() { _ = server.ActivateAndServe() }() // ends with the test
		t.Cleanup(func() { _ = server.Shutdown() })
	}
	return p, nameserver.Zone{Name: "example.org", Server: listener.Addr().String()}
}

func set(ttl int, values ...string) nameserver.Set {
	return nameserver.Set{Name: "mail.example.org.", Type: "A", TTL: ttl, Values: values}
}

// Records are proved to be changeable without a change, changed as one, and seen.
func TestUpdate(t *testing.T) {
	t.Parallel()
	p, zone := serve(t, "mail.example.org. 60 IN A 192.0.2.21", "mail.example.org. 60 IN A 192.0.2.20")
	key := nameserver.Key{Name: "move", Secret: secret}
	before, err := nameserver.At(t.Context(), zone.Server, "Mail.example.org", "a")
	if err != nil || !before.Same(set(60, "192.0.2.20", "192.0.2.21")) || before.TTL != 60 {
		t.Fatalf("%v, %v", before, err)
	}
	if err := zone.Prove(t.Context(), key, []nameserver.Set{before}); err != nil || len(p.records) != 2 {
		t.Fatalf("prove: %v, %v", err, p.records)
	}
	var refused *nameserver.RefusedError
	if err := zone.Prove(t.Context(), key, []nameserver.Set{set(60, "192.0.2.1")}); !errors.As(err, &refused) || refused.Code != "NXRRSET" {
		t.Errorf("prove what is not there: %v", err)
	}
	if err := zone.Set(t.Context(), key, []nameserver.Set{set(5, "192.0.2.22")}); err != nil {
		t.Fatal(err)
	}
	primary := []nameserver.Named{{Name: "ns", Addresses: []string{zone.Server}}}
	if lines := nameserver.Differs(t.Context(), primary, []nameserver.Set{set(5, "192.0.2.22")}, true); len(lines) > 0 {
		t.Error(lines)
	}
	want := "name server ns has mail.example.org A 192.0.2.22, TTL 5 instead of mail.example.org A 192.0.2.22, TTL 60"
	if lines := nameserver.Differs(t.Context(), primary, []nameserver.Set{set(60, "192.0.2.22")}, true); len(lines) != 1 || lines[0] != want {
		t.Error(lines)
	}
	if lines := nameserver.Differs(t.Context(), primary, []nameserver.Set{set(60, "192.0.2.22")}, false); len(lines) > 0 {
		t.Error(lines)
	}
}

// Another key changes nothing, and is not told.
func TestWrongKey(t *testing.T) {
	t.Parallel()
	p, zone := serve(t, "mail.example.org. 60 IN A 192.0.2.21")
	for _, wrong := range []string{"d3Jvbmctd3Jvbmctd3Jvbmctd3Jvbmc=", "no base64: b64"} {
		err := zone.Set(t.Context(), nameserver.Key{Name: "move", Secret: wrong}, []nameserver.Set{set(5, "192.0.2.22")})
		if err == nil || strings.Contains(err.Error(), wrong) || p.updates != 0 || len(p.records) != 1 {
			t.Errorf("%v, %d updates", err, p.updates)
		}
	}
	var refused *nameserver.RefusedError
	err := zone.Set(t.Context(), nameserver.Key{Name: "move", Secret: "d3Jvbmc="}, nil)
	if !errors.As(err, &refused) || refused.Code != "BADSIG" {
		t.Errorf("%v", err)
	}
}

func TestNormal(t *testing.T) {
	t.Parallel()
	for text, good := range map[string]bool{"A 192.0.2.1": true, "AAAA 2001:db8::1": true, "MX 10 mail.example.org.": true, "A mail": false, "B 1": false, "A ": false} {
		kind, value, _ := strings.Cut(text, " ")
		if _, err := (nameserver.Set{Name: "mail.example.org.", Type: kind, Values: []string{value}}).Normal(); (err == nil) != good {
			t.Errorf("%q: %v", text, err)
		}
	}
}
