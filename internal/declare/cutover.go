package declare

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// Cutover is what mail_cutover declares, with the product's entry already merged in by the provider:
// Services, orders, ports and queue come from the catalogue where the user leaves them out.
type Cutover struct {
	Name    string `json:"name"`
	Source  string `json:"source"`
	Target  string `json:"target"`
	Active  string `json:"active"` // the side that shall serve
	Product string `json:"product,omitempty"`

	Syncs    []Sync     `json:"syncs,omitempty"`
	Dumps    []Dump     `json:"dumps,omitempty"`
	Files    []FileSet  `json:"files,omitempty"`
	Accounts []Accounts `json:"accounts,omitempty"`
	GiveBack []FileSet  `json:"give_back,omitempty"` // in a back-out: what the way there had replaced on its target
	// Unwatched are files that travel and may change on the target afterwards: the product makes them anew, or the user says so.
	Unwatched []Pattern `json:"unwatched,omitempty"`

	// Services by name as they are on a host of the product.
	Services   map[string]Service `json:"services,omitempty"`
	StopOrder  [][]Placed         `json:"stop_order,omitempty"`
	StartOrder [][]Placed         `json:"start_order,omitempty"`
	Quiesce    []Placed           `json:"quiesce,omitempty"`

	Ports     []int  `json:"ports,omitempty"`      // what clients reach: the fence closes them
	SMTPPorts []int  `json:"smtp_ports,omitempty"` // those that accept mail: drained, and closed outwards too
	Queue     *Queue `json:"queue,omitempty"`
	Store     *Store `json:"store,omitempty"`
	// Passing are files that a product makes anew or that say nothing by their times: indexes, and what Sync.Volatile names.
	Passing []Pattern `json:"passing,omitempty"`

	Identity  Identity `json:"identity"`
	LateMail  string   `json:"late_mail,omitempty"` // refuse | relay
	Checks    []Check  `json:"checks,omitempty"`
	Jobs      []Job    `json:"jobs,omitempty"`
	Rehearse  bool     `json:"rehearse,omitempty"`
	Finalized bool     `json:"finalized,omitempty"`

	// Measured is how long operations took in the last run, by Operation.Measure; it enters estimates only.
	Measured map[string]time.Duration `json:"-"`

	Estimates  Estimates `json:"estimates,omitzero"`
	Window     Window    `json:"window,omitzero"`
	OnFailure  OnFailure `json:"on_failure,omitzero"`
	HoldBefore string    `json:"hold_before,omitempty"`
	OnDestroy  string    `json:"on_destroy,omitempty"` // refuse | back_out | forget

	// Version and ExternalURL are the product's commands whose answers must be equal on both sides; SetUp proves its first
	// set-up, Subscription a valid one for the host's system.
	Version     []string `json:"version,omitempty"`
	ExternalURL []string `json:"external_url,omitempty"`
	SetUp       []string `json:"set_up,omitempty"`

	Subscription []string `json:"subscription,omitempty"`

	Certificates []string `json:"certificates,omitempty"` // files with the TLS certificates that services show
}

// Placed is a service on a host.
type Placed struct {
	Host    string `json:"host"`
	Service string `json:"service"`
}

// Queue is the product's mail queue.
type Queue struct {
	Kind      string `json:"kind"` // postfix
	Directory string `json:"directory"`
	Service   string `json:"service"` // the service that owns it
}

// Store is how a product keeps messages. Without Session and Locate they can be found, but not swept.
type Store struct {
	Kind     string    `json:"kind"` // cyrus | dovecot
	Messages []Pattern `json:"messages"`
	User     string    `json:"user,omitempty"`    // runs the commands; empty: root
	Session  []string  `json:"session,omitempty"` // speaks IMAP on standard input and output
	Locate   []string  `json:"locate,omitempty"`  // says whose mailbox a folder is
	Renew    []string  `json:"renew,omitempty"`   // makes a mailbox's index anew
}

// Pattern is files below a folder: ERE is a POSIX extended regular expression for all that follows Root in a path.
type Pattern struct {
	Root string `json:"root"` // no slash at its end
	ERE  string `json:"ere"`
}

// Estimates are what the user expects where nothing has been measured yet; zero: unknown.
type Estimates struct {
	Stop  time.Duration `json:"stop,omitempty"`
	Start time.Duration `json:"start,omitempty"`
}

// Window bounds a move in time. Zero values mean no bound; Drain and ConfirmWithin have defaults.
type Window struct {
	NotBefore     string        `json:"not_before,omitempty"` // RFC 3339
	NotAfter      string        `json:"not_after,omitempty"`
	OutageBudget  time.Duration `json:"outage_budget,omitempty"`
	ConfirmWithin time.Duration `json:"confirm_within,omitempty"`
	Drain         time.Duration `json:"drain,omitempty"`
}

// What a back-out carries back.
const (
	CarryExact    = "exact"
	CarryMessages = "messages"
	CarryNone     = "none"
)

// Exact reports whether a move brings everything as it is: all but a back-out that says otherwise.
func (c Cutover) Exact() bool {
	return c.Active == Target || c.OnFailure.CarryBack == "" || c.OnFailure.CarryBack == CarryExact
}

// OnFailure says what a failure before the commit does, and what a back-out after it carries back.
type OnFailure struct {
	Action    string `json:"action,omitempty"`     // back_out | halt
	CarryBack string `json:"carry_back,omitempty"` // exact | messages | none
}

// Relayed reports whether anything that travels goes through the machine that runs Terraform: then all of the move does.
func (c Cutover) Relayed() bool {
	return slices.ContainsFunc(c.Syncs, func(s Sync) bool { return s.Transport == Relay }) ||
		slices.ContainsFunc(c.Dumps, func(d Dump) bool { return d.Transport == Relay }) ||
		slices.ContainsFunc(c.Files, func(f FileSet) bool { return f.Transport == Relay }) ||
		slices.ContainsFunc(c.Accounts, func(a Accounts) bool { return a.Transport == Relay })
}

// Reversed is the same cutover with the sides exchanged: what a back-out compiles.
func (c Cutover) Reversed() Cutover {
	back := c
	back.Source, back.Target = c.Target, c.Source
	back.Active = Source // of the declaration: the side that serves in the end
	swap := func(host string) string {
		switch host {
		case c.Source:
			return c.Target
		case c.Target:
			return c.Source
		}
		return host
	}
	back.Syncs = mapped(c.Syncs, func(s Sync) Sync {
		s.Source, s.Target = swap(s.Source), swap(s.Target)
		s.Overwrite = true // it had served: what it holds is older than what comes back, and is kept as a before-image
		s.Volatile = reversedPatterns(s.Volatile, s.Paths)
		s.Paths = reversedPaths(s.Paths)
		s.Usermap, s.Groupmap = inverted(s.Usermap), inverted(s.Groupmap)
		return s
	})
	back.Dumps = mapped(c.Dumps, func(d Dump) Dump { d.Source, d.Target = swap(d.Source), swap(d.Target); return d })
	back.Accounts = mapped(c.Accounts, func(a Accounts) Accounts { a.Source, a.Target = swap(a.Source), swap(a.Target); return a })
	back.Passing = c.Across(c.Passing)
	if c.Store != nil {
		store := *c.Store
		store.Messages = c.Across(store.Messages)
		back.Store = &store
	}
	// Configuration files do not travel back: each side has its own again, from its before-images.
	back.Files, back.GiveBack = nil, c.Files
	// An exchange is its own way back. Else the address that the source got stays with it: given to the other side too, two hosts would answer at it.
	if c.Identity.Mode != Exchange {
		back.Identity.ParkAddress = ""
	}
	placed := func(p Placed) Placed { p.Host = swap(p.Host); return p }
	back.StopOrder = mapped(c.StopOrder, func(rank []Placed) []Placed { return mapped(rank, placed) })
	back.StartOrder = mapped(c.StartOrder, func(rank []Placed) []Placed { return mapped(rank, placed) })
	back.Jobs = mapped(c.Jobs, func(j Job) Job { j.Host = swap(j.Host); return j })
	return back
}

// Across gives patterns of the source as they are on the target, where trees get other names on the way.
func (c Cutover) Across(patterns []Pattern) []Pattern {
	return mapped(patterns, func(p Pattern) Pattern {
		for _, s := range c.Syncs {
			for _, path := range slices.Backward(slices.Sorted(maps.Keys(s.Paths))) {
				from, to := Tree(path, s.Paths[path])
				if rest, ok := strings.CutPrefix(p.Root+"/", from); ok {
					p.Root = strings.TrimSuffix(to+rest, "/")
					return p
				}
			}
		}
		return p
	})
}

// Tree is the folder whose content becomes that of another one when from is copied to to, by rsync's trailing-slash rule; both end in a slash.
func Tree(from, to string) (string, string) {
	if !strings.HasSuffix(from, "/") {
		to = strings.TrimSuffix(to, "/") + "/" + from[strings.LastIndex(from, "/")+1:]
	}
	return strings.TrimSuffix(from, "/") + "/", strings.TrimSuffix(to, "/") + "/"
}

func reversedPaths(paths map[string]string) map[string]string {
	back := make(map[string]string, len(paths))
	for _, path := range slices.Backward(slices.Sorted(maps.Keys(paths))) {
		from, to := Tree(path, paths[path])
		back[to] = from
	}
	return back
}

// reversedPatterns moves patterns below a tree to where that tree is on the other side.
func reversedPatterns(patterns []string, paths map[string]string) []string {
	return mapped(patterns, func(pattern string) string {
		for _, path := range slices.Backward(slices.Sorted(maps.Keys(paths))) {
			from, to := Tree(path, paths[path])
			if rest, ok := strings.CutPrefix(pattern, from); ok {
				return to + rest
			}
		}
		return pattern
	})
}

// inverted maps back; of several that were mapped to one, the first by name gets it.
func inverted(m map[string]string) map[string]string {
	if m == nil {
		return nil
	}
	back := make(map[string]string, len(m))
	for _, from := range slices.Backward(slices.Sorted(maps.Keys(m))) {
		back[m[from]] = from
	}
	return back
}

func mapped[T any](list []T, f func(T) T) []T {
	if list == nil {
		return nil
	}
	out := make([]T, len(list))
	for i, v := range list {
		out[i] = f(v)
	}
	return out
}
