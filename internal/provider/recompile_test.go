package provider_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	command "github.com/terraform-provider-mail/terraform-provider-mail/internal/cli"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/executor"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/plan"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/provider"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

var update = flag.Bool("update", false, "write the golden files anew")

// capture compiles a plan as it comes from Terraform, and wants all of it known.
type capture struct {
	t    *testing.T
	name string // of the golden file of what the command writes; empty: none
	want map[string]plan.Action
}

func (c capture) CheckPlan(ctx context.Context, req plancheck.CheckPlanRequest, resp *plancheck.CheckPlanResponse) {
	text, err := json.Marshal(req.Plan)
	if err != nil {
		resp.Error = err
		return
	}
	document := composed(ctx, c.t, text)
	got := map[string]plan.Action{}
	for _, r := range document.Resources {
		got[r.Address] = r.Action
		if !r.Known {
			c.t.Errorf("%s: not known: %s\n%s", r.Address, r.Note, strings.Join(r.Words, "\n"))
		}
	}
	if diff := cmp.Diff(c.want, got); diff != "" {
		c.t.Errorf("(-want +got):\n%s", diff)
	}
	for _, format := range []string{"text", "json", "markdown", "html"} {
		var out, errOut bytes.Buffer
		code := command.Compile(ctx, []string{"-format", format, "-begin", "09:00", "-"}, func(ctx context.Context, files []string) (plan.Compiler, error) {
			return provider.NewRecompiler(ctx, files)
		}, bytes.NewReader(text), &out, &errOut)
		if code != 0 || errOut.Len() > 0 || out.Len() == 0 {
			c.t.Errorf("as %s: exit code %d, %s", format, code, errOut.String())
		}
		if format == "text" && c.name != "" {
			c.golden(out.String())
		}
	}
}

func (c capture) golden(got string) {
	path := filepath.Join(project().root, "internal", "provider", "testdata", "plans", c.name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			c.t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		c.t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		c.t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

func composed(ctx context.Context, t *testing.T, text []byte) plan.Document {
	t.Helper()
	parsed, err := plan.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	compiler, err := provider.NewRecompiler(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	document, err := plan.Compose(ctx, parsed, compiler, 0)
	if err != nil {
		t.Fatal(err)
	}
	return document
}

// drifting is the double, with a cutover whose address drifts on demand.
type drifting struct {
	*engine
	on *atomic.Bool
}

func (d drifting) Probe(ctx context.Context, book runbook.Runbook, resource string) executor.Observation {
	seen := d.engine.Probe(ctx, book, resource)
	for _, op := range book.Operations {
		if strings.HasPrefix(resource, "mail_cutover.") && d.on.Load() && (op.Kind == "take_address" || op.Kind == "drop_address") {
			seen.Status = executor.Drifted
			seen.Drift = append(seen.Drift, executor.Difference{ID: op.ID, Sentence: "does not hold: " + op.Sentence})
		}
	}
	return seen
}

func (d drifting) Run(ctx context.Context, book runbook.Runbook, options executor.Options) (executor.Outcome, error) {
	if strings.HasSuffix(book.Name, ".mend") {
		d.on.Store(false)
	}
	return d.engine.Run(ctx, book, options)
}

// What a plan is compiled to, from the outside, is what the provider planned: every procedure is made anew with the same digest.
func TestCompileIsThePlan(t *testing.T) {
	t.Parallel()
	e := drifting{newEngine(), &atomic.Bool{}}
	check := func(name string, want map[string]plan.Action) resource.ConfigPlanChecks {
		return planned(capture{t, name, want})
	}
	stopped := fmt.Sprintf(service, "false")
	server := providerserver.NewProtocol6WithError(provider.New("test", func(provider.EngineConfig) (provider.Engine, error) { return e, nil })())
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: map[string]func() (tfprotov6.ProviderServer, error){"mail": server},
		Steps: []resource.TestStep{
			{Config: moving("source") + stopped, ConfigPlanChecks: check("create.txt", map[string]plan.Action{
				"mail_host.old": plan.Create, "mail_host.new": plan.Create, "mail_sync.store": plan.Create, "mail_db_dump.bj": plan.Create,
				"mail_file_set.config": plan.Create, "mail_service.postfix": plan.Create, cutover: plan.Create,
			})},
			{Config: moving("source"), ConfigPlanChecks: check("delete.txt", map[string]plan.Action{"mail_service.postfix": plan.Delete})},
			{Config: moving("source", `rehearse = true`), ConfigPlanChecks: check("", map[string]plan.Action{cutover: plan.Update})},
			{Config: moving("target"), ConfigPlanChecks: check("", map[string]plan.Action{cutover: plan.Update})},
			{PreConfig: func() { e.on.Store(true) }, Config: moving("target"), ConfigPlanChecks: check("mend.txt", map[string]plan.Action{cutover: plan.Update})},
			{PreConfig: func() { e.on.Store(false) }, Config: moving("source"), ConfigPlanChecks: check("", map[string]plan.Action{cutover: plan.Update})},
			{Config: moving("target")},
			{Config: moving("target", "finalized = true"), ConfigPlanChecks: check("", map[string]plan.Action{cutover: plan.Update})},
		},
	})
}
