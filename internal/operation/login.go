package operation

import (
	"strconv"
	"strings"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// MakeKey makes the key pair of a login, on the host that may make it. The private half never leaves that host.
func MakeKey(p Party, stage runbook.Stage, a declare.SSHAccess) runbook.Operation {
	op := on("make_key", p, stage, a.Name)
	op.Lasting = true
	op.Args = []string{a.Name}
	op.Touches = []string{"login:" + a.Name}
	op.Sentence = "make a key on " + p.the() + " by which it can log in to the other side"
	op.Undo = "remove it"
	op.ByHand = []string{"ssh-keygen -t ed25519 -N '' -f @journal/access/" + a.Name + "/key"}
	op.UndoByHand = []string{"rm @journal/access/" + a.Name + "/key @journal/access/" + a.Name + "/key.pub"}
	op.Estimate = stepEstimate
	return op
}

// GrantLogin lets that key in, for a time that the host itself ends, and makes sshd take it. Undo closes it, and sshd is what it was.
func GrantLogin(p Party, from Party, stage runbook.Stage, a declare.SSHAccess) runbook.Operation {
	op := on("grant_login", p, stage, a.Name)
	op.Lasting = true
	op.Args = []string{a.Name, strconv.Itoa(int(a.ExpiresAfter.Seconds())), a.Command, strings.Join(a.Paths, "\n"), a.PermitRootLogin}
	op.Touches = []string{"access"}
	key := "make_key." + from.Role + "." + Name(a.Name)
	op.Needs = []string{key}
	op.Pull = &runbook.Pull{From: from.ID, Question: key}
	what := "run " + a.Command
	if a.Command == declare.Rsync {
		what = "read and write by rsync below " + strings.Join(a.Paths, " and ")
	}
	op.Sentence = "let " + from.the() + " log in to " + p.the() + " to " + what + ", and nothing else, for " + a.ExpiresAfter.String()
	undo := []string{"authorized_keys: take the line out that ends in terraform-provider-mail-access:" + a.Name}
	if a.PermitRootLogin != "" {
		op.Touches = append(op.Touches, "file:/etc/ssh/sshd_config")
		op.Sentence += ", with PermitRootLogin " + a.PermitRootLogin
		undo = append(undo, "rm /etc/ssh/sshd_config.d/00-terraform-provider-mail-"+a.Name+".conf, or take our block out of /etc/ssh/sshd_config", "sshd -t && systemctl reload ssh")
	}
	op.Undo = "close it"
	op.ByHand = []string{"authorized_keys: restrict,from=…,expiry-time=…,command=…"}
	op.UndoByHand = undo
	op.Estimate = bootEstimate
	return op
}
