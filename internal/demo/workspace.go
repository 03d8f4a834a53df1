package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/bluemind"
)

// workspace is a folder with what a user would have: a provider, a CLI configuration that names it, the module and a root module that calls it.
type workspace struct {
	dir string
}

func (w workspace) root() string   { return filepath.Join(w.dir, "root") }
func (w workspace) config() string { return filepath.Join(w.dir, "cli.tfrc") }
func (w workspace) logs() string   { return filepath.Join(w.dir, "logs") }
func (w workspace) client() string { return filepath.Join(w.dir, "client") }

// variables are the root module's. Active and Finalized are all that the story changes.
type variables struct {
	Identity   string `json:"identity"`
	KnownHosts string `json:"known_hosts"`
	Active     string `json:"active"`
	Finalized  bool   `json:"finalized"`
}

const rootModule = `terraform {
  required_providers {
    mail = { source = "terraform-provider-mail/mail" }
  }
}

variable "identity" { type = string }
variable "known_hosts" { type = string }
variable "active" { type = string }
variable "finalized" { type = bool }

provider "mail" {
  identity_files    = [var.identity]
  known_hosts_files = [var.known_hosts]
  use_agent         = false
}

module "bluemind" {
  source = "./bluemind"

  old               = { addresses = ["` + bluemind.OldAddress + `"] }
  new               = { addresses = ["` + bluemind.NewAddress + `"] }
  service_addresses = ["` + bluemind.ServiceAddress + `/24"]
  my_networks       = { old = "` + bluemind.OldAddress + `/32", new = "` + bluemind.NewAddress + `/32" }

  rehearse  = true
  active    = var.active
  finalized = var.finalized
}

output "bluemind" {
  value = module.bluemind
}
`

// makeWorkspace builds the provider and lays everything out below a new temporary folder.
func makeWorkspace(ctx context.Context) (workspace, error) {
	dir, err := os.MkdirTemp("", "mail-demo-")
	if err != nil {
		return workspace{}, err
	}
	w := workspace{dir: dir}
	source, err := moduleRoot(ctx)
	if err != nil {
		return w, err
	}
	for _, folder := range []string{w.root(), w.logs(), filepath.Join(dir, "bin")} {
		if err := os.MkdirAll(folder, 0o755); err != nil { //nolint:gosec // nothing secret
			return w, err
		}
	}
	build := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-trimpath", "-o", filepath.Join(dir, "bin", "terraform-provider-mail"), ".") //nolint:gosec // no shell
	build.Dir = source
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return w, fmt.Errorf("build the provider: %w\n%s", err, out)
	}
	module := os.DirFS(filepath.Join(source, "examples", "migrations", "bluemind"))
	if err := os.CopyFS(filepath.Join(w.root(), "bluemind"), module); err != nil {
		return w, fmt.Errorf("copy the module: %w", err)
	}
	config := fmt.Sprintf("provider_installation {\n  dev_overrides {\n    \"terraform-provider-mail/mail\" = %q\n  }\n  direct {}\n}\n", filepath.Join(dir, "bin"))
	return w, errors.Join(
		os.WriteFile(w.config(), []byte(config), 0o644),                             //nolint:gosec // nothing secret
		os.WriteFile(filepath.Join(w.root(), "main.tf"), []byte(rootModule), 0o644), //nolint:gosec // nothing secret
	)
}

// declare writes the values of the root module's variables.
func (w workspace) declare(l *lab.Lab, active string, finalized bool) error {
	text, err := json.MarshalIndent(variables{Identity: l.SSHKey(), KnownHosts: l.KnownHosts(), Active: active, Finalized: finalized}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(w.root(), "terraform.tfvars.json"), text, 0o644) //nolint:gosec // paths, nothing secret
}

// moduleRoot is the folder of the project's go.mod.
func moduleRoot(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("find the project: %w", err)
	}
	path := strings.TrimSpace(string(out))
	if path == "" || path == os.DevNull {
		return "", errors.New("the demo builds the provider: run it inside the project")
	}
	return filepath.Dir(path), nil
}
