package check

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
)

// bodyLimit bounds how much of an answer is searched for a text.
const bodyLimit = 1 << 20

// http sends one GET and follows no redirection: what is asked for is this
// address, not where it sends people.
func (s *session) http(ctx context.Context) (string, error) {
	target := s.check.Address
	if !strings.Contains(target, "://") {
		target = "http://" + target + "/"
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return "", fmt.Errorf("GET %s: %w", target, err)
	}
	host, port := request.URL.Hostname(), request.URL.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[request.URL.Scheme]
	}
	w, err := s.connect(ctx, "tcp", net.JoinHostPort(host, port))
	if err != nil {
		return "", err
	}
	defer w.close()
	s.stage = "GET " + target
	transport := &http.Transport{
		DisableKeepAlives: true,
		TLSClientConfig:   tlsConfig(host),
		DialContext:       func(context.Context, string, string) (net.Conn, error) { return w, nil },
	}
	defer transport.CloseIdleConnections()
	response, err := transport.RoundTrip(request)
	if err != nil {
		return "", fmt.Errorf("GET %s: %w", target, err)
	}
	defer response.Body.Close() //nolint:errcheck // only read from
	body, err := io.ReadAll(io.LimitReader(response.Body, bodyLimit))
	if err != nil {
		return "", fmt.Errorf("GET %s: read the answer: %w", target, err)
	}
	detail := response.Status
	if response.TLS != nil {
		w.host = host
		w.secured(*response.TLS)
		detail += w.tlsDetail()
	}
	return s.satisfied(response.StatusCode, detail, string(body))
}

// satisfied compares status and body with Expect.
func (s *session) satisfied(status int, detail, body string) (string, error) {
	want := parseAnswer(s.check.Expect)
	switch {
	case want.status != 0 && status != want.status:
		return "", fmt.Errorf("the answer is %s, not %d", detail, want.status)
	case want.status == 0 && status >= http.StatusBadRequest:
		return "", &refusalError{"the answer is " + detail}
	case !strings.Contains(body, want.text):
		return "", fmt.Errorf("the answer is %s, but %q is not in its text", detail, want.text)
	}
	return detail, nil
}
