package bluemind

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab"
)

// How long a host's services may take to come up.
const patience = 3 * time.Minute

type mailHost struct {
	options       Options
	name, address string
	ready         chan struct{} // closed when the source's mailboxes are there
}

// The stand-in's own way to stop Cyrus: cyrus-stop.sh says why.
const cyrusUnit = `[Unit]
After=network-online.target

[Service]
ExecStop=/bin/sh /usr/lib/bm/cyrus-stop $MAINPID
TimeoutStopSec=15s
SuccessExitStatus=SIGKILL
`

// configuration is what the first set-up writes. Each file has something that is the host's own.
func (m mailHost) configuration() map[string]string {
	o := m.options
	ini := fmt.Sprintf("[global]\nexternal-url=%s\nhost=%s\nnode=%s\ndb.host=127.0.0.1\ndb.user=bj\n",
		either(o.ExternalURL, m.name, "https://"+ServiceName), m.address, m.name)
	text := map[string]string{
		"/etc/bm/version":                  either(o.Version, m.name, "4.0.5") + "\n",
		"/etc/bm/bm.ini":                   ini,
		"/etc/bm/mcast.id":                 "00000000-0000-4000-8000-" + fmt.Sprintf("%012x", len(m.name)*7919) + "\n",
		"/etc/bm/local/notes of " + m.name: "set up as " + m.name + "\n",
		"/etc/bm/local/mail.json":          `{"host": "` + m.name + `", "ports": [25, 143]}` + "\n",
		"/etc/bm-hps/hps.conf":             "upstream = " + m.address + ":8080\n",
		"/etc/bm-hps/sites/default.conf":   "site = " + m.name + "\n",
		"/etc/bm-webmail/bm-webmail.conf":  "server = " + m.address + "\n",
		"/etc/bm-webmail/php.ini":          "memory_limit = 256M ; " + m.name + "\n",
		// Below a folder: bm-webmail is not copied recursively.
		"/etc/bm-webmail/local/own.conf":                       "own = " + m.name + "\n",
		"/usr/share/bm-elasticsearch/config/elasticsearch.yml": "node.name: " + m.name + "\nnetwork.host: " + m.address + "\n",
		"/usr/share/bm-elasticsearch/config/jvm.options":       "-Xmx512m\n",
		"/var/lib/bm-ca/serial":                                "01\n",
		"/var/lib/bm-ca/issued/1.txt":                          m.name + "\n",
		"/var/lib/bm/set-up-done":                              "",
		"/var/lib/bm/subscription":                             "valid for debian 12\n",
		"/etc/imapd-annotations.conf":                          "# " + m.name + "\n",
		"/etc/systemd/system/cyrus-imapd.service.d/lab.conf":   cyrusUnit,
		"/etc/postgresql/15/main/conf.d/lab.conf":              "wal_level = logical\nshared_buffers = 32MB\nmax_wal_size = 256MB\n",
	}
	text["/etc/imapd.conf"] = strings.ReplaceAll(imapdConf, "HOST", m.name)
	text["/etc/cyrus.conf"] = "# " + m.name + "\n" + cyrusConf
	text["/etc/postfix/main.cf"] = strings.ReplaceAll(mainCF, "ADDRESS", m.address)
	text["/usr/lib/bm/bm-core.py"] = bmCore
	text["/usr/lib/bm/cyrus-stop"] = cyrusStop
	text["/etc/systemd/system/bm-core.service"] = bmCoreUnit
	return text
}

func (m mailHost) prepare(ctx context.Context, tree *lab.Tree) error {
	for path, text := range m.configuration() {
		if err := tree.Write(path, []byte(text), 0o644); err != nil {
			return err
		}
	}
	if err := tree.Write("/usr/bin/bmctl", []byte(bmctlScript), 0o755); err != nil {
		return err
	}
	_, err := tree.Chroot(ctx, strings.NewReader(prepareScript), "sh", "-s", "--",
		m.name, strconv.Itoa(m.options.Users), m.password())
	return err
}

func (m mailHost) password() string { return either(m.options.DBPassword, m.name, "bj-secret") }

func (m mailHost) setUp(ctx context.Context, host *lab.Host) error {
	ctx, cancel := context.WithTimeout(ctx, patience+time.Duration(m.options.Messages*m.options.Users)*50*time.Millisecond)
	defer cancel()
	if m.name == Old {
		defer close(m.ready)
	}
	for _, step := range []struct {
		what string
		do   func(context.Context, *lab.Host) error
	}{
		{"make the databases", m.databases},
		{"fill the trees", m.trees},
		{"make the mailboxes", m.mailboxes},
		{"store the scripts", m.scripts},
		{"make the routing maps", m.maps},
	} {
		if err := step.do(ctx, host); err != nil {
			return fmt.Errorf("%s: %w", step.what, err)
		}
	}
	return nil
}

// databases makes role and databases; on the source also the rows of years.
func (m mailHost) databases(ctx context.Context, host *lab.Host) error {
	if err := host.Await(ctx, "runuser", "-u", "postgres", "--", "psql", "-qc", "SELECT 1"); err != nil {
		return err
	}
	sql := schemaSQL
	if m.name == Old {
		sql += rowsSQL
	}
	_, err := host.Run(ctx, strings.NewReader(sql), "runuser", "-u", "postgres", "--", "psql", "-qX", "-v", "ON_ERROR_STOP=1",
		"-v", "password="+m.password(), "-v", "users="+strconv.Itoa(m.options.Users),
		"-v", "rows="+strconv.Itoa(m.options.Rows), "-v", "network="+m.address+"/32")
	return err
}

func (m mailHost) trees(ctx context.Context, host *lab.Host) error {
	if m.name != Old {
		return nil
	}
	return m.python(ctx, host, treesScript, strconv.Itoa(m.options.Files))
}

func (m mailHost) mailboxes(ctx context.Context, host *lab.Host) error {
	messages := m.options.Messages
	if m.name == New {
		messages = 0
		select {
		case <-m.ready:
		case <-ctx.Done():
			return fmt.Errorf("wait for the source's mailboxes: %w", ctx.Err())
		}
	}
	if err := host.Await(ctx, "python3", "-c", "import imaplib; imaplib.IMAP4('127.0.0.1').logout()"); err != nil {
		return err
	}
	return m.python(ctx, host, mailboxesScript, strconv.Itoa(m.options.Users), strconv.Itoa(messages))
}

func (m mailHost) python(ctx context.Context, host *lab.Host, script string, args ...string) error {
	_, err := host.Run(ctx, strings.NewReader(script), append([]string{"python3", "-"}, args...)...)
	return err
}

func (m mailHost) maps(ctx context.Context, host *lab.Host) error {
	if _, err := host.Run(ctx, nil, "bmctl", "mail-maintenance"); err != nil {
		return err
	}
	if _, err := host.Run(ctx, nil, "bmctl", "firewall-save"); err != nil {
		return err
	}
	if err := host.Await(ctx, "bmctl", "status"); err != nil {
		return err
	}
	return host.Await(ctx, "systemctl", "is-active", "postfix")
}
