package operation

import (
	"strings"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/shell"
)

// How a pass of a tree is proved (mail_sync.verify).
const (
	VerifyNone  = "none"  // by the transfer's own exit code
	VerifyQuick = "quick" // names, sizes and times; a cutover compares contents too, online
	VerifyFull  = "full"  // contents, in the outage too
)

// CompareTree proves in the outage that nothing differs between the two trees, and counts: names, sizes, times and modes; contents with verify = full.
func CompareTree(p Party, from Party, stage runbook.Stage, s declare.Sync, t Tree) runbook.Operation {
	op := on("compare_tree", p, stage, t.From)
	op.Args = append([]string{t.Module, t.To}, rsyncOptions(s)...)
	if s.Verify == VerifyFull {
		op.Args = append(op.Args, "--checksum")
	}
	op.Pull = &runbook.Pull{From: from.ID}
	op.Sentence = "compare " + t.To + " on both sides and count"
	op.ByHand = []string{shell.Quote(append(append([]string{"rsync", "-n", "-i"}, rsyncOptions(s)...), "root@SOURCE:"+t.From, t.To)...)}
	op.Estimate = compareEstimate
	return op
}

// CompareContents compares the trees while the source serves: what differs and has not changed there since the last pass is copied once more, and fails
// the run if it differs then still. how is CompareFull (contents) or CompareQuick (sizes and times).
func CompareContents(p Party, from Party, stage runbook.Stage, s declare.Sync, t Tree, how string) runbook.Operation {
	op := on("compare_contents", p, stage, t.From)
	op.Args = append([]string{t.Module, t.To, how, strings.Join(volatileIn(t, s.Volatile), "\n")}, rsyncOptions(s)...)
	op.Touches = []string{"tree:" + t.To}
	op.Pull = &runbook.Pull{From: from.ID}
	op.Keep = true
	what, flag := "contents", "-nic"
	if how == CompareQuick {
		what, flag = "sizes and times", "-ni"
	}
	op.Sentence = "compare the " + what + " of " + t.To + " on both sides, online; what differs and has not changed on " + from.the() + " is copied again"
	op.ByHand = []string{shell.Quote(append(append([]string{"rsync", flag}, rsyncOptions(s)...), "root@SOURCE:"+t.From, t.To)...)}
	op.Estimate = compareEstimate
	return op
}

// CompareFrozen compares contents once the target serves, with what the frozen source holds: what users have changed since is left out of it.
func CompareFrozen(p Party, from Party, stage runbook.Stage, s declare.Sync, t Tree) runbook.Operation {
	op := onFrozen("compare_frozen", p, from, stage, s, t)
	op.Sentence = "compare the contents of " + t.To + " with what " + from.the() + " holds, online, but for what has changed on " + p.the() + " since"
	op.ByHand = op.ByHand[:1]
	return op
}

// MendTree copies from the frozen source what CompareFrozen finds. Undo puts back what was there.
func MendTree(p Party, from Party, stage runbook.Stage, s declare.Sync, t Tree) runbook.Operation {
	op := onFrozen("mend_tree", p, from, stage, s, t)
	op.Sentence = "copy from " + from.the() + " what differs in " + t.To + " though nobody has changed it on " + p.the() + " since"
	op.Undo = "put back what was there"
	return op
}

func onFrozen(kind string, p Party, from Party, stage runbook.Stage, s declare.Sync, t Tree) runbook.Operation {
	op := on(kind, p, stage, t.From)
	s.Delete = false // what is more on the side that serves came after the move
	op.Args = append([]string{t.Module, t.To}, rsyncOptions(s)...)
	op.Touches = []string{"tree:" + t.To}
	op.Pull = &runbook.Pull{From: from.ID}
	op.ByHand = []string{
		shell.Quote(append(append([]string{"rsync", "-nic"}, rsyncOptions(s)...), "root@SOURCE:"+t.From, t.To)...),
		shell.Quote("rsync", "-aHAXI", "--files-from=LIST", "root@SOURCE:"+t.From, t.To),
	}
	op.Estimate = compareEstimate
	return op
}
