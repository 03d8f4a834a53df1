package remotetest

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// openSSH is a real sshd, an ordinary child of the test.
type openSSH struct {
	t       testing.TB
	port    int
	command *exec.Cmd
	log     *logBuffer
}

// logBuffer takes sshd's log.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// String gives the log so far.
func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// OpenSSH is a [Maker]. It needs openssh-server and, as root, makes the
// directory that sshd separates its privileges in.
func OpenSSH(tb testing.TB, options Options) Server {
	tb.Helper()
	program, err := exec.LookPath("/usr/sbin/sshd")
	if err != nil {
		tb.Fatalf("install openssh-server: %v", err)
	}
	if os.Geteuid() == 0 {
		if err := os.MkdirAll("/run/sshd", 0o755); err != nil { //nolint:gosec // sshd asks for this mode
			tb.Fatalf("make sshd's directory: %v", err)
		}
	}
	probe := listen(tb)
	server := &openSSH{t: tb, port: portOf(tb, probe.Addr()), log: &logBuffer{}}
	if err := probe.Close(); err != nil {
		tb.Fatalf("free port: %v", err)
	}
	config := WriteFile(tb, "sshd_config", server.config(options))
	server.command = exec.Command(program, "-D", "-e", "-f", config) //nolint:gosec,noctx // ended by Cleanup, after its connections
	server.command.Stderr = server.log
	if err := server.command.Start(); err != nil {
		tb.Fatalf("start sshd: %v", err)
	}
	tb.Cleanup(func() {
		server.signal(syscall.SIGTERM) // they remove their agents' sockets
		_ = server.command.Process.Signal(syscall.SIGTERM)
		_ = server.command.Wait() // ended by our signal
		if tb.Failed() {
			tb.Logf("sshd:\n%s", server.log)
		}
	})
	server.await()
	return server
}

func (s *openSSH) config(options Options) string {
	if options.MaxSessions == 0 {
		options.MaxSessions = 10
	}
	lines := []string{
		"ListenAddress 127.0.0.1:" + strconv.Itoa(s.port),
		"HostKey " + options.HostKey.Write(s.t, ""),
		"AuthorizedKeysFile " + WriteFile(s.t, "authorized_keys", strings.Join(options.Authorized, "\n")+"\n"),
		"MaxSessions " + strconv.Itoa(options.MaxSessions),
		"PidFile none", "StrictModes no", "UsePAM no", "PasswordAuthentication no",
		"KbdInteractiveAuthentication no", "PermitRootLogin prohibit-password", "LogLevel VERBOSE",
	}
	if options.UserCA != nil {
		lines = append(lines, "TrustedUserCAKeys "+WriteFile(s.t, "ca.pub", options.UserCA.Authorized()+"\n"))
	}
	if options.Path != "" {
		lines = append(lines, fmt.Sprintf(`SetEnv "PATH=%s:%s"`, options.Path, os.Getenv("PATH")))
	}
	if options.NoAgent {
		lines = append(lines, "AllowAgentForwarding no")
	}
	return strings.Join(lines, "\n") + "\n"
}

// await returns once sshd answers.
func (s *openSSH) await() {
	s.t.Helper()
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	deadline := time.After(10 * time.Second)
	for {
		var dialer net.Dialer
		conn, err := dialer.DialContext(s.t.Context(), "tcp", "127.0.0.1:"+strconv.Itoa(s.port))
		if err == nil {
			_ = conn.Close()
			return
		}
		select {
		case <-ticker.C:
		case <-deadline:
			s.t.Fatalf("sshd does not answer: %v\n%s", err, s.log)
		}
	}
}

// Port implements Server.
func (s *openSSH) Port() int { return s.port }

// Accepted implements Server: logins, as connections that only look are not counted.
func (s *openSSH) Accepted() int { return strings.Count(s.log.String(), "Accepted publickey") }

// Drop implements Server: it ends the children of our sshd.
func (s *openSSH) Drop() { s.signal(syscall.SIGKILL) }

// signal goes to every child of our sshd.
func (s *openSSH) signal(number syscall.Signal) {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		s.t.Errorf("list processes: %v", err)
	}
	for _, stat := range stats {
		data, err := os.ReadFile(stat) //nolint:gosec // a file of /proc
		if err != nil {
			continue // it has ended meanwhile
		}
		_, rest, _ := strings.Cut(string(data), ") ")
		fields := strings.Fields(rest)
		if len(fields) < 2 || fields[1] != strconv.Itoa(s.command.Process.Pid) {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(stat))); err == nil {
			_ = syscall.Kill(pid, number) // it may have ended meanwhile
		}
	}
}
