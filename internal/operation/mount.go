package operation

import (
	"strings"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/shell"
)

const mountEstimate = 300 * time.Millisecond

func mountArgs(m declare.Mount) []string {
	return []string{m.Device, m.Path, m.Type, mountOptions(m)}
}

// mountOptions are a mount's options as mount and fstab take them.
func mountOptions(m declare.Mount) string {
	if len(m.Options) == 0 {
		return "defaults"
	}
	return strings.Join(m.Options, ",")
}

// ProveMountable proves that nothing is in the way of a mount: the device is there and mounted nowhere else, the path is free, fstab says nothing else.
func ProveMountable(p Party, stage runbook.Stage, m declare.Mount) runbook.Operation {
	op := on("prove_mountable", p, stage, m.Path)
	op.Args = mountArgs(m)
	op.Touches = []string{"mount:" + m.Path}
	op.Sentence = "prove that " + m.Device + " is there, and that nothing else is or would be mounted at " + m.Path + " on " + p.the()
	op.ByHand = []string{shell.Quote("findmnt", m.Path), shell.Quote("ls", "-A", m.Path)}
	op.Estimate = stepEstimate
	return op
}

// MountPath mounts a device, or brings a mount's options to what is declared. Undo unmounts what was mounted.
func MountPath(p Party, stage runbook.Stage, m declare.Mount) runbook.Operation {
	op := on("mount_path", p, stage, m.Path)
	op.Lasting = true
	op.Args = mountArgs(m)
	op.Touches = []string{"mount:" + m.Path}
	op.Sentence = "mount " + m.Device + " (" + m.Type + ", " + mountOptions(m) + ") at " + m.Path + " on " + p.the()
	op.Undo = "unmount it"
	op.ByHand = []string{shell.Quote("mount", "-t", m.Type, "-o", mountOptions(m), m.Device, m.Path)}
	op.UndoByHand = []string{shell.Quote("umount", m.Path)}
	op.Estimate = mountEstimate
	return op
}

// WriteFstab gives a mount its line in /etc/fstab. Undo puts the file back as it was, or, where it has been changed since, takes the line out.
func WriteFstab(p Party, stage runbook.Stage, m declare.Mount) runbook.Operation {
	op := on("write_fstab", p, stage, m.Path)
	op.Lasting = true
	op.Args = mountArgs(m)
	op.Touches = []string{"file:/etc/fstab"}
	op.Sentence = "write the line for " + m.Path + " into /etc/fstab on " + p.the()
	op.Undo = "take it out again"
	op.ByHand = []string{"add to /etc/fstab: " + m.Device + " " + m.Path + " " + m.Type + " " + mountOptions(m)}
	op.UndoByHand = []string{"take the line for " + m.Path + " out of /etc/fstab; as it was: @before/fstab"}
	op.Estimate = mountEstimate
	return op
}
