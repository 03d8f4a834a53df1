package provider

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/compile"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/executor"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/product"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

var (
	_ resource.ResourceWithModifyPlan  = (*sshAccessResource)(nil)
	_ resource.ResourceWithImportState = (*sshAccessResource)(nil)
	_ finder                           = (*sshAccessModel)(nil)
)

// sshAccessResource is mail_ssh_access.
type sshAccessResource struct {
	lifecycle[sshAccessModel, *sshAccessModel]
}

func newSSHAccessResource() resource.Resource {
	return &sshAccessResource{lifecycle[sshAccessModel, *sshAccessModel]{kind: "mail_ssh_access"}}
}

func (m *sshAccessModel) identity() string {
	var read reader
	return joinID(append([]string{m.Source.ValueString(), m.Target.ValueString(), orText(m.Command, declare.Rsync)}, read.texts("paths", m.Paths)...)...)
}

func (m *sshAccessModel) parse(id string) error {
	parts, err := splitID(id, 3, "SOURCE,TARGET,COMMAND,PATH,…")
	if err != nil {
		return err
	}
	if err := isForcedCommand().check(parts[2]); err != nil {
		return fmt.Errorf("import id: command %q: %w", parts[2], err)
	}
	for _, path := range parts[3:] {
		if err := absolute(path); err != nil {
			return fmt.Errorf("import id: path %q: %w", path, err)
		}
	}
	m.Source, m.Target, m.Command = types.StringValue(parts[0]), types.StringValue(parts[1]), types.StringValue(parts[2])
	if len(parts) > 3 {
		m.Paths = textList(parts[3:])
	}
	return validHosts(parts[0], parts[1])
}

// name is how both hosts know the access.
func (m *sshAccessModel) name() string {
	readable, _, _ := strings.Cut(orText(m.Command, declare.Rsync), " ")
	return label(readable, m.identity())
}

func (m *sshAccessModel) subject() string { return "mail_ssh_access." + m.name() }

func (m *sshAccessModel) hosts() []string {
	return distinct([]string{m.Source.ValueString(), m.Target.ValueString()})
}

func (m *sshAccessModel) declaration() (declare.SSHAccess, error) {
	var read reader
	declared := declare.SSHAccess{
		Name: m.name(), Source: m.Source.ValueString(), Target: m.Target.ValueString(), Command: orText(m.Command, declare.Rsync), Paths: read.texts("paths", m.Paths),
		ExpiresAfter: read.duration("expires_after", types.StringValue(orText(m.ExpiresAfter, defaultExpiry))), PermitRootLogin: m.PermitRootLogin.ValueString(),
	}
	switch {
	case declared.Command == declare.Rsync && len(declared.Paths) == 0:
		read.fail(about("paths", fmt.Errorf("rsync needs the folders that it is bound to")))
	case declared.Command != declare.Rsync && len(declared.Paths) > 0:
		read.fail(about("paths", fmt.Errorf("a command of its own is not bound to folders: leave them out, or let the command be rsync")))
	}
	if declared.ExpiresAfter < time.Second {
		read.fail(about("expires_after", fmt.Errorf("it would be over before it began")))
	}
	if declared.Source == declared.Target {
		read.fail(about("target", fmt.Errorf("source and target are the same host")))
	}
	for _, path := range declared.Paths {
		if strings.ContainsAny(path, "\n\r") {
			read.fail(about("paths", fmt.Errorf("%q holds a line break", path)))
		}
	}
	return declared, read.err()
}

func (m *sshAccessModel) standing(*product.Catalogue) (runbook.Runbook, error) {
	declared, err := m.declaration()
	if err != nil {
		return runbook.Runbook{}, err
	}
	return compile.SSHAccess(declared)
}

func (m *sshAccessModel) change(products *product.Catalogue, prior past[sshAccessModel]) (runbook.Runbook, error) {
	return changed(products, m, prior, false)
}

func (m *sshAccessModel) open(prior *sshAccessModel, book *runbook.Runbook) {
	switch {
	case book != nil:
		m.State, m.ExpiresAt, m.KeyFile = types.StringUnknown(), types.StringUnknown(), types.StringUnknown()
	case prior != nil:
		m.State, m.ExpiresAt, m.KeyFile = prior.State, prior.ExpiresAt, prior.KeyFile
	}
}

// measure leaves nothing unknown where the hosts cannot be asked afterwards.
func (m *sshAccessModel) measure(prior *sshAccessModel, _ executor.Outcome) {
	if !m.State.IsUnknown() {
		return
	}
	if prior == nil {
		prior = &sshAccessModel{}
	}
	m.open(prior, nil)
}

func (m *sshAccessModel) options(*sshAccessModel) executor.Options {
	return executor.Options{Resource: m.subject(), OnFailure: "back_out"}
}

func (*sshAccessModel) leave() bool { return false }

// find looks until when it is open. That a host cannot be asked is told by whoever else asks it.
func (m *sshAccessModel) find(ctx context.Context, s *shared) diag.Diagnostics {
	var diags diag.Diagnostics
	book, err := m.standing(s.products)
	if err != nil {
		return diags // the procedure tells
	}
	seen := s.engine.Probe(ctx, book, m.subject())
	if seen.Status == executor.Unreachable || seen.Status == executor.Held {
		return diags
	}
	for _, op := range book.Operations {
		switch op.Kind {
		case "make_key":
			m.KeyFile = textOrNull(seen.Results[op.ID+".key"])
		case "grant_login":
			m.State, m.ExpiresAt = textOrNull(seen.Results[op.ID+".state"]), textOrNull(seen.Results[op.ID+".until"])
		}
	}
	return diags
}
