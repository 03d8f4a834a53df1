//go:build lab

package acceptance_test

import (
	"fmt"
	"testing"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/bluemind"
)

// hostLife is the life of mail_host, which changes no host: it is reached, found
// again by import, told from another machine, and forgotten.
func hostLife(t *testing.T, l *lab.Lab) {
	t.Helper()
	h := hostLived{workspace: newWorkspace(t, l), old: on(t, l, bluemind.Old)}
	h.before = h.old.print()
	h.declare(bluemind.OldAddress)
	for _, step := range []struct {
		name string
		run  func(hostLived)
	}{
		{"failure_and_retry", hostLived.retried},
		{"basic", hostLived.basic},
		{"update", hostLived.updated},
		{"import", hostLived.imported},
		{"unreachable", hostLived.unreachable},
		{"facts_changed", hostLived.renamed},
		{"another_key", hostLived.anotherKey},
		{"destroy", hostLived.forgotten},
	} {
		if !t.Run(step.name, func(t *testing.T) { step.run(h.at(t)) }) {
			return
		}
	}
}

type hostLived struct {
	*workspace
	old    machine
	before map[string]string
}

func (h hostLived) at(t *testing.T) hostLived {
	t.Helper()
	h.workspace, h.old.t = h.in(t), t
	return h
}

const oldHost = "mail_host.old"

func (h hostLived) declare(addresses ...string) {
	h.t.Helper()
	h.file("main.tf", h.provider("")+fmt.Sprintf("resource \"mail_host\" \"old\" {\n%s}\n", listHCL("addresses", addresses...)))
}

// hostState is what the state says of the host.
type hostState struct {
	ID     string `json:"id"`
	Status string `json:"status"`
	Facts  struct {
		Hostname string            `json:"hostname"`
		Init     string            `json:"init"`
		Tools    map[string]string `json:"tools"`
	} `json:"facts"`
}

func (h hostLived) state() hostState {
	h.t.Helper()
	var s hostState
	if !h.read(oldHost, &s) {
		h.t.Fatalf("%s is not in the state", oldHost)
	}
	return s
}

// away calls the CLI while the host is off the network.
func (h hostLived) away(call func() said) said {
	h.t.Helper()
	h.must(h.lab.Cut(h.t.Context(), bluemind.Old))
	s := call()
	h.must(h.lab.Heal(h.t.Context(), bluemind.Old))
	return s
}

func (h hostLived) retried() {
	h.away(func() said { return h.apply() }).refused("addresses", "cannot be reached", bluemind.OldAddress, "Next:")
	h.apply().good()
}

func (h hostLived) basic() {
	s := h.state()
	if s.ID != h.ids("OLD") || s.Status != "settled" || s.Facts.Hostname != "old.lab.test" || s.Facts.Init != "systemd" || s.Facts.Tools["rsync"] == "" {
		h.t.Errorf("the host is %+v", s)
	}
	h.empty()
}

func (h hostLived) updated() {
	h.declare("10.99.0.98", bluemind.OldAddress)
	h.apply().good()
	h.empty()
}

func (h hostLived) imported() {
	for _, id := range []string{h.ids("OLD"), bluemind.OldAddress} {
		other := newWorkspace(h.t, h.lab)
		other.file("main.tf", other.provider("")+other.hosts(""))
		other.call("import", "-no-color", oldHost, id).good()
		other.apply().good()
		other.empty()
	}
}

func (h hostLived) unreachable() {
	p := h.away(func() said { return h.plan() })
	p.told("warning", "", bluemind.OldAddress)
	if p.Code != 0 {
		h.t.Errorf("an unreachable host makes a plan: %s", p.explain())
	}
}

func (h hostLived) renamed() {
	h.old.sh("hostnamectl hostname another.lab.test")
	h.apply("-refresh-only").good()
	if s := h.state(); s.Facts.Hostname != "another.lab.test" {
		h.t.Errorf("the host's name is %q", s.Facts.Hostname)
	}
	h.old.sh("hostnamectl hostname old.lab.test")
	h.apply().good()
	h.empty()
}

func (h hostLived) anotherKey() {
	h.old.sh("cd /etc/ssh && mkdir kept && mv ssh_host_ed25519_key* kept/ && ssh-keygen -q -t ed25519 -N '' -f ssh_host_ed25519_key && systemctl restart ssh")
	p := h.plan()
	h.old.sh("cd /etc/ssh && mv kept/* . && rmdir kept && systemctl restart ssh")
	p.refused("addresses", "Another key answers", h.ids("OLD"), "SHA256:", "Next:")
	h.empty()
}

func (h hostLived) forgotten() {
	h.destroy().good()
	for topic, shown := range h.old.print() {
		same(h.t, "old "+topic, diffLines(h.before[topic], shown))
	}
}
