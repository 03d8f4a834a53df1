package executor

import (
	"maps"
	"slices"
)

// KnownMoves is what hosts know of a cutover's moves.
type KnownMoves struct {
	Serves, Since  string
	Cut, Unsettled []string // an unsettled one with what was decided
	Newest         int
}

// ReadMoves reads what hosts, each with its answer, say of them.
func ReadMoves(answers ...[2]string) KnownMoves {
	m := newMoves()
	for _, a := range answers {
		m.read(a[0], a[1])
	}
	known := KnownMoves{Serves: m.serves, Since: m.since, Newest: m.newest, Cut: slices.Sorted(maps.Keys(m.cut))}
	for _, left := range m.unsettled() {
		known.Unsettled = append(known.Unsettled, left.run+" "+left.decision)
	}
	slices.Sort(known.Unsettled) // runs of one number may come in any order
	return known
}
