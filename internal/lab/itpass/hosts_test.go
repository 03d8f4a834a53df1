//go:build lab

package itpass_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/itpass"
)

// TestITPASS boots the procedure's hosts and uses each service as its clients do.
func TestITPASS(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	l, err := lab.Up(ctx, itpass.Spec(itpass.Options{Name: "it-test", StateDir: t.TempDir(), Users: 3, Log: t.Output()}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		downCtx, stop := context.WithTimeout(context.Background(), time.Minute)
		defer stop()
		if err := l.Down(downCtx); err != nil {
			t.Error(err)
		}
	})
	for _, step := range []struct{ name, host, script, want string }{
		{"web", itpass.Client, "curl -sfk http://133.30.109.22/ https://133.30.109.22/", "itpass, on the web\nitpass, on the web"},
		{"wiki", itpass.Client, "curl -sf --data-binary 'a line' http://itpass.scitec.kobe-u.ac.jp/wiki/Page; curl -sf http://itpass.scitec.kobe-u.ac.jp/wiki/FrontPage", "a lineThe wiki of years."},
		{
			"gate", itpass.Client, "for word in one two; do curl -sf -d name=ana -d word=$word http://133.30.109.22/gate; done",
			itpass.Ika + ": ana registered as one\n" + itpass.Ika + ": ana changed to two",
		},
		{"smtp_accepts_by_rcpthosts", itpass.Client, "swaks --server 133.30.109.22 --from friend@outside.example --to itp01@itpass.scitec.kobe-u.ac.jp --h-Subject hello --silent 2; " +
			"swaks --server 133.30.109.22 --from friend@outside.example --to a@elsewhere.example --quit-after RCPT | grep -o '^<\\*\\* 554'", "<** 554"},
		{"list", itpass.Client, "swaks --server 133.30.109.22 --from friend@outside.example --to itpass-ml@itpass.scitec.kobe-u.ac.jp --h-Subject listed --silent 2", ""},
		{"apop", itpass.Client, apop, "hello\nlisted"},
		{"list_delivers_outside", itpass.Client, "for i in $(seq 100); do grep -h '^Subject: listed' /home/friend/Mailbox && exit; sleep 0.1; done", "Subject: listed"},
		{"inject", itpass.Old, "printf 'To: friend@outside.example\\nSubject: out\\n\\nx\\n' | /var/qmail/bin/qmail-inject", ""},
		{"inject_arrives", itpass.Client, "for i in $(seq 100); do grep -h '^Subject: out' /home/friend/Mailbox && exit; sleep 0.1; done", "Subject: out"},
		{"returned", itpass.Client, "swaks --server 133.30.109.22 --from '<>' --to itpass-ml-bounces-1-a=b.example@itpass.scitec.kobe-u.ac.jp --silent 2", ""},
		{"dns", itpass.New, "dig +short @127.0.0.1 itpass.scitec.kobe-u.ac.jp; dig +search +short new-itpass", "133.30.109.22\n133.30.109.21"},
		{"inetd_carries_pop", itpass.Old, "systemctl stop openbsd-inetd $(systemctl show -p ConsistsOf --value openbsd-inetd); ss -Htln 'sport = :110 or sport = :1110' | wc -l; systemctl start openbsd-inetd; printf 'QUIT\\r\\n' | timeout 5 /usr/local/qpopper/popper | grep -c '^+OK'", "0\n2"},
		{"init_scripts", itpass.Old, "for s in qmail tcpserver apache2 inetd bind; do echo $s $(systemctl is-active $s) $(systemctl is-enabled $s 2>/dev/null); done", "qmail active enabled\ntcpserver active enabled\napache2 active enabled\ninetd active enabled\nbind inactive disabled"},
		{"init_scripts_of_new", itpass.New, "for s in qmail tcpserver apache2 inetd bind; do echo $s $(systemctl is-active $s) $(systemctl is-enabled $s 2>/dev/null); done", "qmail inactive disabled\ntcpserver inactive disabled\napache2 inactive disabled\ninetd inactive disabled\nbind active enabled"},
		{"backup", itpass.Client, "runuser -u itpass -- sh -c 'backup ika -n && grep -c ml/control/ ~/log/ika.log'", "6"},
		{"failed", itpass.Old, "systemctl --failed --no-legend", ""},
	} {
		t.Run(step.name, func(t *testing.T) {
			host, err := l.Host(step.host)
			if err != nil {
				t.Fatal(err)
			}
			out, err := host.Script(ctx, step.script)
			if got := strings.TrimSpace(out); err != nil || got != step.want {
				t.Errorf("%q, want %q, %v", got, step.want, err)
			}
		})
	}
	t.Run("services_come_back_with_a_reboot", func(t *testing.T) {
		if err := l.Reboot(ctx, itpass.Old); err != nil {
			t.Fatal(err)
		}
		host, err := l.Host(itpass.Old)
		if err != nil {
			t.Fatal(err)
		}
		if err := host.Await(ctx, "sh", "-c", "for port in 25 80 110 443; do ss -Htln \"sport = :$port\" | grep -q . || exit 1; done"); err != nil {
			t.Error(err)
		}
	})
}

// apop fetches by POP3 with APOP what has arrived: the subjects, once there are two.
const apop = `python3 - <<'END'
import poplib, time
for _ in range(100):
    box = poplib.POP3("133.30.109.22", timeout=10)
    box.apop("itp01", "pw-itp01")
    count = box.stat()[0]
    if count >= 2:
        lines = [line for n in range(1, count + 1) for line in box.retr(n)[1]]
        print("\n".join(sorted(line[9:].decode() for line in lines if line.startswith(b"Subject: "))))
        break
    box.quit()
    time.sleep(0.1)
END`
