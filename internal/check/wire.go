package check

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"syscall"
	"time"
)

// wire is a connection whose time is bounded by a context: when that ends the
// connection closes. Deadlines set by protocol libraries do nothing, since they
// would move that bound (and connections through ssh have none). It keeps the
// first line that the server said, which the libraries do not show.
type wire struct {
	net.Conn
	stop func() bool
	s    *session

	mutex sync.Mutex
	first []byte
	tls   *tls.ConnectionState
	host  string
}

// SetDeadline does nothing: the context bounds the wire.
func (w *wire) SetDeadline(time.Time) error { return nil }

// SetReadDeadline does nothing: the context bounds the wire.
func (w *wire) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline does nothing: the context bounds the wire.
func (w *wire) SetWriteDeadline(time.Time) error { return nil }

// Read reads, keeps the first line and notes a reset.
func (w *wire) Read(b []byte) (int, error) {
	n, err := w.Conn.Read(b)
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if len(w.first) < 512 && !bytes.ContainsRune(w.first, '\n') {
		w.first = append(w.first, b[:n]...)
	}
	if errors.Is(err, syscall.ECONNRESET) {
		w.s.cut.Store(true)
	}
	return n, err //nolint:wrapcheck // io.Reader: io.EOF must stay itself
}

// greeting is the first line that the server said.
func (w *wire) greeting() string {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	line, _, _ := bytes.Cut(w.first, []byte("\n"))
	return strings.TrimSpace(string(line))
}

// secured notes what TLS has agreed on.
func (w *wire) secured(state tls.ConnectionState) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.tls = &state
}

// plain reports whether nothing is encrypted so far.
func (w *wire) plain() bool {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.tls == nil
}

// close ends the connection; a second time does nothing. Its error is of no
// use: what was asked has been answered, or has failed already.
func (w *wire) close() {
	w.stop()
	_ = w.Close()
}

// dial connects by TCP and, on a port of implicit TLS, shakes hands.
func (s *session) dial(ctx context.Context, address string) (*wire, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("address %q: %w", address, err)
	}
	w, err := s.connect(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	w.host = host
	if port != "993" && port != "995" && port != "465" {
		return w, nil
	}
	s.stage = "TLS handshake with " + address
	secure := tls.Client(w.Conn, tlsConfig(host))
	if err := secure.HandshakeContext(ctx); err != nil {
		w.close()
		return nil, fmt.Errorf("TLS handshake with %s: %w", address, err)
	}
	w.secured(secure.ConnectionState())
	w.Conn = secure
	return w, nil
}

// connect connects without TLS.
func (s *session) connect(ctx context.Context, network, address string) (*wire, error) {
	s.stage = "connect to " + address
	conn, err := s.prober.Dialer.DialContext(ctx, network, address)
	if err != nil {
		if closedPort(err) {
			return nil, &refusalError{fmt.Sprintf("connection refused by %s", address)}
		}
		if errors.Is(err, syscall.EHOSTUNREACH) || errors.Is(err, syscall.ETIMEDOUT) {
			return nil, &dropError{stage: "connect to " + address, cause: err, connecting: true}
		}
		return nil, fmt.Errorf("connect to %s: %w", address, err)
	}
	s.stage = "wait for " + address
	w := &wire{Conn: conn, s: s}
	w.stop = context.AfterFunc(ctx, func() { _ = conn.Close() })
	return w, nil
}

// tlsConfig asks for the name and verifies nothing: a check is about whether the
// service is reached; what is wrong with its certificate is told, not enforced.
func tlsConfig(host string) *tls.Config {
	return &tls.Config{ServerName: host, InsecureSkipVerify: true, MinVersion: tls.VersionTLS10} //nolint:gosec // told in the detail instead: old servers must stay reachable for their migration
}

// tlsDetail says version, name and expiry of the certificate, "" without TLS.
func (w *wire) tlsDetail() string {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.tls == nil {
		return ""
	}
	return certificateDetail(*w.tls, w.host, time.Now())
}

func certificateDetail(state tls.ConnectionState, host string, now time.Time) string {
	text := ", " + tls.VersionName(state.Version)
	if len(state.PeerCertificates) == 0 {
		return text
	}
	certificate := state.PeerCertificates[0]
	text += ", certificate for " + certificateName(certificate)
	if err := certificate.VerifyHostname(host); err != nil {
		text += " (not for " + host + ")"
	}
	expiry := certificate.NotAfter.UTC().Format(time.DateOnly)
	if now.After(certificate.NotAfter) {
		return text + ", expired " + expiry
	}
	return text + ", expires " + expiry
}

func certificateName(certificate *x509.Certificate) string {
	switch {
	case len(certificate.DNSNames) > 0:
		return certificate.DNSNames[0]
	case len(certificate.IPAddresses) > 0:
		return certificate.IPAddresses[0].String()
	default:
		return certificate.Subject.CommonName
	}
}
