package compile_test

import (
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
)

const (
	oldHost   = "SHA256:oldoldoldoldoldoldoldoldoldoldoldoldoldoldo"
	newHost   = "SHA256:newnewnewnewnewnewnewnewnewnewnewnewnewnewn"
	otherHost = "SHA256:otherotherotherotherotherotherotherotherot0"
)

func sampleSync() declare.Sync {
	return declare.Sync{
		Name: "store", Source: oldHost, Target: newHost,
		Paths:  map[string]string{"/var/spool/cyrus/": "/var/spool/cyrus/", "/var/lib/cyrus/": "/var/lib/cyrus/"},
		Delete: true, DeleteLimitPercent: 10, HardLinks: true, ACLs: true, Xattrs: true, Exclude: []string{"/tmp/"},
		Usermap: map[string]string{"cyrus": "cyrus", "mail": "vmail"}, BandwidthLimit: "50M",
		Volatile: []string{"/var/lib/cyrus/**", "/var/spool/cyrus/**/cyrus.{index,cache}"},
	}
}

func sampleDump() declare.Dump {
	return declare.Dump{Name: "bj", Source: oldHost, Target: newHost, Engine: "postgresql", Databases: []string{"bj", "bj-data"}, User: "bj", Password: true, Jobs: 2}
}

func sampleFiles() declare.FileSet {
	return declare.FileSet{
		Name: "config", Source: oldHost, Target: newHost, Paths: []string{"/etc/bm/**", "/etc/imapd*", "/etc/postfix/main.cf"},
		Rewrite: []declare.Rewrite{{In: "/etc/postfix/main.cf", From: "192.0.2.21", To: "192.0.2.22"}},
		Keep:    []declare.Keep{{In: "/etc/bm/bm.ini", Keys: []string{"db.password", "db.host"}}},
	}
}

// sampleCutover is BLUEMIND's move, as the provider declares it.
func sampleCutover() declare.Cutover {
	return declare.Cutover{
		Name: "bluemind-2026", Source: oldHost, Target: newHost, Active: declare.Target, Product: "bluemind",
		Syncs: []declare.Sync{sampleSync()}, Dumps: []declare.Dump{sampleDump()}, Files: []declare.FileSet{sampleFiles()},
		Accounts: []declare.Accounts{sampleAccounts("")},
		Services: map[string]declare.Service{
			"bm": {
				Name: "bm", Start: []string{"bmctl", "start"}, Stop: []string{"bmctl", "stop"}, Status: []string{"bmctl", "status"},
				Units: []string{"bm-core", "cyrus-imapd"}, StopEstimate: time.Second, StartEstimate: 2 * time.Second,
			},
			"postfix": {Name: "postfix", StopEstimate: time.Second, StartEstimate: time.Second},
		},
		StopOrder:  [][]declare.Placed{{{Host: oldHost, Service: "postfix"}}, {{Host: oldHost, Service: "bm"}}},
		StartOrder: [][]declare.Placed{{{Host: newHost, Service: "bm"}}, {{Host: newHost, Service: "postfix"}}},
		Quiesce:    []declare.Placed{{Host: otherHost, Service: "account-portal"}},
		Ports:      []int{25, 143, 443, 587, 993}, SMTPPorts: []int{25, 587},
		Queue: &declare.Queue{Kind: "postfix", Directory: "/var/spool/postfix", Service: "postfix"},
		Store: &declare.Store{
			Kind: "cyrus", User: "cyrus", Messages: []declare.Pattern{{Root: "/var/spool/cyrus", ERE: `/(.*/)?[1-9][^/]*\.`}},
			Session: []string{"imapd", "-X", "-N"}, Locate: []string{"mbpath", "-p", "-j"}, Renew: []string{"reconstruct"},
		},
		Passing:  []declare.Pattern{{Root: "/var/lib/cyrus", ERE: "/.+"}},
		Identity: declare.Identity{Mode: "take_over", Addresses: []string{"192.0.2.25/24", "2001:db8::25/64"}, ParkAddress: "192.0.2.121/24"},
		LateMail: "refuse",
		Checks: []declare.Check{
			{Name: "imap", Kind: "imap", Address: "192.0.2.25:143", Timeout: 10 * time.Second},
			{Name: "probe", Kind: "deliver", Address: "192.0.2.25:25", From: otherHost, Expect: "probe@example.org"},
			{Name: "telnet", Kind: "tcp", Address: "192.0.2.25:23", Refused: true},
		},
		Jobs: []declare.Job{
			{Host: newHost, Command: []string{"bm-cli", "firewall", "save"}, BeforeOpen: true},
			{Host: newHost, Command: []string{"bm-cli", "maintenance", "run", "--name", "it's all"}},
		},
		Window: declare.Window{OutageBudget: 10 * time.Minute, ConfirmWithin: 15 * time.Minute, Drain: 10 * time.Second},
	}
}
