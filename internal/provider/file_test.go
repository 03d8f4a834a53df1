package provider_test

import (
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
)

const services = `
resource "mail_file" "services" {
  host   = mail_host.new.id
  path   = "/etc/services"
  lines  = ["imap 143/tcp", "adrshd 20141/tcp"]
  owner  = "root:root"
  mode   = "0644"
  reload = "ssh"
}`

const aFile = `
resource "mail_file" "x" {
  host = mail_host.new.id
  path = %s
  %s
}`

func TestInvalidFile(t *testing.T) {
	t.Parallel()
	body := func(path, rest string) string { return fmt.Sprintf(aFile, path, rest) }
	for name, test := range map[string]struct{ body, at, want string }{
		"nothing":         {body(`"/etc/x"`, ``), `resource "mail_file" "x"`, `Exactly\s+one\s+of`},
		"two":             {body(`"/etc/x"`, "content = \"a\"\n lines = [\"a\"]"), `content`, `Exactly\s+one\s+of`},
		"relative":        {body(`"etc/x"`, `content = "a"`), `path`, `does\s+not\s+begin\s+with\s+a\s+slash`},
		"a folder":        {body(`"/etc/"`, `content = "a"`), `path`, `ends\s+in\s+a\s+slash`},
		"an empty line":   {body(`"/etc/x"`, `lines = ["a", " "]`), `lines`, `is\s+empty`},
		"lines in one":    {body(`"/etc/x"`, `lines = ["a\nb"]`), `lines`, `holds\s+a\s+line\s+break`},
		"no lines":        {body(`"/etc/x"`, `lines = []`), `lines`, `at\s+least\s+1`},
		"a line twice":    {body(`"/etc/x"`, `lines = ["a", "a"]`), `lines`, `duplicate`},
		"nothing to find": {body(`"/etc/x"`, `replace = [{ from = "", to = "a" }]`), `resource "mail_file" "x"`, `at\s+least\s+1`},
		"an odd mode":     {body(`"/etc/x"`, "content = \"a\"\n mode = \"rw\""), `mode`, `in\s+octal`},
		"an odd owner":    {body(`"/etc/x"`, "content = \"a\"\n owner = \"root:\""), `owner`, `user\s+or\s+user:group`},
		"an odd service":  {body(`"/etc/x"`, "content = \"a\"\n reload = \"-x\""), `reload`, `beginning\s+with\s+a\s+letter`},
		"a zero byte":     {body(`"/etc/x"`, `content = "a\u0001"`), `content`, `bytes\s+that\s+no\s+text\s+has`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			unit(t, newEngine(), resource.TestStep{Config: with(test.body), ExpectError: errorAt(test.at, test.want)})
		})
	}
}

// Each way of saying what a file holds, and from one to another.
func TestFileChanges(t *testing.T) {
	t.Parallel()
	e := newEngine()
	say := func(rest string) resource.TestStep {
		return resource.TestStep{
			Config: with(fmt.Sprintf(aFile, `"/etc/x"`, rest)), ConfigStateChecks: []statecheck.StateCheck{status("mail_file.x", "settled")},
			ConfigPlanChecks: planned(plancheck.ExpectUnknownValue("mail_file.x", at("status"))),
		}
	}
	keeps := say("replace = [{ from = \"a\", to = \"\" }]\n on_destroy = \"keep\"")
	keeps.ConfigPlanChecks = planned(plancheck.ExpectKnownValue("mail_file.x", at("status"), exact("settled")))
	unit(t, e, say(`content = ""`), say(`content = "a"`), say(`lines = ["a"]`), say(`replace = [{ from = "a", to = "" }]`), keeps)
	if len(e.ran) != 4 || len(e.undone) != 0 {
		t.Errorf("ran %q, undid %q", e.ran, e.undone)
	}
}
