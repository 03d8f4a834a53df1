package compile_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/compile"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// A rehearsal asks the target where the move asks the service, and leaves out what only the move can show.
func TestRehearsed(t *testing.T) {
	t.Parallel()
	const ip, net6 = "192.0.2.25", "2001:db8::25"
	for name, test := range map[string]struct {
		check declare.Check
		own   []string
		left  bool
	}{
		"address":            {declare.Check{Kind: "imap", Address: ip + ":143"}, []string{ip}, false},
		"address 6":          {declare.Check{Kind: "imap", Address: "[" + net6 + "]:143"}, []string{net6}, false},
		"name":               {declare.Check{Kind: "imap", Address: "mail.example.org:143"}, []string{"mail.example.org"}, false},
		"url":                {declare.Check{Kind: "http", Address: "https://mail.example.org/x"}, []string{"mail.example.org"}, false},
		"another":            {declare.Check{Kind: "imap", Address: "192.0.2.99:143"}, nil, false},
		"via":                {declare.Check{Kind: "deliver", Address: "192.0.2.99:25", Expect: "a@example.org via=" + ip + ":143"}, []string{ip}, false},
		"refusal":            {declare.Check{Kind: "tcp", Address: ip + ":23", Refused: true}, []string{ip}, false},
		"refusal elsewhere":  {declare.Check{Kind: "tcp", Address: "192.0.2.21:25", Refused: true}, nil, true},
		"name server":        {declare.Check{Kind: "dns", Address: "ns.example.org:53", Expect: "mail.example.org A " + ip}, nil, false},
		"own name server":    {declare.Check{Kind: "dns", Address: ip + ":53", Expect: "mail.example.org A " + ip}, []string{ip}, false},
		"command":            {declare.Check{Kind: "command", Command: []string{"swaks", "--server=" + ip + ":25"}}, []string{ip}, false},
		"command, near miss": {declare.Check{Kind: "command", Command: []string{"swaks", "1" + ip, ip + "0"}}, nil, true},
		"command elsewhere":  {declare.Check{Kind: "command", Command: []string{"true"}}, nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := sampleCutover()
			test.check.Name = name
			c.Checks = []declare.Check{test.check}
			made, left := compile.Rehearsed(c)
			if test.left {
				if len(made) != 0 || len(left) != 1 || left[0] != name {
					t.Errorf("made %v, left %q", made, left)
				}
				return
			}
			if len(made) != 1 || len(left) != 0 {
				t.Fatalf("made %v, left %q", made, left)
			}
			if diff := cmp.Diff(test.own, made[0].Own); diff != "" || made[0].Behind != newHost {
				t.Errorf("behind %s; own (-want +got):\n%s", made[0].Behind, diff)
			}
		})
	}
}

// Where a pass deletes nothing, a rehearsal leaves no message.
func TestRehearsedWithoutDelete(t *testing.T) {
	t.Parallel()
	c := sampleCutover()
	c.Syncs[0].Delete = false
	made, _ := compile.Rehearsed(c)
	for _, check := range made {
		if check.Name == "probe" && (check.Kind != "smtp" || check.Expect != "probe@example.org") {
			t.Errorf("the probe is %+v", check)
		}
	}
}

// Every other host that checks are made from opens its passage before the target's fence is raised, and the commit closes it.
func TestPassages(t *testing.T) {
	t.Parallel()
	for _, from := range []string{otherHost, oldHost} {
		c := sampleCutover()
		c.Checks[1].From = from
		move, err := compile.Move(c)
		if err != nil {
			t.Fatal(err)
		}
		rehearsal, err := compile.Rehearse(c)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range []runbook.Runbook{move, rehearsal} {
			open, admit, fence := ids(r, "open_passage", from), ids(r, "admit_checks", newHost), ids(r, "raise_fence", newHost)
			if len(open) != 1 || len(admit) != 1 || len(fence) != 1 {
				t.Fatalf("%s: %q, %q, %q", r.Name, open, admit, fence)
			}
			before := ancestry(r)
			if !before[admit[0]][open[0]] || !before[fence[0]][admit[0]] {
				t.Errorf("%s: the fence may be raised before it is known whom it admits", r.Name)
			}
		}
		if rehearsal.Serves != oldHost {
			t.Errorf("a rehearsal leaves %q serving", rehearsal.Serves)
		}
		if len(ids(move, "close_passage", from, runbook.Commit)) != 1 {
			t.Error("the passage stays open after the commit")
		}
	}
	c := sampleCutover()
	c.Checks[1].From = newHost
	if r, err := compile.Move(c); err != nil || len(ids(r, "open_passage", "")) != 0 {
		t.Errorf("the target's own checks need no passage: %v", err)
	}
}
