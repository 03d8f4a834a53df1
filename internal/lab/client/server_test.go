package client_test

import (
	"bufio"
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/client"
)

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// serve plays a script to each client: what it says, and the beginning of the
// line that it waits for in between. "close" ends the connection.
func serve(t *testing.T, script string) *net.TCPAddr {
	t.Helper()
	l := listen(t)
	t.Cleanup(func() { _ = l.Close() }) // ends the loop below
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go play(conn, strings.Split(script, "|"))
		}
	}()
	return l.Addr().(*net.TCPAddr)
}

func play(conn net.Conn, script []string) {
	defer func() { _ = conn.Close() }()
	in := bufio.NewReader(conn)
	for i, part := range script {
		if part == "close" {
			return
		}
		if i%2 == 0 {
			if _, err := conn.Write([]byte(part + "\r\n")); err != nil {
				return
			}
			continue
		}
		for {
			line, err := in.ReadString('\n')
			if err != nil {
				return
			}
			if strings.HasPrefix(line, part) {
				break
			}
		}
	}
	_, _ = in.ReadString('\n') // until the client has read the last answer
}

func TestPutScript(t *testing.T) {
	address := serve(t, "\"IMPLEMENTATION\" \"x\"\r\nOK \"hi\"|AUTHENTICATE|OK|# script|OK|SETACTIVE|OK|LOGOUT|OK")
	target := client.Target{
		Address: "127.0.0.1", Dialer: &net.Dialer{}, SievePort: address.Port, Password: func(string) string { return "p" },
	}
	if err := target.PutScript(t.Context(), "u", "main", "# script\r\n"); err != nil {
		t.Error(err)
	}
	refusing := serve(t, "OK \"hi\"|AUTHENTICATE|NO \"wrong password\"")
	target.SievePort = refusing.Port
	if err := target.PutScript(t.Context(), "u", "main", "# script\r\n"); err == nil || !strings.Contains(err.Error(), "wrong password") {
		t.Errorf("error %v, want the server's words", err)
	}
}

// TestProbeSeesAnOutage: nothing listens, so every sample is bad and the outage is open.
func TestProbeSeesAnOutage(t *testing.T) {
	l := listen(t)
	port := l.Addr().(*net.TCPAddr).Port
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	target := client.Target{
		Address: "127.0.0.1", Users: []string{"u"}, Dialer: &net.Dialer{}, SMTPPort: port, IMAPPort: port,
		Password: func(string) string { return "p" },
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	record := client.Record{Dir: t.TempDir()}
	book, err := client.OpenBook(record.Probes())
	if err != nil {
		t.Fatal(err)
	}
	if err := target.Probe(ctx, client.Probes{Interval: 10 * time.Millisecond}, book); err != nil {
		t.Fatal(err)
	}
	outages, err := record.Outages()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, o := range outages {
		if o.Open {
			got = append(got, o.Protocol)
		}
	}
	if diff := cmp.Diff([]string{"smtp", "imap", "both"}, got); diff != "" {
		t.Errorf("open outages (-want +got):\n%s", diff)
	}
}
