package executor

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/operation"
)

// tree is an answer of one side about the n-th tree.
func (l *looked) tree(n int, name string) string {
	return l.answers["tree."+strconv.Itoa(n)+"."+name]
}

// treesFit: there is something to copy, and nothing is lost by it.
func (p *preflight) treesFit() []Finding {
	var found []Finding
	overwrite := map[string]bool{}
	for _, s := range p.d.Syncs {
		for _, t := range operation.Trees(s) {
			overwrite[t.To] = s.Overwrite
		}
	}
	for i, t := range p.trees {
		if state := p.source.tree(i, "state"); state != "present" {
			if state == "" {
				state = "unreadable"
			}
			found = append(found, Finding{Blocks, "P030", "The source tree " + t.From + " is " + state, "An empty or unmounted source would wipe the target.", "Mount it, or take it out of paths."})
			continue
		}
		if p.target.tree(i, "state") == "present" && p.target.tree(i, "ours") == "not" && !overwrite[t.To] {
			found = append(found, Finding{Blocks, "P031", "The target tree " + t.To + " is neither empty nor ours", "", "Say overwrite = true in its mail_sync: a before-image is taken."})
		}
	}
	return found
}

// filesystem is one of the target's, with what is to come.
type filesystem struct {
	mount, quota    string
	need, free      int64 // KiB
	entries, inodes int64
	counted         bool // it counts inodes
}

// roomFits: space, inodes and quotas of the target's file systems.
func (p *preflight) roomFits() []Finding {
	systems := map[string]*filesystem{}
	for i := range p.trees {
		device := p.target.tree(i, "device")
		if device == "" || p.source.tree(i, "state") != "present" {
			continue
		}
		if systems[device] == nil {
			systems[device] = &filesystem{mount: p.target.tree(i, "mount"), quota: p.target.tree(i, "quota")}
		}
		f := systems[device]
		f.need += number(p.source.tree(i, "kib")) - number(p.target.tree(i, "kib"))
		f.entries += number(p.source.tree(i, "entries")) - number(p.target.tree(i, "entries"))
		f.free, f.inodes = number(p.target.tree(i, "free")), number(p.target.tree(i, "inodes"))
		f.counted = p.target.tree(i, "inodes") != ""
	}
	var found []Finding
	for _, device := range slices.Sorted(maps.Keys(systems)) {
		f := systems[device]
		if f.need > f.free {
			found = append(found, Finding{Blocks, "P032", "Not enough space on the target", fmt.Sprintf("%s has %d MiB free, %d MiB are to come", device, f.free>>10, f.need>>10), "Make room."})
		}
		if f.counted && f.entries > f.inodes {
			found = append(found, Finding{Blocks, "P033", "Not enough inodes on the target", fmt.Sprintf("%s has %d free, %d files and folders are to come", device, f.inodes, f.entries), "Make the file system anew with more inodes, or remove files."})
		}
		if f.quota != "" {
			found = append(found, Finding{Informs, "P034", "Quotas are in use on the target", fmt.Sprintf("%s (%s) is mounted with %s", f.mount, device, strings.ReplaceAll(f.quota, " ", ",")), "See that the owners of what is to come have room: repquota " + f.mount})
		}
	}
	return found
}
