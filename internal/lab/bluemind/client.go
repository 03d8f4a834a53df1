package bluemind

import (
	"context"
	"strings"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/client"
)

// Target is the mail service at an address, as its users reach it from the
// lab's client; users 0 means the default number.
func Target(l *lab.Lab, address string, users int) (client.Target, error) {
	dialer, err := l.Dialer(Client)
	if err != nil {
		return client.Target{}, err
	}
	if users == 0 {
		users = Options{}.withDefaults().Users
	}
	return client.Target{Address: address, Users: Users(users), Password: Password, Dialer: dialer}, nil
}

// SQL runs statements on a host as the database's own administrator.
func SQL(host *lab.Host) client.SQL {
	return func(ctx context.Context, database, statements string) (string, error) {
		return host.Run(ctx, strings.NewReader(statements),
			"runuser", "-u", "postgres", "--", "psql", "-qAtX", "-v", "ON_ERROR_STOP=1", "-d", database)
	}
}

// scripts gives some of the source's users a Sieve script.
func (m mailHost) scripts(ctx context.Context, host *lab.Host) error {
	if m.name != Old {
		return nil
	}
	dialer, err := host.Lab().Dialer(host.Name())
	if err != nil {
		return err
	}
	target := client.Target{Address: m.address, Password: Password, Dialer: dialer}
	for _, user := range Users(min(5, m.options.Users)) {
		script := "# " + user + "\r\nrequire [\"fileinto\"];\r\n" +
			"if header :contains \"Subject\" \"to the archive\" { fileinto \"Archive\"; }\r\n"
		if err := target.PutScript(ctx, user, "main", script); err != nil {
			return err
		}
	}
	return nil
}
