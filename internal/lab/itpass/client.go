package itpass

import (
	"context"
	"strings"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab"
)

// outsideMain makes the client the mail server of the world outside.
const outsideMain = `compatibility_level = 3.6
myhostname = client.` + OutsideDomain + `
mydestination = ` + OutsideDomain + `
mynetworks = 127.0.0.0/8
inet_interfaces = all
inet_protocols = ipv4
alias_maps =
alias_database =
home_mailbox = Mailbox
queue_run_delay = 2s
minimal_backoff_time = 2s
maximal_backoff_time = 4s
`

func prepareClient(ctx context.Context, tree *lab.Tree) error {
	for path, text := range map[string]string{"/etc/postfix/main.cf": outsideMain, "/usr/local/bin/backup": backupScript} {
		if err := tree.Write(path, []byte(text), 0o644); err != nil {
			return err
		}
	}
	_, err := tree.Chroot(ctx, strings.NewReader(`chmod 755 /usr/local/bin/backup
useradd --create-home friend
useradd --create-home --shell /bin/sh itpass
postconf -F '*/*/chroot=n'
systemctl -q enable postfix`), "sh", "-eu", "-s")
	return err
}

// setUpClient gives the group's user, who makes the backups, a key.
func setUpClient(keys chan<- authorized) func(context.Context, *lab.Host) error {
	return func(ctx context.Context, host *lab.Host) error {
		public, err := makeKey(ctx, host, "itpass")
		keys <- authorized{"itpass", public}
		return err
	}
}
