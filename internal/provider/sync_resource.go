package provider

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/compile"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/executor"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/product"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/remote"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

var (
	_ resource.ResourceWithModifyPlan  = (*syncResource)(nil)
	_ resource.ResourceWithImportState = (*syncResource)(nil)
	_ ager                             = (*syncModel)(nil)
	_ inspector[syncModel]             = (*syncModel)(nil)
)

// syncResource is mail_sync.
type syncResource struct {
	lifecycle[syncModel, *syncModel]
}

func newSyncResource() resource.Resource {
	return &syncResource{lifecycle[syncModel, *syncModel]{kind: "mail_sync"}}
}

func (m *syncModel) identity() string { return m.syncParts.identity() }

func (m *syncModel) parse(id string) error {
	parts, err := splitID(id, 3, "SOURCE,TARGET,FROM=>TO,…")
	if err != nil {
		return err
	}
	paths, err := parseTrees(parts[2:])
	if err != nil {
		return fmt.Errorf("import id: %w", err)
	}
	m.Source, m.Target, m.Paths = types.StringValue(parts[0]), types.StringValue(parts[1]), stringMap(paths)
	return validHosts(parts[0], parts[1])
}

func (m *syncModel) subject() string { return "mail_sync." + m.name() }

func (m *syncModel) hosts() []string {
	return distinct([]string{m.Source.ValueString(), m.Target.ValueString()})
}

func (m *syncModel) standing(*product.Catalogue) (runbook.Runbook, error) {
	var read reader
	declared := read.sync(m.syncParts)
	if err := read.err(); err != nil {
		return runbook.Runbook{}, err
	}
	return compile.Sync(declared)
}

func (m *syncModel) change(products *product.Catalogue, prior past[syncModel]) (runbook.Runbook, error) {
	again := prior.model != nil && !prior.imported && !m.Trigger.Equal(prior.model.Trigger)
	return changed(products, m, prior, again)
}

func (m *syncModel) open(prior *syncModel, book *runbook.Runbook) {
	m.LastPass = openPass(book, prior != nil, func() types.Object { return prior.LastPass })
}

func (m *syncModel) measure(prior *syncModel, outcome executor.Outcome) {
	m.LastPass = measuredPass(m.LastPass, prior != nil, func() types.Object { return prior.LastPass }, outcome)
}

func (m *syncModel) options(*syncModel) executor.Options {
	return executor.Options{Resource: m.subject(), OnFailure: "halt"} // what has arrived stays: the next pass goes on from there
}

func (*syncModel) leave() bool { return false }

// aged finds a last pass older than max_age.
func (m *syncModel) aged(now time.Time) []string {
	var read reader
	limit := read.duration("max_age", m.MaxAge)
	pass := read.pass(m.LastPass)
	if limit == 0 || pass == nil || read.err() != nil {
		return nil
	}
	at, err := time.Parse(time.RFC3339, pass.At)
	if err != nil {
		return []string{fmt.Sprintf("when the last pass ended is not known (%q)", pass.At)}
	}
	if age := now.Sub(at); age > limit {
		return []string{fmt.Sprintf("the last pass is %s old, older than max_age %s", age.Round(time.Second), limit)}
	}
	return nil
}

// inspect shows, where preview is set, what the pass that is planned would send and delete now.
func (m *syncModel) inspect(ctx context.Context, s *shared, _ past[syncModel], book runbook.Runbook) diag.Diagnostics {
	var diags diag.Diagnostics
	if !m.Preview.ValueBool() || book.Empty() {
		return diags
	}
	var read reader
	declared := read.sync(m.syncParts)
	if read.err() != nil {
		return diags // the procedure tells
	}
	previews, err := s.engine.Preview(ctx, declared)
	var away *remote.ConnectError
	if errors.As(err, &away) {
		s.unreachable(err, m.hosts(), &diags)
		return diags
	}
	var text strings.Builder
	for _, p := range previews {
		text.WriteString(previewed(p, declared.Delete))
	}
	if err != nil {
		fmt.Fprintf(&text, "Then: %v.\n", err)
	}
	diags.AddWarning("Preview of the pass of "+m.subject(), text.String()+"Compared by names, kinds, sizes and times. While the source serves, more comes.")
	return diags
}

// previewed is what a pass would do to a tree, in words.
func previewed(p executor.Preview, deletes bool) string {
	if p.New.Count+p.Changed.Count == 0 && (p.Gone.Count == 0 || !deletes) {
		return p.To + ": nothing.\n"
	}
	text := fmt.Sprintf("%s: %d new, %d changed, %d bytes in files", p.To, p.New.Count, p.Changed.Count, p.Bytes)
	if deletes {
		text += fmt.Sprintf("; %d to delete", p.Gone.Count)
	} else {
		text += fmt.Sprintf("; %d only on the target stay", p.Gone.Count)
	}
	text += ".\n"
	for _, kind := range []struct {
		word    string
		entries executor.Entries
	}{{"new", p.New}, {"changed", p.Changed}, {"only on the target", p.Gone}} {
		if kind.entries.Count == 0 {
			continue
		}
		names := make([]string, len(kind.entries.Names))
		for i, name := range kind.entries.Names {
			names[i] = strings.Trim(strconv.Quote(name), `"`) // a line break in a name ends no line here
		}
		more := ""
		if kind.entries.Count > len(names) {
			more = ", …"
		}
		text += fmt.Sprintf("  %s: %s%s\n", kind.word, strings.Join(names, ", "), more)
	}
	return text
}
