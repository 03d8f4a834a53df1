//go:build lab

package acceptance_test

import (
	"testing"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/bluemind"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/client"
)

// slowAnswers stands between Postfix and Cyrus: while /run/lab-withhold is there, Cyrus' answers to messages that it has stored do not reach Postfix.
const slowAnswers = `cat >/usr/local/sbin/lab-answers <<'END'
import os, socket, threading, time
PATH = "/run/lab-answers"
if os.path.exists(PATH):
    os.unlink(PATH)
server = socket.socket(socket.AF_UNIX)
server.bind(PATH)
os.chmod(PATH, 0o666)
server.listen(20)

def pass_on(source, sink, watch):
    try:
        while data := source.recv(65536):
            while watch and os.path.exists("/run/lab-withhold") and b"Success" in data:
                open("/run/lab-withheld", "w").close()
                time.sleep(0.05)
            sink.sendall(data)
    except OSError:
        pass
    for end in (source, sink):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

while True:
    postfix, _ = server.accept()
    cyrus = socket.socket(socket.AF_UNIX)
    try:
        cyrus.connect("/run/cyrus/socket/lmtp")
    except OSError:
        postfix.close()
        continue
    threading.Thread(target=pass_on, args=(postfix, cyrus, False), daemon=True).start()
    threading.Thread(target=pass_on, args=(cyrus, postfix, True), daemon=True).start()
END
systemd-run -q --unit=lab-answers python3 /usr/local/sbin/lab-answers
until test -S /run/lab-answers; do sleep 0.1; done
runuser -u postgres -- psql -qX -d bj -c "UPDATE postfix_map SET value = 'lmtp:unix:/run/lab-answers' WHERE map = 'transport'"
bmctl mail-maintenance
`

// TestDeliveryUnderWay freezes a side while Cyrus has stored messages and Postfix
// has not heard of it yet. Cyrus' own suppression of duplicates is off, as an
// administrator may have it: nobody but the order of the freeze keeps such a
// message from being delivered on the other side once more.
func TestDeliveryUnderWay(t *testing.T) {
	l := fresh(t, bluemind.Options{})
	m := newMigration(t, l)
	for _, host := range []machine{m.old, m.new} {
		host.sh("echo 'duplicatesuppression: 0' >>/etc/imapd.conf")
	}
	m.old.sh("systemctl restart cyrus-imapd; " + slowAnswers)
	m.new.sh("ln -s /run/cyrus/socket/lmtp /run/lab-answers") // where the routing, which travels, leads to
	m.apply().good()
	service := users(t, l, bluemind.ServiceAddress)
	m.old.sh("touch /run/lab-withhold")
	record := client.Record{Dir: t.TempDir()}
	book, err := client.OpenBook(record.Mail())
	m.must(err)
	m.must(service.Send(t.Context(), client.Load{Run: "way", Workers: 1, Limit: 3}, book))
	m.must(book.Close())
	m.old.await(time.Minute, "test -e /run/lab-withheld")

	m.declare("active", `"target"`)
	b := m.begin(t.Context(), "apply", "-json", "-auto-approve")
	// The answers come when Postfix has been waited for, for two seconds, or when it was stopped without.
	m.old.await(3*time.Minute, `awk -F'"up":' -v now="$(cut -d' ' -f1 /proc/uptime)" '/"op":"end_deliveries.source".*"begin"/ && now - $2 > 2 { found = 1 }
/"op":"stop_service.source.bm"/ { found = 1 } END { exit !found }' `+journalDir+"/runs/bluemind.*/journal")
	m.old.sh("rm /run/lab-withhold")
	b.wait().good()
	m.status("target", "settled")
	m.new.await(time.Minute, `test -z "$(postqueue -j)"`)
	report, err := record.Report(t.Context(), service, 20*time.Second)
	m.must(err)
	if r := report.Ledger; !r.Whole() || r.Accepted != 3 {
		t.Errorf("accepted %d, found %d, lost %v, doubled %v", r.Accepted, r.Found, r.Lost, r.Doubled)
	}
}
