package provider

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/remote"
)

// hostCache is a file beside Terraform's data that holds the last known endpoint of each host. It holds no secrets.
type hostCache struct {
	file string
	mu   *sync.Mutex
}

// newHostCache places the cache where Terraform keeps its data: $TF_DATA_DIR, else .terraform in the working directory.
func newHostCache() hostCache {
	dir := os.Getenv("TF_DATA_DIR")
	if dir == "" {
		dir = ".terraform"
	}
	return hostCache{file: filepath.Join(dir, "terraform-provider-mail", "hosts.json"), mu: &sync.Mutex{}}
}

// get gives the endpoint of a host; false where the cache does not have it.
func (c hostCache) get(id string) (remote.Endpoint, bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	all, err := c.read()
	if err != nil {
		return remote.Endpoint{}, false, err
	}
	endpoint, ok := all[id]
	return endpoint, ok, nil
}

// put writes an endpoint, atomically and readable by the user only.
func (c hostCache) put(endpoint remote.Endpoint) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	all, err := c.read()
	if err != nil {
		all = map[string]remote.Endpoint{} // a spoilt cache is made anew
	}
	all[endpoint.ID] = endpoint
	data, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return fmt.Errorf("encode host cache: %w", err)
	}
	return c.write(append(data, '\n'))
}

func (c hostCache) read() (map[string]remote.Endpoint, error) {
	all := map[string]remote.Endpoint{}
	data, err := os.ReadFile(c.file)
	if errors.Is(err, fs.ErrNotExist) {
		return all, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read host cache: %w", err)
	}
	if err := json.Unmarshal(data, &all); err != nil {
		return nil, fmt.Errorf("read host cache %s: %w", c.file, err)
	}
	return all, nil
}

func (c hostCache) write(data []byte) error {
	dir := filepath.Dir(c.file)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make host cache: %w", err)
	}
	file, err := os.CreateTemp(dir, ".hosts-*.json") // 0600
	if err != nil {
		return fmt.Errorf("make host cache: %w", err)
	}
	_, err = file.Write(data)
	err = errors.Join(err, file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), c.file)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write host cache: %w", err), os.Remove(file.Name()))
	}
	return nil
}
