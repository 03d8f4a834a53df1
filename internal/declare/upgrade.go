package declare

import "time"

// Strategies of an upgrade.
const (
	InPlace    = "in_place"
	SideBySide = "side_by_side"
	Coexistent = "coexistent"
)

// Upgrade is what mail_upgrade declares, with the product's entry merged in: hops from the version that serves to the one that shall.
type Upgrade struct {
	Name    string `json:"name"`
	Product string `json:"product"`
	Version string `json:"version"` // that serves when nothing is left to be done
	// Hops are those that are still to be made, in turn; none: nothing is upgraded.
	Hops []Hop `json:"hops,omitempty"`
	// Begun: a hop of the declaration has been made before, so that what comes before the first one is done.
	Begun bool `json:"begun,omitempty"`

	Hosts      []UpgradeHost `json:"hosts"` // by name
	Services   []RoleService `json:"services"`
	StopOrder  [][]string    `json:"stop_order"`
	StartOrder [][]string    `json:"start_order"`
	Quiesce    []Placed      `json:"quiesce,omitempty"`

	Backup   HopBackup       `json:"backup,omitzero"`
	Shared   []string        `json:"shared,omitempty"` // trees that all hosts have in common, with a slash at the end
	Storage  *Storage        `json:"storage,omitempty"`
	SwitchTo string          `json:"switch_to,omitempty"` // name of a host that stands by
	Active   *ActiveCommands `json:"active,omitempty"`

	Ask    []string `json:"ask"` // prints the installed version
	Proof  []string `json:"proof,omitempty"`
	Export []string `json:"export,omitempty"`

	Ports     []int   `json:"ports,omitempty"` // what clients reach: the fence closes them
	SMTPPorts []int   `json:"smtp_ports,omitempty"`
	Checks    []Check `json:"checks,omitempty"`
	Jobs      []Job   `json:"jobs,omitempty"`

	Estimates UpgradeEstimates `json:"estimates,omitzero"`
	Window    Window           `json:"window,omitzero"`
	OnFailure string           `json:"on_failure,omitempty"` // back_out | halt
}

// Hop is one step from a version to the next.
type Hop struct {
	Version      string   `json:"version"`
	From         string   `json:"from"`
	FormatChange string   `json:"format_change,omitempty"`
	ConvertsLate bool     `json:"converts_late,omitempty"` // the data changes when it starts, not when it is installed
	Ready        []string `json:"ready,omitempty"`         // exits 0 where what the version needs is at hand
	ReadyBack    []string `json:"ready_back,omitempty"`    // the same for the version before it
	Install      []string `json:"install"`
	Recover      []string `json:"recover"`
	Jobs         []HopJob `json:"jobs,omitempty"`
}

// Moments of a hop at which a job runs.
const (
	BeforeInstall = "before_install"
	BeforeStart   = "before_start"
	AfterStart    = "after_start"
	AfterProof    = "after_proof"
)

// HopJob is a command of a hop at one of its moments.
type HopJob struct {
	Name    string   `json:"name"`
	Command []string `json:"command"`
	At      string   `json:"at"`
	Roles   []string `json:"roles,omitempty"` // empty: all
	After   string   `json:"after,omitempty"` // a service
}

// UpgradeHost is a host of an upgrade.
type UpgradeHost struct {
	Name     string `json:"name"`
	ID       string `json:"id"`
	Role     string `json:"role"`
	Active   bool   `json:"active"` // its services run; others stand by
	Strategy string `json:"strategy"`
}

// RoleService is a service of a role; an empty role: of all.
type RoleService struct {
	Service
	Role string `json:"role,omitempty"`
}

// ActiveCommands make one host of a role the one that serves.
type ActiveCommands struct {
	Role   string   `json:"role"`
	Status []string `json:"status"`
	On     []string `json:"on"`
	Off    []string `json:"off"`
}

// HopBackup is the backup before each hop: on every active host those of the paths that are its own, and what all share once.
type HopBackup struct {
	Paths     []string `json:"paths"`
	Directory string   `json:"directory"`
}

// Storage is a file system that takes the place of another before the first hop.
type Storage struct {
	Device       string   `json:"device"`
	Path         string   `json:"path"`
	PreviousPath string   `json:"previous_path"`
	Copy         []string `json:"copy,omitempty"` // below PreviousPath
	Type         string   `json:"type"`
	Options      []string `json:"options,omitempty"`
	Hosts        []string `json:"hosts,omitempty"` // names; empty: all
}

// UpgradeEstimates are what steps are expected to take; zero: not declared. Each is for a step as a whole, but Quiesce and Mount: for one of them.
type UpgradeEstimates struct {
	Quiesce  time.Duration `json:"quiesce,omitempty"`
	Stop     time.Duration `json:"stop,omitempty"`
	Backup   time.Duration `json:"backup,omitempty"`
	Mount    time.Duration `json:"mount,omitempty"`
	Copy     time.Duration `json:"copy,omitempty"`
	Install  time.Duration `json:"install,omitempty"`
	Start    time.Duration `json:"start,omitempty"`
	Recover  time.Duration `json:"recover,omitempty"`
	Switch   time.Duration `json:"switch,omitempty"`
	Validate time.Duration `json:"validate,omitempty"`
	Jobs     time.Duration `json:"jobs,omitempty"`
	Verify   time.Duration `json:"verify,omitempty"`
}

// Host gives the host of a name.
func (u Upgrade) Host(name string) (UpgradeHost, bool) {
	for _, h := range u.Hosts {
		if h.Name == name {
			return h, true
		}
	}
	return UpgradeHost{}, false
}
