package lab

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
)

// ErrUnknownLab means that no lab of that name has a state file.
var ErrUnknownLab = errors.New("there is no such lab")

// state is what the lab's folder remembers: everything that Down needs. All
// other names follow from it.
type state struct {
	Name       string       `json:"name"`
	Network    netip.Prefix `json:"network"`
	Controller netip.Addr   `json:"controller"`
	Nameserver netip.Addr   `json:"nameserver"`
	Search     string       `json:"search,omitempty"`
	Hosts      []hostState  `json:"hosts"`
	Complete   bool         `json:"complete"` // Up came to its end
}

type hostState struct {
	Name      string         `json:"name"`
	FQDN      string         `json:"fqdn"`
	Addresses []netip.Prefix `json:"addresses"`
	DiskMiB   int            `json:"disk_mib,omitempty"`
}

func stateOf(s Spec) state {
	st := state{Name: s.Name, Network: s.Network, Controller: s.Controller, Nameserver: s.Nameserver, Search: s.Search}
	for _, h := range s.Hosts {
		st.Hosts = append(st.Hosts, hostState{Name: h.Name, FQDN: h.FQDN, Addresses: h.Addresses, DiskMiB: h.DiskMiB})
	}
	return st
}

func (st state) host(name string) (hostState, bool) {
	for _, h := range st.Hosts {
		if h.Name == name {
			return h, true
		}
	}
	return hostState{}, false
}

// write replaces the state file as a whole: a reader sees the old or the new one.
func (st state) write(dir string) error {
	data, err := json.MarshalIndent(st, "", "  ")
	if err != nil {
		return err
	}
	tmp := filepath.Join(dir, "state.json.tmp")
	f, err := os.OpenFile(tmp, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600) //nolint:gosec // the lab's own folder
	if err != nil {
		return err
	}
	_, err = f.Write(append(data, '\n'))
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write the lab's state: %w", err)
	}
	return os.Rename(tmp, filepath.Join(dir, "state.json"))
}

func readState(dir string) (state, error) {
	var st state
	data, err := os.ReadFile(filepath.Join(dir, "state.json")) //nolint:gosec // the lab's own folder
	if errors.Is(err, os.ErrNotExist) {
		return st, fmt.Errorf("%s: %w", dir, ErrUnknownLab)
	}
	if err != nil {
		return st, err
	}
	if err := json.Unmarshal(data, &st); err != nil {
		return st, fmt.Errorf("read the lab's state in %s: %w", dir, err)
	}
	return st, nil
}
