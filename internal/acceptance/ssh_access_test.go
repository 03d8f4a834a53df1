//go:build lab

package acceptance_test

import (
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/bluemind"
)

// showsAccess is what of an access shows on the host where it is open: the key's line, what sshd says, who ends it.
const showsAccess = `sed -n '/terraform-provider-mail/ { s/expiry-time="20[0-9]\{12\}"/EXPIRY/; s/ssh-ed25519 [^ ]*/KEY/; s,/lib/[0-9a-f]*/,/lib/,; s/-[0-9a-f]\{6\}\([" ]\|$\)/-X\1/g; p }' /root/.ssh/authorized_keys
sshd -T -C user=root,host=x,addr=` + bluemind.OldAddress + `,laddr=127.0.0.1,lport=22 | grep ^permitrootlogin
ls /etc/ssh/sshd_config.d /etc/systemd/system | grep -c terraform-provider-mail || true
sha256sum </etc/ssh/sshd_config`

func sshAccessLife() life {
	body := func(more string) string {
		return pair + "  command = \"rsync\"\n  paths = [\"/srv/in, out/\"]\n" + more
	}
	// What sshd_config holds is not for this test to know: it does not change.
	shows := strings.Replace(showsAccess, "sha256sum </etc/ssh/sshd_config", "sha256sum </etc/ssh/sshd_config | cmp - /run/sshd.sum && echo untouched", 1)
	line := func(sshd, pieces string) string {
		return `restrict,from="` + bluemind.OldAddress + `",EXPIRY,command="sh ` + journalDir + `/lib/tpm rsync rsync-X" KEY terraform-provider-mail-access:rsync-X` + "\npermitrootlogin " + sshd + "\n" + pieces + "\nuntouched\n"
	}
	return life{
		kind: "mail_ssh_access", name: "odd",
		beforeNew: "sha256sum </etc/ssh/sshd_config >/run/sshd.sum",
		hcl:       body("  permit_root_login = \"yes\"\n"), id: "OLD,NEW,rsync,/srv/in%2C out/",
		effect: shows, wants: line("yes", "3"),
		gone:   "sed -i '/terraform-provider-mail/ s/restrict,//' /root/.ssh/authorized_keys; rm /etc/ssh/sshd_config.d/00-terraform-provider-mail-*",
		update: body("  expires_after = \"1h\"\n  permit_root_login = \"yes\"\n"),
		// Somebody holds the door to authorized_keys.
		sabotage: "setsid flock " + journalDir + "/door.access sleep 600 >/dev/null 2>&1 </dev/null & echo $! >/run/holder", repair: "kill -- -$(cat /run/holder)",
		fails: []string{"grant_login", "another process holds"}, updated: line("yes", "3"),
	}
}

// accessUsed logs in by the key, from the host that may, and looks at what it may; then the target's own clock ends it, over a reboot.
func accessUsed(t *testing.T, l *lab.Lab) {
	t.Helper()
	w, source, target := newWorkspace(t, l), on(t, l, bluemind.Old), on(t, l, bluemind.New)
	target.sh("mkdir -p /srv/in /srv/other; echo kept >/srv/in/file; ln -sfn /srv/other /srv/in/out")
	before := target.sh(showsAccess + "; cat /root/.ssh/authorized_keys")
	declare := func(after string) {
		w.file("main.tf", w.provider("")+w.hosts("")+"resource \"mail_ssh_access\" \"copy\" {\n"+pair+"  paths = [\"/srv/in\"]\n  permit_root_login = \"yes\"\n  expires_after = \""+after+"\"\n}\n")
	}
	var s struct {
		Status    string    `json:"status"`
		State     string    `json:"state"`
		ExpiresAt time.Time `json:"expires_at"`
		KeyFile   string    `json:"key_file"`
		Drift     []string  `json:"drift"`
	}
	declare("1h")
	w.apply().good()
	if !w.read("mail_ssh_access.copy", &s) || s.Status != "settled" || s.State != "open" || time.Until(s.ExpiresAt) < 50*time.Minute {
		t.Errorf("opened: %+v", s)
	}
	ssh := "ssh -i " + s.KeyFile + " -o IdentitiesOnly=yes -o BatchMode=yes -o StrictHostKeyChecking=accept-new"
	rsync := "rsync -a --delete -e '" + ssh + "' "
	there := "root@" + bluemind.NewAddress + ":"
	source.sh(`rm -rf /srv/got; ` + rsync + there + `/srv/in/ /srv/got/ && grep -q kept /srv/got/file && [ -L /srv/got/out ]
echo new >/srv/got/file; ` + rsync + `/srv/got/ ` + there + `/srv/in/`)
	target.is("new", "cat", "/srv/in/file")
	for _, refused := range []string{
		ssh + " root@" + bluemind.NewAddress + " id", ssh + " -N -W 127.0.0.1:22 root@" + bluemind.NewAddress,
		rsync + there + "/etc/ /srv/got/", rsync + there + "/srv/in/../other/ /srv/got/", rsync + "/srv/got/ " + there + "/srv/in/out/", rsync + "-L " + there + "/srv/in/ /srv/got/",
	} {
		source.sh("if " + refused + " </dev/null >/run/said 2>&1; then cat /run/said; exit 1; fi")
	}

	declare("20s")
	w.apply().good()
	if err := l.Reboot(t.Context(), bluemind.New); err != nil {
		t.Fatal(err)
	}
	// Nobody does anything: the host ends it.
	target.await(time.Minute, "! grep -q terraform-provider-mail /root/.ssh/authorized_keys && ! ls /etc/systemd/system /etc/ssh/sshd_config.d | grep -q terraform-provider-mail")
	same(t, "expired", diffLines(before, target.sh(showsAccess+"; cat /root/.ssh/authorized_keys")))
	w.empty()
	w.apply("-refresh-only").good()
	if !w.read("mail_ssh_access.copy", &s) || s.Status != "settled" || s.State != "expired" {
		t.Errorf("expired: %+v", s)
	}
	w.destroy().good()
	for _, host := range []machine{source, target} {
		host.sh("[ ! -e " + journalDir + "/access ]")
	}
}
