package provider

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/compile"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/plan"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/product"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// Recompiler makes the procedures of a plan anew from the values that the plan shows, by the code that planned them. It looks at no host. What it makes
// counts only where it has the plan's own words: a plan does not show what the provider keeps for itself, such as which operations are to be mended.
type Recompiler struct {
	products  *product.Catalogue
	resources map[string]resource.Resource
}

var _ plan.Compiler = (*Recompiler)(nil)

// NewRecompiler makes one that knows the built-in products, and those of the files or globs given.
func NewRecompiler(ctx context.Context, productFiles []string) (*Recompiler, error) {
	products, problems := product.Load(productFiles)
	if problems.HasErrors() {
		var text strings.Builder
		if err := product.WriteDiagnostics(&text, problems, products.Files()); err != nil {
			return nil, problems
		}
		return nil, errors.New(strings.TrimSpace(text.String()))
	}
	r := &Recompiler{products: products, resources: map[string]resource.Resource{}}
	for _, make := range (&mailProvider{}).Resources(ctx) {
		one := make()
		var response resource.MetadataResponse
		one.Metadata(ctx, resource.MetadataRequest{ProviderTypeName: "mail"}, &response)
		r.resources[response.TypeName] = one
	}
	return r, nil
}

// recompilable is what a resource with a life cycle gives.
type recompilable interface {
	recompile(ctx context.Context, products *product.Catalogue, s schema.Schema, change plan.Change) (plan.Procedure, error)
}

// Compile implements plan.Compiler.
func (r *Recompiler) Compile(ctx context.Context, change plan.Change) (plan.Procedure, error) {
	switch {
	case change.Action == plan.Read:
		return plan.Procedure{Known: true, Note: "looks; changes nothing"}, nil
	case change.Action == plan.Forget:
		return plan.Procedure{Known: true, Note: "is forgotten; nothing is done on hosts"}, nil
	case change.Type == "mail_host" && change.Action == plan.Delete:
		return plan.Procedure{Known: true, Note: "is forgotten; nothing is done on it"}, nil
	case change.Type == "mail_host":
		return plan.Procedure{Known: true, Note: "is connected to, its key is checked, facts are gathered; nothing is changed on it"}, nil
	}
	one, ok := r.resources[change.Type].(recompilable)
	if !ok {
		return plan.Procedure{Note: "this version of the provider does not know this resource"}, nil
	}
	var response resource.SchemaResponse
	r.resources[change.Type].Schema(ctx, resource.SchemaRequest{}, &response)
	return one.recompile(ctx, r.products, response.Schema, change)
}

// recompile makes the procedure of a planned change of one resource.
func (l *lifecycle[M, P]) recompile(ctx context.Context, products *product.Catalogue, s schema.Schema, change plan.Change) (plan.Procedure, error) {
	var before *M
	if change.Action != plan.Create && string(change.Before) != "null" {
		before = new(M)
		if err := readShown(ctx, s, change.Before, nil, before); err != nil {
			return plan.Procedure{}, fmt.Errorf("values before: %w", err)
		}
	}
	if change.Action == plan.Delete {
		return l.recompileEnd(products, before), nil
	}
	after := new(M)
	if err := readShown(ctx, s, change.After, change.Unknown, after); err != nil {
		return plan.Procedure{}, fmt.Errorf("planned values: %w", err)
	}
	return recompiled[M, P](products, after, before), nil
}

// recompiled is the procedure that leads from before to after, if it is the one that is planned.
func recompiled[M any, P model[M]](products *product.Catalogue, after, before *M) plan.Procedure {
	p := P(after)
	base := p.base()
	var out plan.Procedure
	if base.Runbook.IsUnknown() {
		out.Note = "the procedure is not known yet: it depends on what changes in the same apply; plan again afterwards"
		return out
	}
	var read reader
	words := read.texts("runbook", base.Runbook)
	if len(words) > 0 {
		out.Digest = strings.TrimPrefix(words[len(words)-1], "digest ")
	}
	if len(words) == 0 || !base.Status.IsUnknown() {
		out.Known, out.Note = true, "takes over a choice; nothing is done on hosts"
		if base.Status.IsUnknown() {
			out.Note = "nothing is to be done; it is looked whether everything declared holds"
		}
		return out
	}
	prior := past[M]{model: before}
	if before != nil {
		prior.unsettled = unsettled(P(before).base().Status)
	}
	book, err := p.change(products, prior)
	if err == nil && !holds(book, words) {
		// The state alone does not tell what is to be taken up: the provider keeps the ids of what drifted for itself. The words say which of those that
		// could be meant are.
		book, err = taken(products, p, prior, words)
	}
	if err != nil || !holds(book, words) {
		out.Words = words[:len(words)-1]
		out.Note = "the plan tells only the words of this procedure: its hosts and times are not known"
		return out
	}
	out.Book, out.Known = book, true
	if book.Timer > 0 { // of what moves nothing the attribute tells of an earlier move
		out.Outage, out.Budget = predictedOutage(p), allowedOutage(p)
	}
	if linted, ok := any(p).(linted); ok {
		for _, finding := range linted.lint(products, book) {
			out.Findings = append(out.Findings, plan.Finding{Code: finding.Code, Summary: finding.Summary, Detail: finding.Detail})
		}
	}
	return out
}

// linted finds dangers in a declaration and its procedure.
type linted interface {
	lint(products *product.Catalogue, book runbook.Runbook) []compile.Finding
}

// predicting resources say themselves how long nobody will be served.
type predicting interface{ predicted() types.String }

// bounded resources say how long an outage is allowed.
type bounded interface{ budget() time.Duration }

func allowedOutage(p any) time.Duration {
	if says, ok := p.(bounded); ok {
		return says.budget()
	}
	return 0
}

func predictedOutage(p any) string {
	if says, ok := p.(predicting); ok {
		return says.predicted().ValueString()
	}
	return ""
}

// holds reports whether a runbook has the words of a plan, its digest among them.
func holds(book runbook.Runbook, words []string) bool {
	own, err := book.Words()
	return err == nil && slices.Equal(own, words)
}

// taken tries which operations of the standing procedure are to be mended: all whose mending the words of the plan contain. The digest decides.
func taken[M any, P model[M]](products *product.Catalogue, p P, prior past[M], words []string) (runbook.Runbook, error) {
	if !prior.unsettled {
		return runbook.Runbook{}, nil
	}
	standing, err := p.standing(products)
	if err != nil {
		return runbook.Runbook{}, err
	}
	said := strings.Join(words, "\n")
	for _, op := range standing.Operations {
		if strings.Contains(said, op.Sentence) {
			prior.drift = append(prior.drift, op.ID)
		}
	}
	return p.change(products, prior)
}

// readShown reads a value as `terraform show -json` writes it; unknown marks what is not known yet.
func readShown(ctx context.Context, s schema.Schema, value, unknown json.RawMessage, into any) error {
	kind := s.Type().TerraformType(ctx)
	shown, err := tfprotov6.RawState{JSON: value}.UnmarshalWithOpts(kind, tfprotov6.UnmarshalOpts{
		ValueFromJSONOpts: tftypes.ValueFromJSONOpts{IgnoreUndefinedAttributes: true},
	})
	if err != nil {
		return fmt.Errorf("they are not of the resource's type in this version of the provider: %w", err)
	}
	if unknown != nil {
		var marks any
		if err := json.Unmarshal(unknown, &marks); err != nil {
			return fmt.Errorf("what is unknown cannot be read: %w", err)
		}
		if shown, err = marked(shown, marks); err != nil {
			return err
		}
	}
	got := tfsdk.Plan{Raw: shown, Schema: s}
	if diags := got.Get(ctx, into); diags.HasError() {
		return errors.New(diags.Errors()[0].Summary() + ": " + diags.Errors()[0].Detail())
	}
	return nil
}

// marked makes unknown what a tree of booleans says is.
func marked(value tftypes.Value, marks any) (tftypes.Value, error) {
	switch marks := marks.(type) {
	case bool:
		if marks {
			return tftypes.NewValue(value.Type(), tftypes.UnknownValue), nil
		}
	case map[string]any:
		inner := map[string]tftypes.Value{}
		if value.IsNull() {
			return value, nil
		}
		if err := value.As(&inner); err != nil {
			return value, err
		}
		for name, mark := range marks {
			child, known := inner[name]
			if !known {
				continue
			}
			var err error
			if inner[name], err = marked(child, mark); err != nil {
				return value, err
			}
		}
		return tftypes.NewValue(value.Type(), inner), nil
	case []any:
		var inner []tftypes.Value
		if value.IsNull() {
			return value, nil
		}
		if err := value.As(&inner); err != nil {
			return value, err
		}
		for i := range min(len(inner), len(marks)) {
			var err error
			if inner[i], err = marked(inner[i], marks[i]); err != nil {
				return value, err
			}
		}
		return tftypes.NewValue(value.Type(), inner), nil
	}
	return value, nil
}
