//go:build lab

package acceptance_test

import (
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/bluemind"
)

// jobState is what the state says of a job.
type jobState struct {
	Status   string   `json:"status"`
	State    string   `json:"state"`
	Percent  *float64 `json:"percent"`
	ExitCode *int     `json:"exit_code"`
	Drift    []string `json:"drift"`
}

type jobLived struct {
	*workspace
	target machine
}

func (j jobLived) state() jobState {
	j.t.Helper()
	var s jobState
	if !j.read("mail_job.long", &s) {
		j.t.Fatal("mail_job.long is not in the state")
	}
	return s
}

// is asserts how the job stands, after a refresh.
func (j jobLived) stands(status, state string) jobState {
	j.t.Helper()
	j.apply("-refresh-only").good()
	s := j.state()
	if s.Status != status || s.State != state {
		j.t.Errorf("the job is %s, %s; want %s, %s: %v", s.Status, s.State, status, state, s.Drift)
	}
	return s
}

// jobGoesOn follows a long job over the ends of several runs of the CLI, a power cut, a failure and its destruction.
func jobGoesOn(t *testing.T, l *lab.Lab) {
	t.Helper()
	j := jobLived{newWorkspace(t, l), on(t, l, bluemind.New)}
	j.target.sh(`rm -f /srv/long.*; cat >/srv/long <<'END'
#!/bin/sh
echo begun >>/srv/long.begun
printf '10%%\r'
until [ -e /srv/long.half ]; do sleep 0.1; done
printf '50%%\r'
until [ -e /srv/long.go ]; do sleep 0.1; done
exec sh -c 'exit '"$(cat /srv/long.go)"
END
chmod 755 /srv/long`)
	j.file("main.tf", j.provider("")+j.hosts("")+`resource "mail_job" "long" {
  host     = mail_host.new.id
  command  = ["/srv/long"]
  progress = "([0-9]+)%"
}
`)
	j.apply().good()
	if s := j.state(); s.Status != "running" || s.State != "running" || s.Percent == nil || *s.Percent != 10 {
		t.Errorf("after the apply: %+v", s)
	}
	j.target.sh("touch /srv/long.half; sleep 0.5")
	p := j.plan()
	if p.Code != 0 {
		t.Errorf("a job that runs leaves something to do: %s", p.explain())
	}
	p.told("warning", "command", "is running", "at 50 %", "Next:")

	if err := l.Reboot(t.Context(), bluemind.New); err != nil {
		t.Fatal(err)
	}
	if s := j.stands("drifted", "failed"); len(s.Drift) != 1 || s.Percent == nil || *s.Percent != 50 {
		t.Errorf("over a reboot: %+v", s)
	} else if want := "host: the job failed: host was rebooted while it ran"; !strings.HasPrefix(s.Drift[0], want) {
		t.Errorf("drift %q, want %q", s.Drift[0], want)
	}
	j.plan().changes()
	j.apply().good() // again
	j.stands("running", "running")
	j.target.is("2", "grep", "-c", "begun", "/srv/long.begun")

	j.target.sh("echo 3 >/srv/long.go")
	j.target.await(time.Minute, "! pgrep -f /srv/long$")
	if s := j.stands("drifted", "failed"); s.ExitCode == nil || *s.ExitCode != 3 {
		t.Errorf("failed: %+v", s)
	}
	j.target.sh("rm /srv/long.go")
	j.apply().good()
	j.target.sh("echo 0 >/srv/long.go")
	j.target.await(time.Minute, "! pgrep -f /srv/long$")
	if s := j.stands("settled", "done"); s.Percent == nil || *s.Percent != 100 {
		t.Errorf("done: %+v", s)
	}
	j.empty()
	j.target.is("3", "grep", "-c", "begun", "/srv/long.begun")

	j.target.sh("rm /srv/long.go")
	j.apply("-replace=mail_job.long").good()
	j.stands("running", "running")
	j.destroy().good()
	j.target.sh("! pgrep -f /srv/long$; [ ! -e " + journalDir + "/jobs ]")
}
