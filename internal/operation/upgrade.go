package operation

import (
	"strconv"
	"strings"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/shell"
)

// What the steps of an upgrade are expected to take where nothing is declared.
const (
	installEstimate = time.Minute
	copyEstimate    = 10 * time.Second
)

// proofWithin is how long a version that was just started may take until it is well.
const proofWithin = time.Minute

// ProveReady proves that what installing a version needs is at hand. It changes nothing.
func ProveReady(p Party, stage runbook.Stage, version string, ready []string) runbook.Operation {
	op := on("prove_ready", p, stage, version)
	op.Args = []string{version, shell.Quote(ready...)}
	op.Sentence = "prove that what installing " + version + " needs is at hand on " + p.the()
	op.ByHand = []string{shell.Quote(ready...)}
	op.Estimate = stepEstimate
	return op
}

// InstallVersion installs a version in place of the one before it. Undo installs that one again.
func InstallVersion(p Party, stage runbook.Stage, product string, hop declare.Hop, ask []string) runbook.Operation {
	op := on("install_version", p, stage, hop.Version)
	op.Lasting = true
	op.Args = []string{hop.Version, hop.From, shell.Quote(ask...), shell.Quote(hop.Install...), shell.Quote(hop.Recover...)}
	op.Touches = []string{"version:" + product}
	op.Sentence = "install " + hop.Version + " in place of " + hop.From + " on " + p.the()
	op.Undo = "install " + hop.From + " again"
	op.ByHand, op.UndoByHand = []string{shell.Quote(hop.Install...)}, []string{shell.Quote(hop.Recover...)}
	op.Estimate = installEstimate
	return op
}

// HaveVersion is the version that a host shall have while nothing is upgraded; it is looked at, and never installed.
func HaveVersion(p Party, stage runbook.Stage, product, version string, ask []string) runbook.Operation {
	op := InstallVersion(p, stage, product, declare.Hop{Version: version, From: version}, ask)
	op.Sentence = "have version " + version + " on " + p.the()
	op.Undo, op.ByHand, op.UndoByHand = "", []string{shell.Quote(ask...)}, nil
	return op
}

// BackUpHop takes the backup to which a hop goes back, and reads it back. It stays when the hop is taken back.
func BackUpHop(p Party, stage runbook.Stage, b declare.Backup) runbook.Operation {
	op := TakeBackup(p, stage, b)
	recovery := on("arm_recovery", p, stage, b.Name)
	op.Kind, op.ID = "back_up_hop", on("back_up_hop", p, stage, b.Name).ID
	op.Args = []string{Name(b.Name), b.Directory, strings.Join(b.Paths, "\n"), recovery.ID}
	op.Keep, op.Lasting = true, false
	op.Undo, op.UndoByHand = "remove it, where nothing goes back to it", nil
	return op
}

// ArmRecovery makes going back restore the backup of a hop. Whatever uses its trees must have been stopped before it is undone.
func ArmRecovery(p Party, stage runbook.Stage, b declare.Backup) runbook.Operation {
	op := on("arm_recovery", p, stage, b.Name)
	op.Args = []string{Name(b.Name), b.Directory, strings.Join(b.Paths, "\n")}
	for _, path := range b.Paths {
		op.Touches = append(op.Touches, "tree:"+path)
	}
	op.Sentence = "from here on, going back restores that backup on " + p.the()
	op.Undo = "restore " + backupParts(b) + " from that backup"
	op.ByHand = []string{shell.Quote("ls", b.Directory)}
	op.UndoByHand = RestoreBackup(p, stage, b).ByHand
	op.Estimate = stepEstimate
	return op
}

// ProveHop proves that a version runs on a host and is well.
func ProveHop(p Party, stage runbook.Stage, version string, ask, proof []string) runbook.Operation {
	op := on("prove_hop", p, stage, version)
	op.Args = []string{version, shell.Quote(ask...), "", strconv.Itoa(int(proofWithin.Seconds()))}
	op.ByHand = []string{shell.Quote(ask...)}
	if len(proof) > 0 {
		op.Args[2] = shell.Quote(proof...)
		op.ByHand = append(op.ByHand, shell.Quote(proof...))
	}
	op.Sentence = "prove that " + version + " runs on " + p.the() + " and is well"
	op.Estimate = stepEstimate
	return op
}

// SettleHop writes down that a hop is proved: it is not taken back any more. recoveries are the ids of what would have gone back on this host.
func SettleHop(p Party, stage runbook.Stage, upgrade, version string, recoveries []string) runbook.Operation {
	op := on("settle_hop", p, stage, upgrade, version)
	op.Args = []string{Name(upgrade), version, strings.Join(recoveries, "\n")}
	op.Touches = []string{"upgrade:" + upgrade}
	op.Sentence = "write down on " + p.the() + " that " + version + " serves: a failure from here on leaves it"
	op.ByHand = []string{"nothing"}
	op.Undo = "write down what served before"
	op.UndoByHand = []string{"nothing"}
	op.Estimate = stepEstimate
	return op
}

// SetActive makes a host the active one of its role, or not.
func SetActive(p Party, stage runbook.Stage, want bool, a declare.ActiveCommands) runbook.Operation {
	op := on("set_active", p, stage)
	op.Args = []string{"no", shell.Quote(a.Status...), shell.Quote(a.On...), shell.Quote(a.Off...)}
	op.Touches = []string{"active"}
	op.Sentence = "make " + p.the() + " stand by"
	op.Undo = "make it the active one again"
	op.ByHand, op.UndoByHand = []string{shell.Quote(a.Off...)}, []string{shell.Quote(a.On...)}
	if want {
		op.Args[0] = "yes"
		op.Sentence = "make " + p.the() + " the active one"
		op.Undo = "make it stand by again"
		op.ByHand, op.UndoByHand = op.UndoByHand, op.ByHand
	}
	op.Lasting = true
	op.Estimate = stepEstimate
	return op
}

// MoveMount brings what is mounted at a path to another one, now and at boot.
func MoveMount(p Party, stage runbook.Stage, path, other string) runbook.Operation {
	op := on("move_mount", p, stage, path)
	op.Args = []string{path, other}
	op.Touches = []string{"mount:" + path, "mount:" + other, "file:/etc/fstab"}
	op.Sentence = "mount what is mounted at " + path + " at " + other + " instead on " + p.the()
	op.Undo = "mount it where it was"
	op.ByHand = []string{shell.Quote("mount", "--bind", path, other), shell.Quote("umount", path), "in /etc/fstab: " + other + " in place of " + path}
	op.UndoByHand = []string{shell.Quote("mount", "--bind", other, path), shell.Quote("umount", other), "/etc/fstab as it was: @before/fstab"}
	op.Estimate = mountEstimate
	return op
}

// CopyStorage copies folders and files from one place to another on the same host.
func CopyStorage(p Party, stage runbook.Stage, from, to string, paths []string) runbook.Operation {
	op := on("copy_storage", p, stage, to)
	op.Args = []string{from, to, strings.Join(paths, "\n")}
	op.Touches = []string{"tree:" + to}
	op.Sentence = "copy " + strings.Join(paths, ", ") + " from " + from + " to " + to + " on " + p.the()
	op.Undo = "remove the copies"
	for _, path := range paths {
		op.ByHand = append(op.ByHand, shell.Quote("cp", "-a", from+"/"+path, to+"/"+path))
		op.UndoByHand = append(op.UndoByHand, shell.Quote("rm", "-rf", to+"/"+path))
	}
	op.Estimate = copyEstimate
	return op
}
