package provider

import (
	"fmt"
	"strings"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/product"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/remote"
)

// shared is what all resources of one provider configuration have in common.
type shared struct {
	remote   remote.Config
	engine   Engine
	products *product.Catalogue
	book     *hostBook

	mu     sync.Mutex
	warned map[string]bool // hosts of which a warning has told that they cannot be reached
	open   map[string]bool // ids of cutovers in the state whose way back is open
}

func newShared(config remote.Config, engine Engine, products *product.Catalogue) *shared {
	return &shared{
		remote: config, engine: engine, products: products, book: newHostBook(config, engine.Register),
		warned: map[string]bool{}, open: map[string]bool{},
	}
}

// unreachable warns that hosts cannot be asked: once for each host in a run, whatever number of resources asks it. hosts are those that were asked,
// for errors that name none.
func (s *shared) unreachable(err error, hosts []string, diags *diag.Diagnostics) {
	if named := hostsIn(err); len(named) > 0 {
		hosts = named
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var fresh []string
	for _, id := range hosts {
		if !s.warned[id] {
			s.warned[id] = true
			fresh = append(fresh, s.book.name(id))
		}
	}
	if len(fresh) > 0 {
		diags.AddWarning("Host cannot be reached",
			fmt.Sprintf("%s\n\nEverything declared on %s keeps its last known state in this run.", errorText(err), strings.Join(fresh, " and ")))
	}
}

// hostsIn gives the ids of the hosts that an error says cannot be reached.
func hostsIn(err error) []string {
	switch e := err.(type) { //nolint:errorlint // every branch of a joined error is looked at, not only the first
	case nil:
		return nil
	case *remote.ConnectError:
		return []string{e.ID}
	case *missingHostError:
		return []string{e.id}
	case interface{ Unwrap() []error }:
		var ids []string
		for _, part := range e.Unwrap() {
			ids = append(ids, hostsIn(part)...)
		}
		return ids
	case interface{ Unwrap() error }:
		return hostsIn(e.Unwrap())
	}
	return nil
}

// errorText is err's text; a cause that is not known is said.
func errorText(err error) string {
	if err == nil {
		return "The cause is not known."
	}
	return err.Error()
}

// remember notes whether a cutover in the state has its way back open.
func (s *shared) remember(id string, open bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open[id] = open
}

// wayBackOpen reports what remember was told; false for a cutover that is in no state.
func (s *shared) wayBackOpen(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open[id]
}
