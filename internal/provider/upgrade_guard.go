package provider

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	tfpath "github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
)

// sound reports what of a declaration does not fit together, each at its attribute.
func sound(u declare.Upgrade) error {
	return errors.Join(soundHosts(u), soundBackup(u), soundStorage(u))
}

// soundHosts: every host has a role that the product knows, and every role of its services a host that is active.
func soundHosts(u declare.Upgrade) error {
	var errs []error
	var roles []string
	for _, s := range u.Services {
		if s.Role != "" && !slices.Contains(roles, s.Role) {
			roles = append(roles, s.Role)
		}
	}
	for i, h := range u.Hosts {
		at := tfpath.Root("hosts").AtMapKey(h.Name)
		if len(roles) > 0 && !slices.Contains(roles, h.Role) {
			errs = append(errs, within(at.AtName("role"), fmt.Errorf("%s has no role %q; its roles are %s", u.Product, h.Role, strings.Join(roles, ", "))))
		}
		if slices.ContainsFunc(u.Hosts[:i], func(other declare.UpgradeHost) bool { return other.ID == h.ID }) {
			errs = append(errs, within(at.AtName("id"), errors.New("the same host is there under another name")))
		}
	}
	for _, role := range roles {
		if !slices.ContainsFunc(u.Hosts, func(h declare.UpgradeHost) bool { return h.Role == role && h.Active }) {
			errs = append(errs, about("hosts", fmt.Errorf("no active host has the role %s: nothing would run its services", role)))
		}
	}
	return errors.Join(errs...)
}

func soundSwitch(u declare.Upgrade) error {
	to, known := u.Host(u.SwitchTo)
	switch {
	case u.SwitchTo == "":
		return nil
	case !known:
		return about("switch_to", fmt.Errorf("%q is none of hosts", u.SwitchTo))
	case u.Active == nil:
		return about("switch_to", fmt.Errorf("the catalogue does not say how a host of %s becomes the active one", u.Product))
	case to.Role != u.Active.Role:
		return about("switch_to", fmt.Errorf("%s has the role %s; one host of the role %s is the active one", to.Name, to.Role, u.Active.Role))
	}
	return nil
}

// within is a fault of an attribute that is part of another one: Terraform shows the line of that.
func within(at tfpath.Path, err error) error {
	outer, _ := at.Steps().NextStep()
	return about(outer.String(), fmt.Errorf("%s: %w", at, err))
}

func below(path, folder string) bool { return strings.HasPrefix(path+"/", folder+"/") }

func soundBackup(u declare.Upgrade) error {
	at := tfpath.Root("backup").AtName("directory")
	for _, p := range u.Backup.Paths {
		if below(u.Backup.Directory, p) {
			return within(at, fmt.Errorf("%s lies inside %s: each backup would hold all earlier ones. Name a directory outside of every path, best on another disk", u.Backup.Directory, p))
		}
	}
	if u.Storage != nil && u.Backup.Directory != "" && below(u.Backup.Directory, u.Storage.Path) {
		return within(at, fmt.Errorf("%s lies on the file system that storage replaces: the backup would be out of sight", u.Backup.Directory))
	}
	return nil
}

func soundStorage(u declare.Upgrade) error {
	s := u.Storage
	if s == nil {
		return nil
	}
	var errs []error
	if below(s.PreviousPath, s.Path) || below(s.Path, s.PreviousPath) {
		errs = append(errs, within(tfpath.Root("storage").AtName("previous_path"), fmt.Errorf("%s and %s lie in each other", s.PreviousPath, s.Path)))
	}
	for _, name := range s.Hosts {
		if _, known := u.Host(name); !known {
			errs = append(errs, within(tfpath.Root("storage").AtName("hosts"), fmt.Errorf("%q is none of hosts", name)))
		}
	}
	return errors.Join(errs...)
}

// estimated: where the time is bounded, nothing that the procedure does may be without an estimate.
func estimated(u declare.Upgrade) error {
	if u.Window == (declare.Window{}) || len(u.Hops) == 0 {
		return nil
	}
	e := u.Estimates
	online := slices.ContainsFunc(u.Jobs, func(j declare.Job) bool { return !j.BeforeOpen })
	stored := u.Storage != nil && !u.Begun
	var errs []error
	for _, need := range []struct {
		name   string
		value  time.Duration
		needed bool
	}{
		{"quiesce", e.Quiesce, len(u.Quiesce) > 0},
		{"stop", e.Stop, true},
		{"backup", e.Backup, len(u.Backup.Paths) > 0},
		{"mount", e.Mount, stored},
		{"copy", e.Copy, stored && len(u.Storage.Copy) > 0},
		{"install", e.Install, true},
		{"start", e.Start, true},
		{"recover", e.Recover, true},
		{"switch", e.Switch, u.SwitchTo != ""},
		{"validate", e.Validate, u.SwitchTo != ""},
		{"jobs", e.Jobs, online},
		{"verify", e.Verify, true},
	} {
		if need.needed && need.value == 0 {
			errs = append(errs, within(tfpath.Root("estimates").AtName(need.name), fmt.Errorf("window bounds the time, and how long %s takes is not declared", need.name)))
		}
	}
	return errors.Join(errs...)
}
