package executor

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/operation"
)

// owners lists the owners of all trees of the source, "number:name", each once; kind is users or groups. A name that is only the number is none.
func (p *preflight) owners(kind string) []string {
	set := map[string]bool{}
	for i := range p.trees {
		for _, owner := range strings.Fields(p.source.tree(i, kind)) {
			set[owner] = true
		}
	}
	return slices.Sorted(maps.Keys(set))
}

// mapTargets lists what a map maps to, as look_owners asks for it.
func mapTargets(m map[string]string) []string {
	var all []string
	for _, to := range slices.Sorted(maps.Values(m)) {
		all = append(all, ":"+to)
	}
	return all
}

// ownersFit: files belong to the same people on the target. rsync goes by name; a name that the target does not have leaves the number, whoever has it there.
func (p *preflight) ownersFit() []Finding {
	taken, unknown, moved, unmapped := map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}
	at := 0
	for _, s := range p.d.Syncs {
		for range operation.Trees(s) {
			for _, side := range []struct {
				kind, answer string
				mapped       map[string]string
			}{{"users", "user", s.Usermap}, {"groups", "group", s.Groupmap}} {
				for _, owner := range strings.Fields(p.source.tree(at, side.kind)) {
					p.owner(side.answer, owner, side.mapped, taken, unknown, moved, unmapped)
				}
			}
			at++
		}
	}
	var found []Finding
	add := func(set map[string]bool, grade, code, summary, next string) {
		if len(set) > 0 {
			found = append(found, Finding{grade, code, summary, list(slices.Sorted(maps.Keys(set))), next})
		}
	}
	add(taken, Blocks, "P060", "Files would belong to somebody else on the target", "Make the account on the target, or say in usermap or groupmap of the mail_sync to whom they go.")
	add(unmapped, Blocks, "P061", "usermap or groupmap names an account that the target does not have", "Make it there, or name another.")
	add(unknown, Warns, "P062", "Files would belong to nobody on the target", "Make the account on the target with the same number, or map it.")
	add(moved, Informs, "P063", "Accounts have other numbers on the target", "Files are given by name, so nothing is to be done, unless numbers are written down inside them.")
	return found
}

// owner judges one "number:name" of the source.
func (p *preflight) owner(kind, owner string, mapped map[string]string, taken, unknown, moved, unmapped map[string]bool) {
	id, name, _ := strings.Cut(owner, ":")
	if to, is := mappedTo(mapped, id, name); is {
		if !numeric(to) && p.target.answers[kind+".name."+to] == "" {
			unmapped[fmt.Sprintf("%s %s", kind, to)] = true
		}
		return
	}
	if id == "0" {
		return
	}
	there, has := p.target.answers[kind+".name."+name], p.target.answers[kind+".number."+id]
	switch {
	case name != id && there == id:
	case name != id && there != "":
		moved[fmt.Sprintf("%s %s: %s, there %s", kind, name, id, there)] = true
	case has != "":
		taken[fmt.Sprintf("%s %s is %s there", kind, named(id, name), has)] = true
	case name != id:
		unknown[fmt.Sprintf("%s %s", kind, named(id, name))] = true
	}
}

func named(id, name string) string {
	if id == name {
		return id
	}
	return name + " (" + id + ")"
}

// mappedTo is rsync's --usermap: by name, by number, or everybody ("*").
func mappedTo(m map[string]string, id, name string) (string, bool) {
	for _, from := range []string{name, id, "*"} {
		if to, is := m[from]; is {
			return to, true
		}
	}
	return "", false
}

func numeric(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }
