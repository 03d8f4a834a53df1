package compile

import (
	"slices"
	"strings"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// restSuffix ends the name of a runbook that Rest made.
const restSuffix = ".rest"

// Rest is what a committed move has left undone, by the ids of its operations: those that follow the commit and are no part of Standing, since whether they
// hold can only be told, or only be done, where the move lies on the hosts. It is run by going on with that move. A failure undoes nothing.
func Rest(c declare.Cutover, left []string) (runbook.Runbook, error) {
	m := &mover{c: withDefaults(c)}
	m.source, m.target = pair(c.Source, c.Target)
	towards := c
	if c.Active == declare.Source {
		towards = c.Reversed()
	}
	move, err := Move(towards)
	if err != nil {
		return runbook.Runbook{}, err
	}
	standing, err := Standing(c)
	if err != nil {
		return runbook.Runbook{}, err
	}
	// What is part of Standing comes from elsewhere: nothing here waits for it.
	kept := func(id string) bool {
		_, lasting := standing.Find(id)
		return !lasting && slices.Contains(left, id)
	}
	mark := slices.IndexFunc(move.Operations, func(op runbook.Operation) bool { return op.Kind == "write_cut_mark" })
	alone := true
	for _, op := range move.Operations[mark+1:] {
		if !kept(op.ID) {
			continue
		}
		alone = alone && op.Kind == "compare_frozen"
		op.Needs = slices.DeleteFunc(slices.Clone(op.Needs), func(id string) bool { return !kept(id) })
		m.ops = append(m.ops, op)
	}
	if alone { // what differs is mended, not looked for again
		m.ops = nil
	}
	r, err := m.serves(restSuffix, m.sides().serving)
	r.Stays = true
	return r, err
}

// IsRest reports whether a runbook is what Rest made.
func IsRest(r runbook.Runbook) bool { return strings.HasSuffix(r.Name, restSuffix) }
