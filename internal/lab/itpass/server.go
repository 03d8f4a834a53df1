package itpass

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab"
)

// How long a host's services may take to come up.
const patience = 2 * time.Minute

const namedb = "/usr/local/bind/etc/namedb/"

// server is one of the two that exchange roles.
type server struct {
	options             Options
	name, fqdn, address string
	keys                chan authorized
}

// authorized is a key that lets a user in on old.
type authorized struct{ user, key string }

// configuration is what is written before the first boot; each file has something that is the host's own.
func (s server) configuration() map[string]string {
	short, _, _ := strings.Cut(s.fqdn, ".")
	control := "localhost\n"
	if s.name == Old {
		for _, name := range []string{"old-itpass", "itpass", "epa", "aoe", "cps"} {
			control += name + "." + Domain + "\n"
		}
		control += s.fqdn + "\n"
	}
	resolv := ""
	for _, address := range Nameservers() {
		resolv += "nameserver " + address + "\n"
	}
	return map[string]string{
		"/etc/hosts":                                     "127.0.0.1 localhost\n" + s.address + " " + s.fqdn + " " + short + "\n",
		"/etc/mailname":                                  s.fqdn + "\n",
		"/etc/gate/gate.conf":                            "# the account tool\nhost = " + s.fqdn + "\n",
		"/etc/exim4/update-exim4.conf.conf":              "dc_eximconfig_configtype='internet'\ndc_other_hostnames='" + s.fqdn + "'\n",
		"/etc/resolv.conf":                               resolv + "search " + Domain + "\n",
		"/etc/network/interfaces":                        "auto lo\niface lo inet loopback\n\nauto eth0\niface eth0 inet static\n    address " + s.address + "/16\n",
		"/etc/postfix/main.cf":                           mainCF,
		"/etc/dovecot/dovecot.conf":                      dovecotConf,
		"/etc/apache2/sites-available/itpass.conf":       siteConf,
		"/etc/systemd/system/dovecot.service.d/lab.conf": "# It is but the popper's other half.\n[Unit]\nPartOf=inetd.service\n",
		"/etc/systemd/system/inetd.service.d/lab.conf":   "[Unit]\nWants=dovecot.service\nAfter=dovecot.service\n[Service]\nKillMode=control-group\n",
		"/var/qmail/control/locals":                      control,
		"/var/qmail/control/rcpthosts":                   control,
		"/usr/local/bind/etc/named.conf":                 namedConf,
		namedb + "localhost.zone":                        s.localZone("localhost", "@ IN A 127.0.0.1"),
		namedb + "localhost.rev":                         s.localZone("0.0.127.in-addr.arpa", "1 IN PTR localhost."),
	}
}

// localZone is a zone that names the host that serves it.
func (s server) localZone(zone, record string) string {
	return fmt.Sprintf("; %s\n$TTL 3600\n@ IN SOA %s. root.%s. (\n\t2009102301 ; serial\n\t3600 900 604800 3600 )\n@ IN NS %s.\n%s\n", zone, s.fqdn, s.fqdn, s.fqdn, record)
}

const namedConf = `options { directory "` + namedb + `"; recursion no; dnssec-validation no; listen-on-v6 { none; }; };
zone "localhost" { type primary; file "localhost.zone"; };
zone "0.0.127.in-addr.arpa" { type primary; file "localhost.rev"; };
zone "` + Domain + `" { type secondary; file "` + Domain + `"; masterfile-format text; primaries { ` + NSAddress + `; }; };
`

func programs() map[string]string {
	return map[string]string{
		"/etc/init.d/qmail":                 qmailInit,
		"/etc/init.d/tcpserver":             tcpserverInit,
		"/etc/init.d/bind":                  bindInit,
		"/usr/local/bin/tcpserver":          tcpserverScript,
		"/usr/local/qpopper/popper":         popperScript,
		"/usr/local/lib/itpass/wiki":        wikiScript,
		"/usr/local/lib/itpass/gate":        gateScript,
		"/usr/local/lib/itpass-list":        listScript,
		"/usr/local/bin/ezmlm/ezmlm-send":   ezmlmScript,
		"/usr/local/bin/ezmlm/ezmlm-weed":   ezmlmScript,
		"/usr/local/bin/ezmlm/ezmlm-return": ezmlmScript,
		"/var/qmail/bin/qmail-local":        qmailLocal,
		"/var/qmail/bin/qmail-inject":       qmailInject,
		"/var/qmail/bin/qmail-showctl":      qmailShowctl,
	}
}

func (s server) prepare(ctx context.Context, tree *lab.Tree) error {
	for path, text := range s.configuration() {
		if err := tree.Write(path, []byte(text), 0o644); err != nil {
			return err
		}
	}
	for path, text := range programs() {
		if err := tree.Write(path, []byte(text), 0o755); err != nil {
			return err
		}
	}
	_, err := tree.Chroot(ctx, strings.NewReader(prepareScript), "sh", "-s", "--", s.name, strconv.Itoa(s.options.Users))
	return err
}

func (s server) setUp(ctx context.Context, host *lab.Host) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if s.name == New {
		public, err := makeKey(ctx, host, "root")
		s.keys <- authorized{"root", public}
		if err != nil {
			return err
		}
		// Its qmail has run before, if not for long: there is a queue.
		if _, err := host.Script(ctx, "service qmail start && service qmail stop"); err != nil {
			return err
		}
		return host.Await(ctx, "sh", "-c", "dig +short +tries=1 +time=1 @127.0.0.1 localhost | grep -qx 127.0.0.1")
	}
	for range cap(s.keys) {
		select {
		case a := <-s.keys:
			if err := a.on(ctx, host); err != nil {
				return err
			}
		case <-ctx.Done():
			return fmt.Errorf("wait for the others' keys: %w", ctx.Err())
		}
	}
	return host.Await(ctx, "sh", "-c", "for port in 25 80 110 443; do ss -Htln \"sport = :$port\" | grep -q . || exit 1; done; printf 'QUIT\\r\\n' | timeout 5 /usr/local/qpopper/popper | grep -q '^+OK .*<.*>'")
}

// makeKey makes a user's key pair on a host and returns the public half.
func makeKey(ctx context.Context, host *lab.Host, user string) (string, error) {
	return host.Script(ctx, "runuser -u "+user+` -- sh -euc 'mkdir -pm 700 ~/.ssh && ssh-keygen -q -t ed25519 -N "" -f ~/.ssh/id_ed25519 && cat ~/.ssh/id_ed25519.pub'`)
}

// on lets the key, and no other, in as the user.
func (a authorized) on(ctx context.Context, host *lab.Host) error {
	_, err := host.Run(ctx, strings.NewReader(a.key), "runuser", "-u", a.user, "--", "sh", "-euc", "umask 077; mkdir -p ~/.ssh; cat >~/.ssh/authorized_keys")
	return err
}
