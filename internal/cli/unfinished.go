package cli

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/executor"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/remote"
)

// story is a run with what each host asked knows of it.
type story struct {
	executor.Record
	hosts map[string]executor.Journaled // by host id
}

// committed reports whether the run's target began to serve by it.
func (s story) committed() bool {
	for _, h := range s.hosts {
		if h.Cut || h.Decision == "commit" {
			return true
		}
	}
	return false
}

// over reports whether the run came to its end: as its controller said, or as the hosts did by themselves.
func (s story) over() bool {
	settled, open := true, 0
	for _, h := range s.hosts {
		if h.Timer != "done" {
			return false
		}
		settled = settled && (h.Outcome == executor.Settled || h.Outcome == executor.Held)
		open += h.Open
	}
	return settled || open == 0 && !s.committed()
}

// reverting reports whether it was decided that the run is taken back.
func (s story) reverting() bool {
	for _, h := range s.hosts {
		if h.Decision == "revert" {
			return true
		}
	}
	return false
}

// left is the shortest time to a deadline; false: no timer is armed.
func (s story) left() (time.Duration, bool) {
	var shortest time.Duration
	armed := false
	for _, h := range s.hosts {
		if h.Timer != "done" && (!armed || h.Left < shortest) {
			shortest, armed = h.Left, true
		}
	}
	return shortest, armed
}

// stories reads all runs from the hosts given and, by their records, from the others that took part; oldest first.
func (r *rescue) stories(ctx context.Context) ([]story, error) {
	found := map[string]*story{}
	ask := func(host remote.Endpoint) error {
		runs, err := r.controller.Journaled(ctx, host.ID)
		if err != nil {
			return err
		}
		for _, run := range runs {
			if found[run.Run] == nil {
				record, err := r.controller.Record(ctx, host.ID, run.Run)
				if err != nil {
					return err
				}
				found[run.Run] = &story{Record: record, hosts: map[string]executor.Journaled{}}
			}
			found[run.Run].hosts[host.ID] = run
		}
		return nil
	}
	asked := map[string]bool{}
	for _, host := range r.hosts {
		asked[host.ID] = true
		if err := ask(host); err != nil {
			return nil, err
		}
	}
	newest := newestMove(found)
	for _, name := range sorted(found) {
		if found[name].over() && name != newest {
			continue
		}
		for _, host := range found[name].Hosts {
			if asked[host.ID] {
				continue
			}
			asked[host.ID] = true
			r.controller.Register(host)
			if err := ask(host); err != nil {
				return nil, fmt.Errorf("run %s took place on %s too: %w", name, strings.Join(host.Addresses, " or "), err)
			}
		}
	}
	all := make([]story, 0, len(found))
	for _, name := range sorted(found) {
		all = append(all, *found[name])
	}
	slices.SortStableFunc(all, func(a, b story) int { return a.Begun.Compare(b.Begun) })
	return all, nil
}

// newestMove is the name of the run that moved a service, or was to, last; empty: none was.
func newestMove(found map[string]*story) string {
	newest := ""
	for _, name := range sorted(found) {
		if found[name].Runbook.Timer != 0 && (newest == "" || found[name].Begun.After(found[newest].Begun)) {
			newest = name
		}
	}
	return newest
}

func sorted(m map[string]*story) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// choose picks the run that is meant: the one that -run names, else the newest that fits.
func (r *rescue) choose(all []story, fits func(story) bool, none string) (story, error) {
	for _, s := range slices.Backward(all) {
		if (r.named == "" || s.Run == r.named) && fits(s) {
			return s, nil
		}
	}
	var known []string
	for _, s := range all {
		known = append(known, s.Run)
	}
	return story{}, fmt.Errorf("%s; the journals know: %s", none, strings.Join(known, ", "))
}

// passwords reads them from the file that -passwords names, else from the environment: a JSON object of passwords by database or user.
func (r *rescue) passwords(cutover *declare.Cutover) (map[string]string, error) {
	text, from := os.Getenv(executor.PasswordsVariable), executor.PasswordsVariable
	if r.passwordFile != "" {
		data, err := os.ReadFile(r.passwordFile)
		if err != nil {
			return nil, fmt.Errorf("read the passwords: %w", err)
		}
		text, from = string(data), r.passwordFile
	}
	given, err := executor.ReadPasswords(text, from)
	if err != nil {
		return nil, err
	}
	if cutover == nil {
		return given, nil
	}
	return declare.Passwords(cutover.Dumps, given), nil
}

// tell prints how a run stands.
func (r *rescue) tell(s story) error {
	text := "run " + s.Run + " of " + s.Resource + ", begun " + s.Begun.Format(time.RFC3339)
	if s.committed() {
		text += ", committed"
	}
	if left, armed := s.left(); armed {
		text += "; its timers are armed: the first acts in " + left.String()
	}
	for _, host := range s.Hosts {
		known, asked := s.hosts[host.ID]
		if !asked {
			continue
		}
		text += "\n  " + strings.Join(host.Addresses, ", ") + ": timer " + known.Timer + ", decision " + known.Decision + ", outcome " + string(known.Outcome) +
			", " + strconv.Itoa(known.Open) + " operations open"
	}
	return r.say("%s", text)
}
