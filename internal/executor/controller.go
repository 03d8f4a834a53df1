package executor

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/operation"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/remote"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// DefaultJournalDir is where hosts keep what runs leave.
const DefaultJournalDir = "/var/lib/terraform-provider-mail"

// Config is what one process of the provider works with.
type Config struct {
	Remote     remote.Config
	JournalDir string // on the hosts; empty: DefaultJournalDir
	Parallel   int    // operations at a time, over all hosts; zero: 16
	Progress   string // folder on this machine where runs tell how they go on, for people who watch; empty: nowhere
	Caller     string // who asks, for those who find a lock; empty: Terraform
}

// Controller runs runbooks; one for a process. It is safe for concurrent use.
type Controller struct {
	config Config
	pool   *remote.Pool
	owner  string // who holds the locks: this process
	places chan struct{}

	mu        sync.Mutex
	endpoints map[string]remote.Endpoint
	hosts     map[string]*managed
	notes     []string // what the user is to be told of, once
}

// note keeps something that the user is to be told of.
func (c *Controller) note(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.notes = append(c.notes, text)
}

// taken gives the notes, once.
func (c *Controller) taken() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	notes := c.notes
	c.notes = nil
	return notes
}

// managed is a host with what this process keeps of it.
type managed struct {
	*remote.Host
	id      string
	key     string // authorized_keys form of the pinned key
	program string // path on the host, once it is there

	places chan struct{} // operations at a time, over all runs: the heartbeat keeps a session of the connection

	mu    sync.Mutex // guards the lock and the program
	runs  int        // runs of ours that hold the lock
	epoch string
	quit  context.CancelFunc // ends the heartbeat
}

// NewController makes a controller. Nothing is connected before it is needed.
func NewController(config Config) (*Controller, error) {
	if config.JournalDir == "" {
		config.JournalDir = DefaultJournalDir
	}
	if !strings.HasPrefix(config.JournalDir, "/") || strings.ContainsAny(config.JournalDir, " '\"\\\n") {
		return nil, fmt.Errorf("journal_dir %q: must be an absolute path without blanks and quotes", config.JournalDir)
	}
	if config.Parallel <= 0 {
		config.Parallel = 16
	}
	random := make([]byte, 6)
	if _, err := rand.Read(random); err != nil {
		return nil, fmt.Errorf("name this controller: %w", err)
	}
	name, err := os.Hostname()
	if err != nil {
		name = "unknown"
	}
	return &Controller{
		config:    config,
		pool:      remote.NewPool(config.Remote),
		owner:     fmt.Sprintf("%s:%d:%s", operation.Name(name), os.Getpid(), hex.EncodeToString(random)),
		places:    make(chan struct{}, config.Parallel),
		endpoints: map[string]remote.Endpoint{},
		hosts:     map[string]*managed{},
	}, nil
}

// Register tells how a host is reached. The newest word counts for connections that are still to be made.
func (c *Controller) Register(ep remote.Endpoint) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.endpoints[ep.ID] = ep
}

// learn takes over how hosts are reached, where nobody has said it yet.
func (c *Controller) learn(endpoints []remote.Endpoint) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, ep := range endpoints {
		if _, known := c.endpoints[ep.ID]; !known {
			c.endpoints[ep.ID] = ep
		}
	}
}

// Close ends all connections.
func (c *Controller) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, h := range c.hosts {
		if h.quit != nil {
			h.quit()
		}
	}
	return c.pool.Close()
}

// host finds a host by its id and the key that names it.
func (c *Controller) host(id string) (*managed, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if h, ok := c.hosts[id]; ok {
		return h, nil
	}
	ep, ok := c.endpoints[id]
	if !ok {
		return nil, fmt.Errorf("%w: %s; declare it as mail_host and refresh, or list its key in known_hosts", ErrUnknownHost, id)
	}
	found, key, err := remote.ResolveID(c.config.Remote, ep)
	if err != nil {
		return nil, err
	}
	if found != id {
		return nil, fmt.Errorf("%w: %s is declared with another key (%s)", ErrUnknownHost, id, found)
	}
	h := &managed{Host: c.pool.Host(ep), id: id, key: key, places: make(chan struct{}, runbook.PerHost)}
	c.hosts[id] = h
	return h, nil
}

// call runs a sub-command of the host-side program, which must be installed.
func (h *managed) call(ctx context.Context, on *remote.Host, cmd remote.Command, args ...string) (remote.Result, error) {
	cmd.Argv = append([]string{"sh", h.program}, args...)
	return on.Run(ctx, cmd)
}

// inline runs functions of the host-side program without installing anything; it writes nothing on the host.
func (c *Controller) inline(ctx context.Context, h *managed, sheet string, call ...string) (remote.Result, error) {
	script, err := operation.Inline(c.config.JournalDir, sheet, call...)
	if err != nil {
		return remote.Result{}, err
	}
	return h.Run(ctx, remote.Command{Argv: []string{"sh", "-s"}, Stdin: strings.NewReader(script)})
}

// install lays the host-side program on a host, once a process.
func (c *Controller) install(ctx context.Context, h *managed) error {
	if h.program != "" {
		return nil
	}
	program, err := operation.Program()
	if err != nil {
		return err
	}
	dir := c.config.JournalDir + "/lib/" + program.Name
	script := `umask 077; cd / && [ -e "$1/tpm" ] || { mkdir -p "$1" && cat >"$1/tpm.new" && sync "$1/tpm.new" && mv "$1/tpm.new" "$1/tpm"; }`
	res, err := h.Run(ctx, remote.Command{Argv: []string{"sh", "-c", script, "sh", dir}, Stdin: strings.NewReader(program.Text)})
	if err != nil {
		return fmt.Errorf("install the host-side program on %s: %w", h.Address(), err)
	}
	if res.Exit != 0 {
		return fmt.Errorf("install the host-side program on %s below %s: %w", h.Address(), dir, hostError(res))
	}
	h.program = dir + "/tpm"
	return nil
}

// hostError is what a host said on standard error.
func hostError(res remote.Result) error {
	text := strings.TrimSpace(string(res.Stderr))
	if text == "" {
		text = fmt.Sprintf("exit code %d", res.Exit)
	}
	return errors.New(text)
}
