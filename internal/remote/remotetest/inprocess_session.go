package remotetest

import (
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/crypto/ssh"
)

// session serves one session channel: exec, signals and agent forwarding.
func (s *inProcess) session(conn ssh.Conn, offered ssh.NewChannel) {
	channel, requests, err := offered.Accept()
	if err != nil {
		return
	}
	run := &served{conn: conn, channel: channel, env: os.Environ(), ended: make(chan struct{})}
	if s.options.Path != "" {
		run.env = append(run.env, "PATH="+s.options.Path+":"+os.Getenv("PATH"))
	}
	for request := range requests {
		ok := false
		switch request.Type {
		case "auth-agent-req@openssh.com":
			ok = !s.options.NoAgent && run.forwardAgent()
		case "exec":
			var command struct{ Line string }
			ok = ssh.Unmarshal(request.Payload, &command) == nil && run.start(command.Line)
		case "signal":
			var signal struct{ Name string }
			ok = ssh.Unmarshal(request.Payload, &signal) == nil && run.signal(signal.Name)
		}
		if request.WantReply {
			_ = request.Reply(ok, nil)
		}
		if request.Type == "exec" && ok {
			s.work.Go(run.wait)
		}
	}
	run.close()
}

// served is one command.
type served struct {
	conn    ssh.Conn
	channel ssh.Channel
	env     []string
	agent   net.Listener
	command *exec.Cmd
	ended   chan struct{}
}

func (r *served) start(line string) bool {
	r.command = exec.Command("sh", "-c", line) //nolint:gosec,noctx // running the client's line is what the server is for
	r.command.Env = r.env
	r.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	r.command.Stdout, r.command.Stderr = r.channel, r.channel.Stderr()
	input, err := r.command.StdinPipe()
	if err != nil || r.command.Start() != nil {
		return false
	}
	go func() {
		_, _ = io.Copy(input, r.channel)
		_ = input.Close()
	}()
	return true
}

// wait reports how the command ended, RFC 4254 section 6.10.
func (r *served) wait() {
	defer close(r.ended)
	err := r.command.Wait()
	status := struct{ Code uint32 }{0}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		if how, ok := exit.Sys().(syscall.WaitStatus); ok && how.Signaled() {
			name := map[syscall.Signal]string{syscall.SIGKILL: "KILL", syscall.SIGTERM: "TERM"}[how.Signal()]
			_, _ = r.channel.SendRequest("exit-signal", false, ssh.Marshal(struct {
				Name          string
				Core          bool
				Message, Lang string
			}{name, false, "", ""}))
			_ = r.channel.Close()
			return
		}
		status.Code = uint32(exit.ExitCode()) //nolint:gosec // 0 to 255
	}
	_, _ = r.channel.SendRequest("exit-status", false, ssh.Marshal(status))
	_ = r.channel.Close()
}

func (r *served) signal(name string) bool {
	signals := map[string]syscall.Signal{"TERM": syscall.SIGTERM, "KILL": syscall.SIGKILL}
	number, known := signals[name]
	return known && r.command != nil && syscall.Kill(-r.command.Process.Pid, number) == nil
}

// close ends a command whose channel or connection is gone.
func (r *served) close() {
	if r.command != nil && r.command.Process != nil {
		select {
		case <-r.ended:
		default:
			_ = syscall.Kill(-r.command.Process.Pid, syscall.SIGKILL)
			<-r.ended
		}
	}
	if r.agent != nil {
		_ = r.agent.Close()
		_ = os.RemoveAll(filepath.Dir(r.agent.Addr().String()))
	}
	_ = r.channel.Close()
}

// forwardAgent makes the socket through which the command reaches the agent.
func (r *served) forwardAgent() bool {
	dir, err := os.MkdirTemp("", "ssh-")
	if err != nil {
		return false
	}
	r.agent, err = net.Listen("unix", filepath.Join(dir, "agent")) //nolint:noctx // ends with the session
	if err != nil {
		return false
	}
	r.env = append(r.env, "SSH_AUTH_SOCK="+strings.TrimSpace(r.agent.Addr().String()))
	go func() {
		for {
			near, err := r.agent.Accept()
			if err != nil {
				return
			}
			far, requests, err := r.conn.OpenChannel("auth-agent@openssh.com", nil)
			if err != nil {
				_ = near.Close()
				continue
			}
			go ssh.DiscardRequests(requests)
			go join(near, far)
		}
	}()
	return true
}
