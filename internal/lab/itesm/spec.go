// Package itesm declares the lab of the ITESM procedure: a cluster of two configuration servers, of which mailconf2 is active, and three MTAs, with one
// root as over NFS, under a stand-in for CPMS on top of Postfix and Dovecot.
package itesm

import (
	"context"
	_ "embed" // what is put on the hosts
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab"
)

// The lab's names.
const (
	Domain    = "itesm.mx"
	Standby   = "mailconf1"
	Active    = "mailconf2"
	Root      = "/opt/criticalpath/nfs"
	OldVolume = "/srv/volumes/old"
	NewVolume = "/srv/volumes/new"
	Users     = 6
	Messages  = 3 // of each user
)

const patience = 2 * time.Minute

// ConfigServers are the configuration servers.
func ConfigServers() []string { return []string{Standby, Active} }

// MTAs are those that serve.
func MTAs() []string { return []string{"mailserver1", "mailserver2", "mailserver3"} }

// Hosts are all hosts.
func Hosts() []string { return append(ConfigServers(), MTAs()...) }

// Address is a host's address.
func Address(name string) string {
	for i, host := range Hosts() {
		if host == name {
			return fmt.Sprintf("10.99.0.%d", 31+i)
		}
	}
	return ""
}

// Quiesced are the services by which accounts are made, on the host that stands by.
func Quiesced() []string { return []string{"notes-accounts", "wssp-accounts"} }

//go:embed files/cpmsctl.py
var cpmsctl string

// Options vary the lab.
type Options struct {
	Name string // default "itesm"
	Log  io.Writer
}

// Spec declares the lab.
func Spec(o Options) lab.Spec {
	if o.Name == "" {
		o.Name = "itesm"
	}
	ready := make(chan struct{}) // closed when the configuration server answers
	spec := lab.Spec{
		Name: o.Name, Log: o.Log, Network: netip.MustParsePrefix("10.99.0.0/24"), Controller: netip.MustParseAddr("10.99.0.1"), Search: Domain,
		Volumes: []lab.Volume{{Name: "old", MiB: 32, Hosts: Hosts(), Path: OldVolume}, {Name: "new", MiB: 32, Hosts: Hosts(), Path: NewVolume}},
	}
	for _, name := range Hosts() {
		spec.Hosts = append(spec.Hosts, lab.HostSpec{
			Name: name, FQDN: name + "." + Domain, Layer: lab.Dovecot(), Addresses: []netip.Prefix{netip.MustParsePrefix(Address(name) + "/24")},
			Prepare: func(ctx context.Context, tree *lab.Tree) error { return prepare(ctx, tree, name) },
			Setup:   func(ctx context.Context, host *lab.Host) error { return setUp(ctx, host, ready) },
		})
	}
	return spec
}

func prepare(ctx context.Context, tree *lab.Tree, name string) error {
	var configs []string
	for _, host := range ConfigServers() {
		configs = append(configs, Address(host))
	}
	cluster, err := json.Marshal(map[string]any{"domain": Domain, "config": configs, "mta": MTAs()})
	if err != nil {
		return err
	}
	files := map[string]string{
		"/etc/nplex/cluster.json": string(cluster) + "\n", "/etc/nplex/host.conf": "host = " + name + "\n",
		"/etc/fstab": "# as the host was made\n" + OldVolume + " " + Root + " none bind 0 0\n",
		"/etc/systemd/system/cpms-config.service": "[Unit]\nDescription=CPMS configuration server (stand-in)\n[Service]\nExecStart=/usr/bin/cpmsctl serve\n",
		"/etc/postfix/main.cf":                    strings.ReplaceAll(mainCF, "HOST", name),
		"/etc/dovecot/dovecot.conf":               dovecotConf,
	}
	for _, service := range Quiesced() {
		files["/etc/systemd/system/"+service+".service"] = "[Service]\nExecStart=/usr/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n"
	}
	if name == Active {
		files["/etc/nplex/active"] = ""
	}
	for path, text := range files {
		if err := tree.Write(path, []byte(text), 0o644); err != nil {
			return err
		}
	}
	if err := tree.Write("/usr/bin/cpmsctl", []byte(cpmsctl), 0o755); err != nil {
		return err
	}
	script := prepareScript
	if name == Standby {
		script += "systemctl -q enable " + strings.Join(Quiesced(), " ") + "\n"
	}
	_, err = tree.Chroot(ctx, strings.NewReader(script), "sh", "-eu", "-s")
	return err
}

const prepareScript = `
groupadd -g 5000 vmail; useradd -u 5000 -g 5000 -M -d /nonexistent -s /usr/sbin/nologin vmail
mkdir -p /opt/criticalpath/nfs /var/cache/cpms
for v in 6.7 7.0 7.1; do
	mkdir -p /tmp/pkg/cpms; echo "$v" >/tmp/pkg/cpms/version; echo "CPMS $v, a stand-in" >/tmp/pkg/cpms/README
	tar -C /tmp/pkg -cf /var/cache/cpms/cpms-$v.tar cpms
done
rm -r /tmp/pkg
tar -C /usr/lib -xf /var/cache/cpms/cpms-6.7.tar
touch /etc/postfix/cpms-mailboxes; postmap /etc/postfix/cpms-mailboxes
touch /etc/dovecot/cpms-users
systemctl -q disable postfix dovecot
`

const mainCF = `compatibility_level = 3.6
myhostname = HOST.itesm.mx
mydestination = localhost
mynetworks = 127.0.0.0/8
inet_interfaces = all
inet_protocols = ipv4
alias_maps =
alias_database =
biff = no
virtual_mailbox_domains = itesm.mx
virtual_mailbox_maps = hash:/etc/postfix/cpms-mailboxes
virtual_mailbox_base = /opt/criticalpath/nfs/mail
virtual_uid_maps = static:5000
virtual_gid_maps = static:5000
virtual_transport = virtual
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
queue_run_delay = 2s
minimal_backoff_time = 2s
maximal_backoff_time = 4s
`

const dovecotConf = `protocols = imap
listen = *
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login
mail_location = maildir:/opt/criticalpath/nfs/mail/%n:INDEX=MEMORY
first_valid_uid = 5000
log_path = /dev/null
passdb {
  driver = passwd-file
  args = /etc/dovecot/cpms-users
}
userdb {
  driver = passwd-file
  args = /etc/dovecot/cpms-users
}
`

// fillScript makes the cluster's root as 6.7 keeps it.
const fillScript = `
cd /opt/criticalpath/nfs
mkdir -p data/text logs/2004 logs/2003 www/mail/templates www/mail/errors mail run
echo 6.7 >data/format
echo 'newest log' >logs/2004/december.log; echo 'old log' >logs/2003/all.log
echo '<html>welcome</html>' >www/mail/templates/welcome.html; echo '550 = usuario desconocido' >www/mail/errors/es.txt
for n in $(seq 1 USERS); do
	u=$(printf u%02d "$n")
	echo "$u|$((n * 10))"
	mkdir -p mail/$u/cur mail/$u/new mail/$u/tmp
	for m in $(seq 1 MESSAGES); do printf 'From: a@itesm.mx\nTo: %s@itesm.mx\nSubject: message %s\n\nbody %s of %s\n' "$u" "$m" "$m" "$u" >mail/$u/cur/110$m.$u.itesm:2,S; done
done >data/accounts.db
chown -R 5000:5000 mail
`

func setUp(ctx context.Context, host *lab.Host, ready chan struct{}) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := host.Await(ctx, "mountpoint", "-q", Root); err != nil {
		return err
	}
	switch name := host.Name(); name {
	case Standby:
		return nil
	case Active:
		script := strings.NewReplacer("USERS", fmt.Sprint(Users), "MESSAGES", fmt.Sprint(Messages)).Replace(fillScript)
		if _, err := host.Script(ctx, script+"cpmsctl start config\n"); err != nil {
			return err
		}
		close(ready)
	default:
		select {
		case <-ready:
		case <-ctx.Done():
			return fmt.Errorf("wait for the configuration server: %w", ctx.Err())
		}
		if _, err := host.Run(ctx, nil, "cpmsctl", "start", "mta"); err != nil {
			return err
		}
	}
	return host.Await(ctx, "cpmsctl", "check")
}
