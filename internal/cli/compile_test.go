package cli_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/cli"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/plan"
)

// compiler knows nothing to do.
type compiler struct{}

func (compiler) Compile(context.Context, plan.Change) (plan.Procedure, error) {
	return plan.Procedure{Known: true, Note: "nothing is done on hosts"}, nil
}

const smallPlan = `{"format_version":"1.2","terraform_version":"1.11.4","resource_changes":[{"address":"mail_sync.a","type":"mail_sync","provider_name":"registry.terraform.io/terraform-provider-mail/mail",
 "change":{"actions":["create"],"before":null,"after":{}}}],"configuration":{"provider_config":{"mail":{"name":"mail","full_name":"registry.terraform.io/terraform-provider-mail/mail",
 "expressions":{"product_files":{"constant_value":["a.mail.hcl"]}}}},"root_module":{}}}`

func TestCompile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "plan.json")
	if err := os.WriteFile(file, []byte(smallPlan), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		args []string
		in   string
		code int
		want string
	}{
		"a file":               {[]string{file}, "", 0, "mail_sync.a: create"},
		"standard input":       {[]string{"-format", "json", "-"}, smallPlan, 0, `"address": "mail_sync.a"`},
		"Markdown":             {[]string{"-format=markdown", "-begin", "09:00", file}, "", 0, "### mail_sync.a: create"},
		"HTML":                 {[]string{"-format", "html", file}, "", 0, "<!DOCTYPE html>"},
		"no plan":              {nil, "", 2, "usage: "},
		"two plans":            {[]string{file, file}, "", 2, "usage: "},
		"help":                 {[]string{"-h"}, "", 2, "usage: "},
		"no such flag":         {[]string{"-nope", file}, "", 2, "usage: "},
		"no such format":       {[]string{"-format", "pdf", file}, "", 2, "pdf is not known"},
		"no such time":         {[]string{"-begin", "25:00", file}, "", 2, "HH:MM"},
		"no such file":         {[]string{file + ".no"}, "", 2, "no such file"},
		"nothing":              {[]string{"-"}, "", 2, "standard input: this is no plan that can be compiled: it is empty"},
		"no JSON":              {[]string{"-"}, "Plan: 1 to add", 2, "it is not JSON"},
		"a state":              {[]string{"-"}, `{"format_version":"1.0","values":{}}`, 2, "it is a state"},
		"a faulty product":     {[]string{"-product-file", "faulty", file}, "", 2, "product files cannot be used"},
		"a plan of the future": {[]string{"-"}, `{"format_version":"9.0","resource_changes":[]}`, 2, "unsupported plan format version"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out, errOut bytes.Buffer
			code := cli.Compile(t.Context(), test.args, func(_ context.Context, files []string) (plan.Compiler, error) {
				if files[0] != "a.mail.hcl" && test.code == 0 {
					t.Errorf("product files: %q", files)
				}
				if len(files) > 1 && files[1] == "faulty" {
					return nil, errors.New("it is faulty")
				}
				return compiler{}, nil
			}, strings.NewReader(test.in), &out, &errOut)
			text := out.String()
			if test.code != 0 {
				text = errOut.String()
			}
			if code != test.code || !strings.Contains(text, test.want) {
				t.Errorf("exit code %d\n%s%s", code, out.String(), errOut.String())
			}
			if test.code != 0 && out.Len() > 0 {
				t.Errorf("something was written: %s", out.String())
			}
		})
	}
}

// A full disk is no fault of the plan.
func TestCompileCannotWrite(t *testing.T) {
	t.Parallel()
	var errOut bytes.Buffer
	code := cli.Compile(t.Context(), []string{"-"}, func(context.Context, []string) (plan.Compiler, error) { return compiler{}, nil }, strings.NewReader(smallPlan), full{}, &errOut)
	if code != 1 || !strings.Contains(errOut.String(), "no space") {
		t.Errorf("%d %s", code, errOut.String())
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }
