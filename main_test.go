package main

import (
	"bytes"
	"strings"
	"testing"
)

// Whatever is asked for, the exit code says how it went, and who asks for the wrong thing is told what there is.
func TestCommands(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args []string
		code int
		want string
	}{
		"nothing":      {nil, 0, "A provider for Terraform and OpenTofu"},
		"version":      {[]string{"version"}, 0, "terraform-provider-mail dev"},
		"no command":   {[]string{"give-up"}, 2, `no command "give-up"`},
		"compile":      {[]string{"compile"}, 2, "usage: terraform-provider-mail compile"},
		"product file": {[]string{"compile", "-product-file", "/dev/null/none.mail.hcl", "-"}, 2, "compile: "},
		"watch":        {[]string{"watch", "a", "b"}, 2, "usage: terraform-provider-mail watch"},
		"report":       {[]string{"report"}, 2, "usage: terraform-provider-mail report"},
		"rescue":       {[]string{"rescue"}, 2, "usage: terraform-provider-mail rescue"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			if code := run(test.args, "", &out, &out); code != test.code || !strings.Contains(out.String(), test.want) {
				t.Errorf("exit code %d\n%s", code, out.String())
			}
		})
	}
	for _, command := range []string{"compile PLAN.json", "watch [DIR]", "report STATE.json", "rescue status"} {
		if !strings.Contains(about, "terraform-provider-mail "+command) {
			t.Errorf("the overview has no %s", command)
		}
	}
}

func TestDataDir(t *testing.T) {
	for _, test := range [][3]string{{"", "work", "work/.terraform"}, {"/data", "work", "/data"}, {"data", "work", "work/data"}} {
		t.Setenv("TF_DATA_DIR", test[0])
		if got := dataDir(test[1]); got != test[2] {
			t.Errorf("TF_DATA_DIR=%s: %s, want %s", test[0], got, test[2])
		}
	}
}
