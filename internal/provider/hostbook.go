package provider

import (
	"fmt"
	"strings"
	"sync"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/remote"
)

// hostBook knows how hosts are reached. Terraform asks nothing of a mail_host that does not change, so what it said must be found again: in this
// process, in a resource's private state, in the cache beside Terraform's data, in known_hosts. None of these ever decides a planned value.
type hostBook struct {
	config   remote.Config
	register func(remote.Endpoint)
	cache    hostCache

	mu    sync.Mutex
	known map[string]remote.Endpoint
}

func newHostBook(config remote.Config, register func(remote.Endpoint)) *hostBook {
	return &hostBook{config: config, register: register, cache: newHostCache(), known: map[string]remote.Endpoint{}}
}

// missingHostError says that nothing tells how a host is reached.
type missingHostError struct {
	id     string
	causes []string
}

func (e *missingHostError) Error() string {
	text := "nothing tells how host " + e.id + " is reached: no mail_host with this key was seen in this run, in the resource's state, in the cache or in known_hosts"
	if len(e.causes) > 0 {
		text += " (" + strings.Join(e.causes, "; ") + ")"
	}
	return text + ". Declare a mail_host with this key, or run terraform apply -refresh-only, which writes the cache"
}

// declare notes what a mail_host says, here and in the cache.
func (b *hostBook) declare(endpoint remote.Endpoint) error {
	b.add(endpoint)
	return b.cache.put(endpoint)
}

func (b *hostBook) add(endpoint remote.Endpoint) {
	b.mu.Lock()
	b.known[endpoint.ID] = endpoint
	b.mu.Unlock()
	b.register(endpoint)
}

// find makes the engine know all hosts, and gives their endpoints for the resource's private state. kept is what that holds from before.
func (b *hostBook) find(ids []string, kept []remote.Endpoint) ([]remote.Endpoint, error) {
	var found []remote.Endpoint
	for _, id := range ids {
		endpoint, err := b.endpoint(id, kept)
		if err != nil {
			return nil, err
		}
		found = append(found, endpoint)
	}
	return found, nil
}

func (b *hostBook) endpoint(id string, kept []remote.Endpoint) (remote.Endpoint, error) {
	b.mu.Lock()
	endpoint, ok := b.known[id]
	b.mu.Unlock()
	if ok {
		return endpoint, nil
	}
	for _, endpoint := range kept {
		if endpoint.ID == id {
			b.add(endpoint)
			return endpoint, nil
		}
	}
	missing := &missingHostError{id: id}
	endpoint, ok, err := b.cache.get(id)
	if err != nil {
		missing.causes = append(missing.causes, err.Error())
	}
	if ok {
		b.add(endpoint)
		return endpoint, nil
	}
	placed, err := remote.EndpointsByKey(b.config, id)
	if err != nil {
		missing.causes = append(missing.causes, err.Error())
	}
	if len(placed) == 0 {
		return remote.Endpoint{}, missing
	}
	b.add(placed[0])
	return placed[0], nil
}

// name is how people know a host: its first address, else its id.
func (b *hostBook) name(id string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if endpoint, ok := b.known[id]; ok && len(endpoint.Addresses) > 0 {
		return fmt.Sprintf("%s (%s)", endpoint.Addresses[0], id)
	}
	return id
}

// address is the first address of a host; empty where none is known.
func (b *hostBook) address(id string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if endpoint, ok := b.known[id]; ok && len(endpoint.Addresses) > 0 {
		return endpoint.Addresses[0]
	}
	return ""
}
