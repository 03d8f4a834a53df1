package provider_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/provider"
)

// Keys made for these tests; nobody has their private parts.
const (
	keyOld = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBM1Ib+O0YlBN+3IwlRRKaEefDCsUs/0j7lnDiXD14B5"
	idOld  = "SHA256:i2q/9rRVIWNPOYwFNe1Dm2OgFiRM7FcfocVQw6ZzrFg"
	keyNew = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPh32CBaG/ATxliM0YiYQpJ6bw1z9Fxnfs+NOmWj/xoO"
	idNew  = "SHA256:TCEu8OLb+xjCyzRmh4OgG0/MtiEG/D+bDX8B1CReA0U"
)

const hosts = `
provider "mail" {
  known_hosts_files = ["/dev/null"]
}
resource "mail_host" "old" {
  addresses = ["192.0.2.21"]
  host_key  = "` + keyOld + `"
}
resource "mail_host" "new" {
  addresses = ["192.0.2.22"]
  host_key  = "` + keyNew + `"
}
`

// TestMain moves to a folder of its own: the provider keeps its cache of hosts in the working directory.
func TestMain(m *testing.M) {
	os.Exit(elsewhere(m))
}

func elsewhere(m *testing.M) int {
	dir, err := os.MkdirTemp("", "mail-provider-*")
	if err == nil {
		err = os.Chdir(dir)
	}
	for name, value := range map[string]string{"CHECKPOINT_DISABLE": "1", "TF_CLI_CONFIG_FILE": "/dev/null"} {
		err = errors.Join(err, os.Setenv(name, value))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "set up the tests:", err)
		return 1
	}
	code := m.Run()
	if err := os.RemoveAll(dir); err != nil {
		fmt.Fprintln(os.Stderr, "clean up after the tests:", err)
		return 1
	}
	return code
}

// unit runs a test case against the double with the real CLI and the real protocol.
func unit(t *testing.T, e *engine, steps ...resource.TestStep) {
	t.Helper()
	server := providerserver.NewProtocol6WithError(provider.New("test", e.maker())())
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: map[string]func() (tfprotov6.ProviderServer, error){"mail": server},
		Steps:                    steps,
	})
}

// with adds a block to the two hosts.
func with(blocks ...string) string { return hosts + strings.Join(blocks, "\n") }

// project finds the project's sources, by where this file is.
func project() sources {
	_, file, _, _ := runtime.Caller(0) // known, since this is compiled from a file
	return sources{filepath.Join(filepath.Dir(file), "..", "..")}
}

// errorAt matches an error that shows the configuration's line of an attribute and says what it should.
func errorAt(attribute, want string) *regexp.Regexp {
	line := `\d+:\s+` + regexp.QuoteMeta(attribute) + `\W`
	return regexp.MustCompile(`(?s)` + line + `.*` + want + `|` + want + `.*` + line)
}

// replaceIn is a resource's text with a part of it replaced, which must be there, and its gaps filled in.
func replaceIn(t *testing.T, body, from, to string, gaps ...any) string {
	t.Helper()
	if !strings.Contains(body, from) {
		t.Fatalf("%q is not in %s", from, body)
	}
	return fmt.Sprintf(strings.Replace(body, from, to, 1), gaps...)
}
