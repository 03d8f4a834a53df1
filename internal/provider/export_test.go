package provider

import (
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/executor"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/product"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// For tests: parsers, for their fuzz targets, and what no engine is needed for.
var (
	JoinID     = joinID
	SplitID    = splitID
	ParseTrees = parseTrees
	TreeList   = treeList
	Previewed  = previewed

	HeldWarning = heldWarning
	TextList    = textList

	OtherProcedure = otherProcedure
	SameProcedure  = sameProcedure

	SetDefaults = setDefaults
)

// Departure is what a plan shows of destroying a cutover of BLUEMIND.
func Departure(active, onDestroy, carry string) (diag.Diagnostics, error) {
	products, problems := product.Load(nil)
	if problems.HasErrors() {
		return nil, problems
	}
	failure := map[string]attr.Value{"action": types.StringNull(), "carry_back": types.StringValue(carry)}
	m := &cutoverModel{
		Name: types.StringValue("bluemind"), Source: types.StringValue("old"), Target: types.StringValue("new"), Product: types.StringValue("bluemind"),
		Active: types.StringValue(active), OnDestroy: types.StringValue(onDestroy),
		OnFailure: types.ObjectValueMust(map[string]attr.Type{"action": types.StringType, "carry_back": types.StringType}, failure),
	}
	return m.departure(products, map[string]float64{"stop_service.bm": 3600}), nil
}

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
