package client

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
)

// sieveConn speaks ManageSieve (RFC 5804), the part that the client needs.
type sieveConn struct {
	conn net.Conn
	in   *bufio.Reader
}

var errSieve = errors.New("the ManageSieve server refused")

// The longest script or answer that is read, in bytes.
const sieveLimit = 1 << 20

// sieveSession logs a user in over ManageSieve, does something and logs out.
func (t Target) sieveSession(ctx context.Context, user string, do func(*sieveConn) error) error {
	conn, err := t.dial(ctx, t.sieve())
	if err != nil {
		return err
	}
	s := &sieveConn{conn: conn, in: bufio.NewReader(conn)}
	err = func() error {
		if _, err := s.answer(); err != nil {
			return fmt.Errorf("greeting: %w", err)
		}
		plain := base64.StdEncoding.EncodeToString([]byte("\x00" + user + "\x00" + t.Password(user)))
		if _, err := s.command("AUTHENTICATE \"PLAIN\" " + sieveString(plain)); err != nil {
			return fmt.Errorf("authenticate: %w", err)
		}
		if err := do(s); err != nil {
			return err
		}
		_, err := s.command("LOGOUT")
		return err
	}()
	_ = conn.Close() // the answers told
	if err := errors.Join(err, ctx.Err()); err != nil {
		return fmt.Errorf("sieve as %s at %s: %w", user, t.sieve(), err)
	}
	return nil
}

// sieveString writes a string as a non-synchronizing literal, which needs no quoting.
func sieveString(s string) string { return "{" + strconv.Itoa(len(s)) + "+}\r\n" + s }

func (s *sieveConn) command(line string) ([]string, error) {
	if _, err := io.WriteString(s.conn, line+"\r\n"); err != nil {
		return nil, err
	}
	return s.answer()
}

// answer reads lines up to OK, NO or BYE. A literal is a line of its own.
func (s *sieveConn) answer() ([]string, error) {
	var lines []string
	for {
		line, err := s.in.ReadString('\n')
		if err != nil {
			return nil, err
		}
		line = strings.TrimRight(line, "\r\n")
		if n, ok := literalLength(line); ok {
			text := make([]byte, n)
			if _, err := io.ReadFull(s.in, text); err != nil {
				return nil, err
			}
			lines = append(lines, string(text))
			continue
		}
		word, _, _ := strings.Cut(line, " ")
		switch strings.ToUpper(word) {
		case "OK":
			return lines, nil
		case "NO", "BYE":
			return nil, fmt.Errorf("%w: %s %s", errSieve, line, strings.Join(lines, " "))
		}
		if line != "" {
			lines = append(lines, line)
		}
	}
}

// literalLength reads the {n} that announces a literal at the end of a line that is nothing else.
func literalLength(line string) (int, bool) {
	inner, ok := strings.CutPrefix(line, "{")
	inner, ok2 := strings.CutSuffix(inner, "}")
	n, err := strconv.Atoi(strings.TrimSuffix(inner, "+"))
	return n, ok && ok2 && err == nil && n >= 0 && n <= sieveLimit
}

// scripts reads every script, and which one is active.
func (s *sieveConn) scripts() (map[string]string, string, error) {
	list, err := s.command("LISTSCRIPTS")
	if err != nil {
		return nil, "", fmt.Errorf("list scripts: %w", err)
	}
	all, active := map[string]string{}, ""
	for _, line := range list {
		name, rest, ok := cutQuoted(line)
		if !ok {
			return nil, "", fmt.Errorf("list scripts: %q is not a quoted name", line)
		}
		if strings.EqualFold(strings.TrimSpace(rest), "ACTIVE") {
			active = name
		}
		text, err := s.command("GETSCRIPT " + sieveString(name))
		if err != nil {
			return nil, "", fmt.Errorf("get script %q: %w", name, err)
		}
		all[name] = strings.Join(text, "\n")
	}
	return all, active, nil
}

// put stores a script and makes it the active one.
func (s *sieveConn) put(name, text string) error {
	if _, err := s.command("PUTSCRIPT " + sieveString(name) + " " + sieveString(text)); err != nil {
		return fmt.Errorf("put script %q: %w", name, err)
	}
	if _, err := s.command("SETACTIVE " + sieveString(name)); err != nil {
		return fmt.Errorf("activate script %q: %w", name, err)
	}
	return nil
}

// cutQuoted takes a quoted string off the front of a line.
func cutQuoted(line string) (string, string, bool) {
	if !strings.HasPrefix(line, `"`) {
		return "", "", false
	}
	var b strings.Builder
	for i := 1; i < len(line); i++ {
		switch line[i] {
		case '\\':
			i++
			if i < len(line) {
				b.WriteByte(line[i])
			}
		case '"':
			return b.String(), line[i+1:], true
		default:
			b.WriteByte(line[i])
		}
	}
	return "", "", false
}

// PutScript stores a user's Sieve script and makes it the active one.
func (t Target) PutScript(ctx context.Context, user, name, text string) error {
	ctx, cancel := context.WithTimeout(ctx, sessionPatience)
	defer cancel()
	return t.sieveSession(ctx, user, func(s *sieveConn) error { return s.put(name, text) })
}
