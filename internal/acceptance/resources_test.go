//go:build lab

package acceptance_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/bluemind"
)

// TestResources takes each resource that changes hosts by itself through its
// life: created, the same again, imported elsewhere, gone or changed behind our
// back, failing half way and tried again, destroyed. What counts is what the
// hosts show.
func TestResources(t *testing.T) {
	l := fresh(t, bluemind.Options{})
	t.Run("mail_host", func(t *testing.T) { hostLife(t, l) })
	t.Run("ways_in", func(t *testing.T) { waysIn(t, l) })
	for _, life := range lives() {
		t.Run(life.kind, func(t *testing.T) { life.run(t, l) })
	}
	t.Run("mail_dns_ttl_asked", func(t *testing.T) { ttlAsked(t, l) })
	t.Run("mail_ssh_access_used", func(t *testing.T) { accessUsed(t, l) })
	t.Run("mail_job_goes_on", func(t *testing.T) { jobGoesOn(t, l) })
}

// life is one resource as it is tested. Scripts run on new where nothing else is said.
type life struct {
	kind, name    string
	before        string // on old
	beforeNew     string
	equip         func(t *testing.T, m machine) // before both
	hcl           string
	id            string   // of an import; OLD and NEW stand for the hosts' ids
	effect        string   // shows what the resource brings about
	wants         string   // what it shows then; or
	origin        string   // what shows it on old
	gone          string   // takes it away
	update        string   // instead of hcl
	prepare       string   // on old, before the update
	warns         []string // what the update's plan tells in a warning
	sabotage      string   // on old and new: makes the update fail
	repair        string
	fails         []string
	updated       string // as wants, after the update; or
	originUpdated string // as origin
	keeps         bool   // destroying leaves what is there, else what was there before comes back
}

// living is a resource in the middle of its life.
type living struct {
	*workspace
	life
	old, target  machine
	first, shown *string // what the effect showed at first, and what it must show now
}

func (c life) run(t *testing.T, l *lab.Lab) {
	t.Helper()
	v := living{workspace: newWorkspace(t, l), life: c, old: on(t, l, bluemind.Old), target: on(t, l, bluemind.New), first: new(string), shown: new(string)}
	if c.equip != nil {
		c.equip(t, v.target)
	}
	v.old.sh(c.before)
	v.target.sh(c.beforeNew)
	*v.first = v.target.sh(c.effect)
	*v.shown = v.expected(c.wants, c.origin)
	for _, step := range []struct {
		name string
		run  func(living)
	}{
		{"basic", living.basic},
		{"import", living.imported},
		{"gone", living.mended},
		{"failure_and_retry", living.retried},
		{"destroy", living.ended},
	} {
		if !t.Run(step.name, func(t *testing.T) { step.run(v.at(t)) }) {
			return
		}
	}
}

func (v living) at(t *testing.T) living {
	t.Helper()
	v.workspace = v.in(t)
	v.old.t, v.target.t = t, t
	return v
}

func (v living) address() string { return v.kind + "." + v.name }

// declare writes the root module.
func (v living) declare(w *workspace, body string) {
	v.t.Helper()
	w.file("main.tf", w.provider("")+w.hosts("")+fmt.Sprintf("resource %q %q {\n%s}\n", v.kind, v.name, body))
}

// expected is a text, or what a script shows on old.
func (v living) expected(text, script string) string {
	v.t.Helper()
	if script == "" {
		return text
	}
	return v.old.sh(script)
}

// stands asserts that the effect is there.
func (v living) stands() {
	v.t.Helper()
	same(v.t, v.address(), diffLines(*v.shown, v.target.sh(v.effect)))
}

// settled asserts the resource's status, and that nothing is to be done.
func (v living) settled() {
	v.t.Helper()
	var r struct {
		Status string   `json:"status"`
		Drift  []string `json:"drift"`
	}
	if !v.read(v.address(), &r) || r.Status != "settled" || len(r.Drift) > 0 {
		v.t.Errorf("%s is %q, drift %q", v.address(), r.Status, r.Drift)
	}
	v.empty()
}

func (v living) basic() {
	v.declare(v.workspace, v.hcl)
	v.apply().good()
	v.stands()
	v.settled()
}

// imported finds the resource by its id in another root module.
func (v living) imported() {
	other := newWorkspace(v.t, v.lab)
	v.declare(other, v.hcl)
	other.call("import", "-no-color", v.address(), other.ids(v.id)).good()
	v.stands()
	other.apply().good()
	v.stands()
	other.empty()
}

func (v living) mended() {
	v.target.sh(v.gone)
	v.apply("-refresh-only").good()
	var r struct {
		Status string   `json:"status"`
		Drift  []string `json:"drift"`
	}
	if !v.read(v.address(), &r) || r.Status != "drifted" || len(r.Drift) == 0 {
		v.t.Errorf("%s is %q, drift %q", v.address(), r.Status, r.Drift)
	}
	v.plan().changes()
	v.apply().good()
	v.stands()
	v.settled()
}

// retried lets an update fail in the middle: what was there is there still, and the next apply goes through.
func (v living) retried() {
	v.old.sh(v.prepare)
	v.declare(v.workspace, v.update)
	if len(v.warns) > 0 {
		v.plan().changes().told("warning", "", v.warns...)
	}
	v.old.sh(v.sabotage)
	v.target.sh(v.sabotage)
	failed := v.apply()
	v.old.sh(v.repair)
	v.target.sh(v.repair)
	failed.refused("", append(v.fails, "Next:")...)
	v.stands()
	if v.originUpdated == "" {
		v.originUpdated = v.origin
	}
	*v.shown = v.expected(v.updated, v.originUpdated)
	v.apply().good()
	v.stands()
	v.settled()
}

func (v living) ended() {
	v.destroy().good()
	if !v.keeps {
		*v.shown = *v.first
	}
	v.stands()
	for _, host := range []machine{v.old, v.target} {
		if keys := host.sh("cat /root/.ssh/authorized_keys"); strings.Contains(keys, "terraform-provider-mail") {
			v.t.Errorf("access is still open on %s: %s", host.Name(), keys)
		}
	}
}

// ids puts the hosts' ids into an import id.
func (w *workspace) ids(id string) string {
	w.t.Helper()
	for name, host := range map[string]string{"OLD": bluemind.Old, "NEW": bluemind.New} {
		fingerprint, err := w.lab.FingerprintSHA256(host)
		w.must(err)
		id = strings.ReplaceAll(id, name, fingerprint)
	}
	return id
}
