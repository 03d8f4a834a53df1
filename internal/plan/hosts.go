package plan

import (
	"cmp"
	"encoding/json"
	"slices"

	tfjson "github.com/hashicorp/terraform-json"
)

// hosts are all that the plan and the state it starts from declare, by their names.
func hosts(p *tfjson.Plan) []Host {
	found := map[string]Host{}
	add := func(address string, value any) {
		text, err := raw(value)
		if err != nil {
			return
		}
		var h Host
		if json.Unmarshal(text, &h) != nil || h.ID == "" {
			return // not known yet: nothing refers to it by its id
		}
		h.Name = address
		if was, known := found[h.ID]; !known || h.Name < was.Name {
			found[h.ID] = h
		}
	}
	for _, rc := range p.ResourceChanges {
		if rc == nil || rc.Type != "mail_host" || rc.Change == nil {
			continue
		}
		if rc.Change.After != nil {
			add(rc.Address, rc.Change.After)
		} else {
			add(rc.Address, rc.Change.Before)
		}
	}
	out := make([]Host, 0, len(found))
	for _, h := range found {
		out = append(out, h)
	}
	slices.SortFunc(out, func(a, b Host) int { return cmp.Compare(a.Name, b.Name) })
	return out
}
