//go:build lab

package acceptance_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/itpass"
)

// roles is a workspace with the ITPASS module, as a user would call it.
type roles struct {
	*workspace
	old, new, client, ns machine
	set                  map[string]string // arguments of the module in HCL, by name
}

// freshITPASS makes the procedure's hosts anew.
func freshITPASS(t *testing.T) *lab.Lab {
	t.Helper()
	if err := removeLab(t.Context()); err != nil {
		t.Fatalf("remove the lab: %v", err)
	}
	var log bytes.Buffer
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	l, err := lab.Up(ctx, itpass.Spec(itpass.Options{Name: labName(), Log: &log}))
	if err != nil {
		t.Fatalf("make the hosts: %v\n%s", err, log.String())
	}
	shared.lab = l
	return l
}

func newRoles(t *testing.T, l *lab.Lab) *roles {
	t.Helper()
	r := &roles{
		workspace: newWorkspace(t, l),
		old:       on(t, l, itpass.Old), new: on(t, l, itpass.New), client: on(t, l, itpass.Client), ns: on(t, l, itpass.NS),
	}
	r.must(os.CopyFS(filepath.Join(r.dir, "itpass"), os.DirFS(filepath.Join("..", "..", "examples", "migrations", "itpass"))))
	r.standIn()
	nsKey, err := l.HostKey(itpass.NS)
	r.must(err)
	server := func(key string) string {
		return fmt.Sprintf("{ host_key = %q, user = %q, become = \"sudo\" }", key, itpass.Mover)
	}
	r.set = map[string]string{
		"old":          server(r.keys[itpass.Old]),
		"new":          server(r.keys[itpass.New]),
		"addresses":    fmt.Sprintf("{ old = %q, new = %q }", itpass.ServiceAddress+"/16", itpass.OtherAddress+"/16"),
		"hostnames":    fmt.Sprintf("{ old = %q, new = %q }", itpass.Ika, itpass.Tako),
		"domains":      fmt.Sprintf("[for name in [\"ika-itpass\", \"itpass\", \"epa\", \"aoe\", \"cps\"] : \"${name}.%s\"]", itpass.Domain),
		"resolver":     fmt.Sprintf("{ nameservers = [\"%s\"], search = %q }", strings.Join(itpass.Nameservers(), `", "`), itpass.Domain),
		"probe":        fmt.Sprintf("{ address = %q, user = %q }", itpass.Users(1)[0], itpass.UserName(1)),
		"passwords_wo": fmt.Sprintf("{ %s = %q }", itpass.UserName(1), itpass.Password(itpass.UserName(1))), "passwords_wo_version": "1",
		"web":      fmt.Sprintf("[\"http://%s/wiki/FrontPage\", \"https://%s/\"]", itpass.ServiceAddress, itpass.ServiceAddress),
		"pull_key": fmt.Sprintf("%q", strings.TrimSpace(r.new.sh("cat /root/.ssh/id_ed25519.pub"))),
		"list": fmt.Sprintf("{ folder = \"/home/itpass/ml/ml-ctrl\", bouncer = [\"&itpadmin@%s\", \"|/usr/local/bin/ezmlm/ezmlm-weed\", \"|/usr/local/bin/ezmlm/ezmlm-return -D '/home/itpass/ml/ml-ctrl'\"] }",
			itpass.MailDomain),
		"aliases": fmt.Sprintf("{ zone = %q, old = \"old-itpass\", new = \"new-itpass\", server = { addresses = [%q], host_key = %q } }",
			itpass.Domain, itpass.NSAddress, nsKey),
		"backup": fmt.Sprintf("{ host = { addresses = [%q], host_key = %q }, commands = { for host in [\"ika\", \"tako\"] : host => [\"runuser\", \"-u\", \"itpass\", \"--\", \"backup\", host, \"-n\"] } }",
			itpass.ClientAddress, r.keys[itpass.Client]),
		"active": `"source"`,
		"window": `{ confirm_within = "10m", outage_budget = "8m" }`,
	}
	r.write()
	r.get()
	return r
}

// standIn declares the product as the catalogue does, with the queue that qmail's stand-in has: Postfix's.
func (r *roles) standIn() {
	r.t.Helper()
	entry, err := os.ReadFile(filepath.Join("..", "product", "catalogue", "qmail.mail.hcl"))
	r.must(err)
	const queue = `  queue {
    kind      = "postfix"
    directory = "/var/spool/postfix"
    parts     = ["maildrop", "incoming", "active", "deferred", "hold"]
  }
`
	text, format := string(entry), "  format "
	at := strings.LastIndex(text, format)
	r.file("qmail.mail.hcl", text[:at]+queue+text[at:])
}

// in gives the same to a sub-test.
func (r *roles) in(t *testing.T) *roles {
	t.Helper()
	copied := *r
	copied.workspace = r.workspace.in(t)
	copied.old.t, copied.new.t, copied.client.t, copied.ns.t = t, t, t, t
	return &copied
}

// declare sets arguments of the module, in pairs of name and HCL.
func (r *roles) declare(pairs ...string) {
	r.t.Helper()
	for i := 0; i+1 < len(pairs); i += 2 {
		r.set[pairs[i]] = pairs[i+1]
	}
	r.write()
}

func (r *roles) write() {
	r.t.Helper()
	text := r.provider(`product_files = ["${path.root}/qmail.mail.hcl"]`) + "module \"itpass\" {\n  source = \"./itpass\"\n"
	for _, name := range sortedNames(r.set) {
		text += fmt.Sprintf("  %s = %s\n", name, r.set[name])
	}
	r.file("main.tf", text+"}\noutput \"itpass\" {\n  value = module.itpass\n}\n")
}

// cutover asserts the cutover's status and active side.
func (r *roles) cutover(active, status string) cutover {
	r.t.Helper()
	var c cutover
	if !r.read("module.itpass.mail_cutover.itpass", &c) {
		r.t.Fatal("the cutover is not in the state")
	}
	if c.Active != active || c.Status != status {
		r.t.Errorf("the cutover is %s with active %q, want %s with %q; drift %q", c.Status, c.Active, status, active, c.Drift)
	}
	return c
}
