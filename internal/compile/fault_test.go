package compile_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/compile"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

func TestFaultsOfAMove(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*declare.Cutover)
		want   string
	}{
		"take over without addresses": {func(c *declare.Cutover) { c.Identity.Addresses = nil }, "identity mode take_over needs addresses"},
		"another hold":                {func(c *declare.Cutover) { c.HoldBefore = "cold" }, `hold_before = "cold" is not one of freeze, identity and commit`},
		"no mode":                     {func(c *declare.Cutover) { c.Identity.Mode = "" }, `there is no identity mode ""`},
		"records without a key":       {func(c *declare.Cutover) { byRecords(c); c.Identity.DNS.TSIGName = "" }, "identity mode dns needs a server, a zone, records and the TSIG key that may change them"},
		"no commands":                 {func(c *declare.Cutover) { c.Identity.Mode = declare.Command }, "identity mode command needs the commands do, undo and probe"},
		"exchange without names":      {func(c *declare.Cutover) { exchanging(c); c.Identity.Hostnames.New = "" }, "identity mode exchange needs hostnames"},
		"exchange without park":       {func(c *declare.Cutover) { exchanging(c); c.Identity.ParkAddress = "" }, "identity mode exchange needs an IPv4 park_address: the one that the target gives up"},
		"exchange for IPv6":           {func(c *declare.Cutover) { exchanging(c); c.Identity.ParkAddress = "2001:db8::26/64" }, "identity mode exchange needs an IPv4 park_address: the one that the target gives up"},
		"exchange of IPv6 alone":      {func(c *declare.Cutover) { exchanging(c); c.Identity.Addresses = c.Identity.Addresses[1:] }, "identity mode exchange needs an IPv4 address of the service: the one that the source gives up"},
		"exchange for itself":         {func(c *declare.Cutover) { exchanging(c); c.Identity.ParkAddress = c.Identity.Addresses[0] }, "identity mode exchange needs two addresses: addresses and park_address are the same"},
		"relay":                       {func(c *declare.Cutover) { c.LateMail = "relay" }, `late_mail = "relay" is not supported yet; refuse is`},
		"nothing to stop":             {func(c *declare.Cutover) { c.StopOrder = nil }, "nothing to stop or to start: name a product or give stop_order and start_order"},
		"nothing to start":            {func(c *declare.Cutover) { c.StartOrder = nil }, "nothing to stop or to start: name a product or give stop_order and start_order"},
		"unknown service to stop": {
			func(c *declare.Cutover) { c.StopOrder[0] = []declare.Placed{{Host: oldHost, Service: "exim"}} },
			`service "exim" of the order is not one of the product's`,
		},
		"unknown service to start": {
			func(c *declare.Cutover) { c.StartOrder[1] = []declare.Placed{{Host: newHost, Service: "exim"}} },
			`service "exim" of the order is not one of the product's`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := sampleCutover()
			test.change(&c)
			for kind, make := range map[string]func(declare.Cutover) (runbook.Runbook, error){
				"move": compile.Move, "rehearse": compile.Rehearse, "standing": compile.Standing,
				"mend": func(c declare.Cutover) (runbook.Runbook, error) { return compile.Mend(c, nil) },
			} {
				r, err := make(c)
				if !errors.Is(err, compile.ErrDeclaration) || !strings.HasSuffix(err.Error(), ": "+test.want) {
					t.Errorf("%s: %v; want %q", kind, err, test.want)
				}
				if !r.Empty() {
					t.Errorf("%s: a runbook in spite of the error: %v", kind, r)
				}
			}
		})
	}
}

func TestFaultsOfAnOrder(t *testing.T) {
	t.Parallel()
	c := sampleCutover()
	c.StopOrder[1] = c.StopOrder[0]
	_, err := compile.Move(c)
	if !errors.Is(err, compile.ErrDeclaration) || !errors.Is(err, runbook.ErrOrder) {
		t.Errorf("a service twice in the stop order: %v", err)
	}
}

// A stop order may name both sides: what stands on the target is stopped once, online.
func TestStopOrderOfBothSides(t *testing.T) {
	t.Parallel()
	c := sampleCutover()
	want, err := compile.Move(c)
	if err != nil {
		t.Fatal(err)
	}
	for i, rank := range c.StopOrder {
		c.StopOrder[i] = append(rank, declare.Placed{Host: newHost, Service: rank[0].Service})
	}
	got, err := compile.Move(c)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-source only +both sides):\n%s", diff)
	}
}

func TestFaultsOfADump(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		change func(*declare.Dump)
		want   string
	}{
		{func(d *declare.Dump) { d.Engine = "mysql" }, `engine "mysql" is not supported yet; postgresql is`},
		{func(d *declare.Dump) { d.Mode = "replica" }, `mode "replica" is not supported yet; dump is`},
		{func(d *declare.Dump) { d.Databases = []string{"a", "a"} }, "operation restore_database.target.a is there twice"},
	} {
		d := sampleDump()
		test.change(&d)
		if _, err := compile.Dump(d); !errors.Is(err, compile.ErrDeclaration) || !strings.HasSuffix(err.Error(), test.want) {
			t.Errorf("%v; want %q", err, test.want)
		}
	}
}

func TestNothingDeclared(t *testing.T) {
	t.Parallel()
	r, err := compile.Service(declare.Service{Host: oldHost, Name: "postfix"})
	if err != nil || !r.Empty() {
		t.Errorf("a service with nothing declared: %v, %v", r, err)
	}
	r, err = compile.Mend(sampleCutover(), nil)
	if err != nil || !r.Empty() {
		t.Errorf("nothing drifted: %v, %v", r, err)
	}
}

func TestLint(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*declare.Cutover)
		want   []string
	}{
		"sound":         {func(c *declare.Cutover) { c.Syncs[0].Exclude = nil }, nil},
		"sample":        {func(*declare.Cutover) {}, []string{"L005"}},
		"no checks":     {func(c *declare.Cutover) { c.Checks = nil }, []string{"L001", "L005"}},
		"no parking":    {func(c *declare.Cutover) { c.Identity.ParkAddress = "" }, []string{"L005"}},
		"no address":    {withoutIdentity, []string{"L005"}},
		"nothing":       {func(c *declare.Cutover) { c.Syncs, c.Dumps = nil, nil }, []string{"L003"}},
		"no delete":     {func(c *declare.Cutover) { c.Syncs[0].Delete = false }, []string{"L004", "L005"}},
		"small budget":  {func(c *declare.Cutover) { c.Window.OutageBudget = time.Second }, []string{"L005", "L006"}},
		"small confirm": {func(c *declare.Cutover) { c.Window.ConfirmWithin = time.Second }, []string{"L005", "L007"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := sampleCutover()
			test.change(&c)
			r, err := compile.Move(c)
			if err != nil {
				t.Fatal(err)
			}
			var codes []string
			for _, finding := range compile.Lint(r, c) {
				codes = append(codes, finding.Code)
				if finding.Summary == "" || finding.Detail == "" {
					t.Errorf("%s says nothing: %+v", finding.Code, finding)
				}
			}
			if diff := cmp.Diff(test.want, codes); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// What was measured, and what is declared, moves the timetable and never the digest.
func TestEstimates(t *testing.T) {
	t.Parallel()
	c := sampleCutover()
	plain, err := compile.Move(c)
	if err != nil {
		t.Fatal(err)
	}
	c.Estimates = declare.Estimates{Stop: 20 * time.Minute, Start: 30 * time.Minute}
	slow, err := compile.Move(c)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := plain.Timetable().Outage, slow.Timetable().Outage; b < a+45*time.Minute {
		t.Errorf("outage %s, with 50 minutes for stop and start %s", a, b)
	}
	one, err := plain.Digest()
	if err != nil {
		t.Fatal(err)
	}
	two, err := slow.Digest()
	if err != nil || one != two {
		t.Errorf("digests %s and %s, %v", one, two, err)
	}
}
