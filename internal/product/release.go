package product

import (
	"fmt"

	"github.com/hashicorp/go-version"
)

// Format names a data format and the versions that write it.
type Format struct {
	Name     string
	Versions string   // constraint, such as ">= 4.0, < 5.0"
	Reads    []string // names of other formats that these versions read as well
}

// When a release converts the data.
const (
	ConvertsAtInstall = "install"
	ConvertsAtStart   = "start"
)

// Release is a version to which the product can be upgraded.
type Release struct {
	Version string
	From    []string // versions from which this one is reached in one hop
	// Strategies are those allowed for each component (role).
	Strategies []RoleStrategy
	Why        string // the reason for the path and the strategies, for people
	// FormatChange says what changes in the data; empty: nothing. With a change
	// there is no way back but the backup.
	FormatChange string
	// Converts says when the data is changed: while the version is installed, or
	// not before it starts (ConvertsAtInstall, ConvertsAtStart).
	Converts string
	// Ready exits 0 where what Install and Recover need is at hand.
	Ready   Command
	Install Command
	Recover Command // installs the previous version again
	Jobs    []ReleaseJob
	Ports   []ReleasePort // that the host's services file must have with this version
}

// ReleaseJob is a command that a hop runs, on the hosts of its roles.
type ReleaseJob struct {
	Job
	At    string   // a moment of declare.Hop
	Roles []string // empty: on the hosts of all roles
	From  []string // only in hops from these versions; empty: from all
	After string   // declare.AfterStart: the service that it follows; empty: all
}

// ReleasePort is a line of the services file.
type ReleasePort struct {
	Name   string
	Number int
	Proto  string
	From   []string // only in hops from these versions; empty: from all
}

// RoleStrategy are the strategies that a role allows: "in_place",
// "side_by_side", "coexistent".
type RoleStrategy struct {
	Role        string
	From        []string // in hops from these versions; empty: from all
	Allowed     []string
	Recommended []string // of those that are allowed; empty: all
	Why         string
}

// Strategy gives what a role allows in a hop from a version; false: the entry
// says nothing about it.
func (r *Release) Strategy(role, from string) (RoleStrategy, bool) {
	for _, s := range r.Strategies {
		if s.Role == role && (len(s.From) == 0 || contains(s.From, from)) {
			return s, true
		}
	}
	return RoleStrategy{}, false
}

// Reads reports whether version reader reads the data that version writer
// wrote, and the reason. Versions that the entry says nothing about do not.
func (e *Entry) Reads(reader, writer string) (bool, string) {
	if reader == writer {
		return true, "same version"
	}
	own, why := e.format(reader)
	if own == nil {
		return false, why
	}
	other, why := e.format(writer)
	if other == nil {
		return false, why
	}
	if own.Name == other.Name {
		return true, fmt.Sprintf("both use format %q", own.Name)
	}
	for _, name := range own.Reads {
		if name == other.Name {
			return true, fmt.Sprintf("%s %s reads format %q", e.Title, reader, name)
		}
	}
	return false, fmt.Sprintf("%s %s uses format %q and does not read %q, which %s writes",
		e.Title, reader, own.Name, other.Name, writer)
}

// format finds the format that a version writes, or says why there is none.
func (e *Entry) format(text string) (*Format, string) {
	v, err := version.NewVersion(text)
	if err != nil {
		return nil, fmt.Sprintf("%q is not a version", text)
	}
	for i := range e.Formats {
		constraint, err := version.NewConstraint(e.Formats[i].Versions)
		if err == nil && constraint.Check(v) {
			return &e.Formats[i], ""
		}
	}
	return nil, fmt.Sprintf("the entry %q says nothing about the data format of version %s", e.Name, text)
}

// Path returns the hops from one version to another, the shortest path, without
// the first version and with the last. The error names the versions reachable.
func (e *Entry) Path(from, to string) ([]string, error) {
	if from == to {
		return nil, nil
	}
	previous := map[string]string{from: ""}
	queue := []string{from}
	var reached []string
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		for _, release := range e.Releases {
			if _, seen := previous[release.Version]; seen || !contains(release.From, at) {
				continue
			}
			previous[release.Version] = at
			reached = append(reached, release.Version)
			queue = append(queue, release.Version)
		}
	}
	if _, ok := previous[to]; !ok {
		return nil, &PathError{Product: e.Name, From: from, To: to, Reachable: reached}
	}
	var hops []string
	for at := to; at != from; at = previous[at] {
		hops = append([]string{at}, hops...)
	}
	return hops, nil
}

// Release returns the release of a version.
func (e *Entry) Release(text string) (*Release, bool) {
	for i := range e.Releases {
		if e.Releases[i].Version == text {
			return &e.Releases[i], true
		}
	}
	return nil, false
}

// PathError says that no path of upgrades leads from one version to another.
type PathError struct {
	Product, From, To string
	Reachable         []string
}

// Error names what can be reached instead.
func (e *PathError) Error() string {
	if len(e.Reachable) == 0 {
		return fmt.Sprintf("%s: no upgrade leads from %s to %s; nothing is known to follow %s", e.Product, e.From, e.To, e.From)
	}
	return fmt.Sprintf("%s: no upgrade leads from %s to %s; from %s these can be reached: %s",
		e.Product, e.From, e.To, e.From, list(e.Reachable))
}

// PathsTo names the paths of upgrades that the entry knows, one a text, such as "6.7 → 7.0".
func (e *Entry) PathsTo() []string {
	var paths []string
	for _, release := range e.Releases {
		for _, from := range release.From {
			paths = append(paths, from+" → "+release.Version)
		}
	}
	return paths
}
