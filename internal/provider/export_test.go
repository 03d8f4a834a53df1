package provider

import (
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/executor"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// For tests: parsers, for their fuzz targets, and what no engine is needed for.
var (
	JoinID     = joinID
	SplitID    = splitID
	ParseTrees = parseTrees
	TreeList   = treeList
	Previewed  = previewed
)

// ParseImport reads an import id of each kind and gives back the id that it makes.
func ParseImport(kind, id string) (string, error) {
	switch kind {
	case "sync":
		m := &syncModel{}
		if err := m.parse(id); err != nil {
			return "", err
		}
		return m.identity(), nil
	case "dump":
		m := &dumpModel{}
		if err := m.parse(id); err != nil {
			return "", err
		}
		return m.identity(), nil
	case "backup":
		m := &backupModel{}
		if err := m.parse(id); err != nil {
			return "", err
		}
		return m.identity(), nil
	case "mount":
		m := &mountModel{}
		if err := m.parse(id); err != nil {
			return "", err
		}
		return m.identity(), nil
	default:
		m := &fileSetModel{}
		if err := m.parse(id); err != nil {
			return "", err
		}
		return m.identity(), nil
	}
}

// WhoServes is the line of drift that says who really serves.
func WhoServes(c declare.Cutover, book runbook.Runbook, seen executor.Observation) string {
	return factsOf(c, book, seen).line(c)
}
