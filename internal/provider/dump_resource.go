package provider

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/compile"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/executor"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/product"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

var (
	_ resource.ResourceWithModifyPlan  = (*dumpResource)(nil)
	_ resource.ResourceWithImportState = (*dumpResource)(nil)
)

// dumpResource is mail_db_dump.
type dumpResource struct {
	lifecycle[dumpModel, *dumpModel]
}

func newDumpResource() resource.Resource {
	return &dumpResource{lifecycle[dumpModel, *dumpModel]{kind: "mail_db_dump"}}
}

func (m *dumpModel) identity() string { return m.dumpParts.identity() }

func (m *dumpModel) parse(id string) error {
	parts, err := splitID(id, 4, "SOURCE,TARGET,ENGINE,DATABASE,…")
	if err != nil {
		return err
	}
	for _, name := range parts[3:] {
		if err := databaseName(name); err != nil {
			return fmt.Errorf("import id: database %q: %w", name, err)
		}
	}
	m.Source, m.Target, m.Engine = types.StringValue(parts[0]), types.StringValue(parts[1]), types.StringValue(parts[2])
	m.Databases = textList(parts[3:])
	return validHosts(parts[0], parts[1])
}

func (m *dumpModel) subject() string { return "mail_db_dump." + m.name() }

func (m *dumpModel) hosts() []string {
	return distinct([]string{m.Source.ValueString(), m.Target.ValueString()})
}

func (m *dumpModel) standing(*product.Catalogue) (runbook.Runbook, error) {
	var read reader
	declared := read.dump(m.dumpParts)
	if err := read.err(); err != nil {
		return runbook.Runbook{}, err
	}
	return compile.Dump(declared)
}

func (m *dumpModel) change(products *product.Catalogue, prior past[dumpModel]) (runbook.Runbook, error) {
	again := prior.model != nil && !prior.imported && !m.PasswordVersion.Equal(prior.model.PasswordVersion)
	return changed(products, m, prior, again)
}

func (m *dumpModel) open(prior *dumpModel, book *runbook.Runbook) {
	m.LastPass = openPass(book, prior != nil, func() types.Object { return prior.LastPass })
}

func (m *dumpModel) measure(prior *dumpModel, outcome executor.Outcome) {
	m.LastPass = measuredPass(m.LastPass, prior != nil, func() types.Object { return prior.LastPass }, outcome)
}

// options hand the password over under the name of the declaration and of each database.
func (m *dumpModel) options(config *dumpModel) executor.Options {
	options := executor.Options{Resource: m.subject(), OnFailure: "back_out"}
	if config == nil || config.Password.IsNull() {
		return options
	}
	var read reader
	options.Secrets = map[string]string{m.name(): config.Password.ValueString()}
	for _, database := range read.texts("databases", m.Databases) {
		options.Secrets[database] = config.Password.ValueString()
	}
	return options
}

func (*dumpModel) leave() bool { return false }

// destroy keeps the databases; what passes left beside them goes.
func (m *dumpModel) destroy(ctx context.Context, s *shared) diag.Diagnostics {
	var diags diag.Diagnostics
	var read reader
	declared := read.dump(m.dumpParts)
	book, err := compile.DumpEnd(declared)
	if err = errors.Join(read.err(), err); err != nil {
		diags.AddError("No procedure can be made of "+m.subject(), err.Error())
		return diags
	}
	outcome, err := s.engine.Run(ctx, book, m.options(nil))
	switch r := newRan(book, outcome, err); {
	case r.held():
		diags.AddWarning("Held by a cutover", m.subject()+" is governed by a cutover: nothing was changed on its hosts.")
	case err != nil:
		diags.Append(r.problem(m.subject()+" cannot be destroyed: it", s.book))
	}
	return diags
}

// databaseName reports why a text names no database.
func databaseName(name string) error {
	switch {
	case name == "" || len(name) > 63:
		return fmt.Errorf("a name has 1 to 63 characters")
	case strings.HasPrefix(name, "-"):
		return fmt.Errorf("it begins with a hyphen")
	case strings.ContainsAny(name, "/\\\"'`\x00\r\n\t "):
		return fmt.Errorf("it holds a blank, a quote, a slash or a line break")
	}
	return nil
}
