package provider_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
)

// sources is the root of the project; tests run in a folder of their own.
type sources struct{ root string }

// example reads one example's files.
func (s sources) example(t *testing.T, parts ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(append([]string{s.root, "examples"}, parts...)...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Every example that the reference pages show is planned together with the ones that it refers to.
func TestExamples(t *testing.T) {
	t.Parallel()
	known := filepath.Join(t.TempDir(), "known_hosts")
	if err := os.WriteFile(known, []byte("192.0.2.21,old.example.org "+keyOld+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	configured := "provider \"mail\" {\n  known_hosts_files = [\"" + known + "\"]\n}\n"
	kinds, err := filepath.Glob(filepath.Join(project().root, "examples", "*s", "mail_*", "*.tf"))
	if err != nil || len(kinds) < 8 {
		t.Fatalf("only %d examples were found: %v", len(kinds), err)
	}
	for _, file := range kinds {
		folder := filepath.Dir(file)
		name := filepath.Base(folder)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := project().example(t, filepath.Base(filepath.Dir(folder)), name, filepath.Base(file))
			for name, value := range map[string]string{"webmail_password": "correct horse"} {
				body = strings.Replace(body, "variable \""+name+"\" {", "variable \""+name+"\" {\n  default = \""+value+"\"", 1)
			}
			unit(t, newEngine(), resource.TestStep{Config: configured + project().withOthers(t, body), PlanOnly: true, ExpectNonEmptyPlan: true})
		})
	}
	t.Run("provider", func(t *testing.T) {
		t.Parallel()
		body := strings.ReplaceAll(project().example(t, "provider", "provider.tf"), `["~/.ssh/known_hosts"]`, `["`+known+`"]`)
		body = regexp.MustCompile(`(?s)^terraform \{.*?\n\}\n`).ReplaceAllString(body, "") // the test framework writes one of its own
		unit(t, newEngine(), resource.TestStep{Config: body + project().withOthers(t, "output \"host\" {\n  value = mail_host.old.id\n}\n"), PlanOnly: true, ExpectNonEmptyPlan: true})
	})
}

// withOthers adds to an example those whose resources it refers to and does not declare.
func (s sources) withOthers(t *testing.T, body string) string {
	t.Helper()
	reference := regexp.MustCompile(`\bmail_[a-z_]+\.[a-z_]+\b`)
	for again := true; again; {
		again = false
		for _, found := range reference.FindAllString(body, -1) {
			kind, name, _ := strings.Cut(found, ".")
			declared := fmt.Sprintf("%q %q {", kind, name)
			if strings.Contains(body, declared) {
				continue
			}
			other := s.example(t, "resources", kind, "resource.tf")
			if !strings.Contains(other, declared) {
				t.Fatalf("no example declares %s", found)
			}
			body, again = body+"\n"+strings.ReplaceAll(other, "ephemeral = true", "default = \"x\""), true
			break
		}
	}
	return body
}

// The tests of every migration pass, with the provider as it is.
func TestMigrations(t *testing.T) {
	t.Parallel()
	modules, err := filepath.Glob(filepath.Join(project().root, "examples", "migrations", "*", "versions.tf"))
	if err != nil || len(modules) == 0 {
		t.Fatalf("no migration was found: %v", err)
	}
	dir := t.TempDir()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 10*time.Minute)
	t.Cleanup(cancel)
	build := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-o", filepath.Join(dir, "terraform-provider-mail"), ".")
	build.Dir = project().root
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the provider: %v\n%s", err, said)
	}
	config := filepath.Join(dir, "cli.tfrc")
	text := fmt.Sprintf("provider_installation {\n  dev_overrides { \"terraform-provider-mail/mail\" = %q }\n  direct {}\n}\n", dir)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, file := range modules {
		module := filepath.Dir(file)
		t.Run(filepath.Base(module), func(t *testing.T) {
			t.Parallel()
			copied := filepath.Join(t.TempDir(), "module")
			if err := os.CopyFS(copied, os.DirFS(module)); err != nil {
				t.Fatal(err)
			}
			for _, args := range [][]string{{"validate", "-no-color"}, {"test", "-no-color"}} {
				call := exec.CommandContext(ctx, cli(), args...)
				call.Dir = copied
				call.Env = append(os.Environ(), "TF_CLI_CONFIG_FILE="+config)
				said, err := call.CombinedOutput()
				if err != nil || args[0] == "test" && !strings.Contains(string(said), " passed, 0 failed") {
					t.Errorf("%s: %v\n%s", args[0], err, said)
				}
			}
		})
	}
}

// cli is the Terraform or OpenTofu that the tests run with.
func cli() string {
	if path := os.Getenv("TF_ACC_TERRAFORM_PATH"); path != "" {
		return path
	}
	return "terraform"
}
