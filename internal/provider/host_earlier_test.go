package provider_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/provider"
)

// earlierHost is the state of a host as a version wrote it that had no runbook, drift and last_run.
const earlierHost = `{"addresses":["192.0.2.21"],"become":"none","facts":null,"host_key":"` + keyOld + `","id":"` + idOld +
	`","jump":null,"port":22,"status":"settled","timeouts":null,"user":null}`

// TestHostOfAnEarlierVersion: its state is read, and once it is refreshed the plan is empty, whether the host answers or not.
func TestHostOfAnEarlierVersion(t *testing.T) {
	t.Parallel()
	for name, down := range map[string]bool{"answers": false, "unreachable": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEngine()
			e.down = down
			p := spoken{t, serve(t, e)}
			refreshed := p.refresh(p.upgrade(earlierHost))
			var values map[string]tftypes.Value
			if err := p.value(refreshed).As(&values); err != nil {
				t.Fatal(err)
			}
			var runbook, drift []tftypes.Value
			if err := values["runbook"].As(&runbook); err != nil || values["runbook"].IsNull() || len(runbook) != 0 {
				t.Errorf("runbook %v, %v", values["runbook"], err)
			}
			if err := values["drift"].As(&drift); err != nil || values["drift"].IsNull() || len(drift) != 0 {
				t.Errorf("drift %v, %v", values["drift"], err)
			}
			if !values["last_run"].IsNull() {
				t.Errorf("last_run %v", values["last_run"])
			}
			if planned := p.plan(refreshed); !p.value(planned).Equal(p.value(refreshed)) {
				t.Errorf("planned\n%v, want\n%v", p.value(planned), p.value(refreshed))
			}
		})
	}
}

// spoken is the provider by its protocol, for what the CLI gives no test a hand in: mail_host's states.
type spoken struct {
	t      *testing.T
	server tfprotov6.ProviderServer
}

// serve gives a provider that is configured without arguments but an empty list of known hosts.
func serve(t *testing.T, e *engine) tfprotov6.ProviderServer {
	t.Helper()
	server, err := providerserver.NewProtocol6WithError(provider.New("test", e.maker())())()
	if err != nil {
		t.Fatal(err)
	}
	schemas, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	kind, ok := schemas.Provider.ValueType().(tftypes.Object)
	if !ok {
		t.Fatal("the provider's configuration is no object")
	}
	values := map[string]tftypes.Value{}
	for name, attribute := range kind.AttributeTypes {
		values[name] = tftypes.NewValue(attribute, nil)
	}
	values["known_hosts_files"] = tftypes.NewValue(kind.AttributeTypes["known_hosts_files"], []tftypes.Value{tftypes.NewValue(tftypes.String, "/dev/null")})
	config, err := tfprotov6.NewDynamicValue(kind, tftypes.NewValue(kind, values))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := server.ConfigureProvider(t.Context(), &tfprotov6.ConfigureProviderRequest{Config: &config})
	if err != nil {
		t.Fatal(err)
	}
	good(t, answer.Diagnostics)
	return server
}

func good(t *testing.T, diags []*tfprotov6.Diagnostic) {
	t.Helper()
	for _, d := range diags {
		if d.Severity == tfprotov6.DiagnosticSeverityError {
			t.Fatalf("%s: %s", d.Summary, d.Detail)
		}
	}
}

func (p spoken) kind() tftypes.Type {
	p.t.Helper()
	schemas, err := p.server.GetProviderSchema(p.t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		p.t.Fatal(err)
	}
	return schemas.ResourceSchemas["mail_host"].ValueType()
}

func (p spoken) value(v *tfprotov6.DynamicValue) tftypes.Value {
	p.t.Helper()
	value, err := v.Unmarshal(p.kind())
	if err != nil {
		p.t.Fatal(err)
	}
	return value
}

func (p spoken) upgrade(state string) *tfprotov6.DynamicValue {
	p.t.Helper()
	answer, err := p.server.UpgradeResourceState(p.t.Context(), &tfprotov6.UpgradeResourceStateRequest{
		TypeName: "mail_host", RawState: &tfprotov6.RawState{JSON: []byte(state)},
	})
	if err != nil {
		p.t.Fatal(err)
	}
	good(p.t, answer.Diagnostics)
	return answer.UpgradedState
}

func (p spoken) refresh(state *tfprotov6.DynamicValue) *tfprotov6.DynamicValue {
	p.t.Helper()
	answer, err := p.server.ReadResource(p.t.Context(), &tfprotov6.ReadResourceRequest{TypeName: "mail_host", CurrentState: state})
	if err != nil {
		p.t.Fatal(err)
	}
	good(p.t, answer.Diagnostics)
	return answer.NewState
}

// plan plans what the state says, as the CLI proposes it when the configuration is unchanged.
func (p spoken) plan(state *tfprotov6.DynamicValue) *tfprotov6.DynamicValue {
	p.t.Helper()
	values := map[string]tftypes.Value{}
	if err := p.value(state).As(&values); err != nil {
		p.t.Fatal(err)
	}
	for _, computed := range []string{"id", "facts", "status", "runbook", "drift", "last_run"} {
		values[computed] = tftypes.NewValue(values[computed].Type(), nil)
	}
	config, err := tfprotov6.NewDynamicValue(p.kind(), tftypes.NewValue(p.kind(), values))
	if err != nil {
		p.t.Fatal(err)
	}
	answer, err := p.server.PlanResourceChange(p.t.Context(), &tfprotov6.PlanResourceChangeRequest{
		TypeName: "mail_host", PriorState: state, ProposedNewState: state, Config: &config,
	})
	if err != nil {
		p.t.Fatal(err)
	}
	good(p.t, answer.Diagnostics)
	return answer.PlannedState
}
