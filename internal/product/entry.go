// Package product reads the catalogue of mail systems: HCL files that say of a
// product which services, data trees, files and databases it has, in which
// order they stop and start, and how to ask it for its version.
//
// Entries are embedded in the program; a user's own files add to them or
// replace them by name.
package product

import "time"

// Command is an argument vector. It never passes through a shell unquoted; an
// empty one means that the product has no such command.
type Command []string

// TreeKind says what a tree holds, and with it what the ledger does with it.
type TreeKind string

// The kinds of trees.
const (
	TreeMail  TreeKind = "mail"  // messages: counted in the ledger
	TreeIndex TreeKind = "index" // made from other data, could be rebuilt
	TreeOther TreeKind = "other" // everything else that must travel
)

// Role says who uses a port.
type Role string

// The roles of ports. The fence closes all of them.
const (
	RoleMail  Role = "mail"
	RoleWeb   Role = "web"
	RoleAdmin Role = "admin"
)

// Entry is one product.
type Entry struct {
	Name, Title string
	// Version prints the installed version, ExternalURL the address that the
	// product gives to clients; both on standard output. Source and target must
	// print the same.
	Version, ExternalURL Command
	// Proof exits 0 where all that shall run on a host runs and answers; a hop of an upgrade is proved by it.
	Proof Command
	// Export writes databases as text among what is backed up, before a backup.
	Export Command
	// Active is how one host of several of a role becomes the one that serves; nil: all do.
	Active *Active
	// SetUp exits 0 where the product's first set-up has been run,
	// Subscription where a valid subscription is installed.
	SetUp, Subscription Command

	Services  []Service
	Trees     []Tree
	Files     []FileGroup
	Databases []Database
	Queue     *Queue     // nil: the product has no queue
	Mailboxes *Mailboxes // nil: nothing is known about mailboxes
	// Volatile are globs of files whose times and sizes say too little (indexes,
	// database files): always compared by content.
	Volatile []string
	// Certificates are files with the TLS certificate that services show, first
	// in each.
	Certificates []string
	// Timers are units (timers, or cron's service) that stay off while fenced.
	Timers []string
	// StopOrder and StartOrder are ranks of service names; a rank runs in
	// parallel. Never empty where there are services: the default stops front
	// services first and starts in reverse.
	StopOrder, StartOrder [][]string
	Ports                 []Port
	Checks                []CheckTemplate
	// BeforeOpen run on the target, behind the fence, once its services run:
	// what decides who may connect, what is accepted and where it is routed.
	BeforeOpen []Job
	Formats    []Format
	Releases   []Release
}

// Active makes one host of a role serve. Status exits 0 where a host does.
type Active struct {
	Role            string
	Status, On, Off Command
}

// Service is something that is started and stopped as one.
type Service struct {
	Name string
	Role string // of the hosts that have it; empty: all
	// Start, Stop and Status are never empty after Load: where the entry gives
	// none they are systemctl's for Units. Status exits 0 while it runs.
	Start, Stop, Status Command
	Units               []string // enabled and disabled at boot; default: Name
	Front               bool     // takes clients' connections: stopped first
	// StopEstimate and StartEstimate are used until something was measured.
	StopEstimate, StartEstimate time.Duration
	Ports                       []int
}

// Tree is a directory whose content travels. Path is absolute and ends in "/".
type Tree struct {
	Path     string
	Kind     TreeKind
	Optional bool // may be missing on the source
	Shared   bool // all hosts of a cluster have this one tree
}

// FileGroup is a set of configuration files, as globs (see Glob).
type FileGroup struct {
	Name     string
	Paths    []string
	Optional bool // no error when nothing matches on the source
	// Unwatched are globs of those files that the product writes anew while it
	// serves: they travel, and their change afterwards is no drift.
	Unwatched []string
}

// Database is one database. User owns it; empty means the engine's superuser.
type Database struct {
	Name, Engine, User string
}

// Queue is the mail queue of the product's MTA. The commands act on all
// messages in it.
type Queue struct {
	Kind      string   // "postfix"
	Directory string   // absolute
	Parts     []string // sub-directories that hold messages
	List      Command  // one line or JSON object a message; empty output: empty queue
	Flush     Command  // try to deliver everything now
	Hold      Command
	Release   Command
	Requeue   Command // route everything again
}

// Mailboxes says how messages that a side took are found, read and added.
type Mailboxes struct {
	Kind     string   // "cyrus" | "dovecot": what file names and the answers of Locate look like
	Messages []string // globs; each file found is one message, and its name is never another's
	User     string   // the commands run as this user; empty: root
	// Session speaks IMAP on standard input and output, for whoever logs in, with
	// any password, whether the product runs or not. Locate takes a folder of
	// messages as last argument and prints whose mailbox it is. Without both,
	// messages are found but cannot be swept.
	Session, Locate Command
	// Renew makes the index of a mailbox anew, whose name it takes as last argument:
	// the mailbox then has a new UIDVALIDITY. Cyrus only.
	Renew Command
}

// Port is a TCP or UDP port at which the product serves.
type Port struct {
	Name   string
	Number int
	Proto  string // "tcp" | "udp"
	Role   Role
}

// CheckTemplate is a check without its address: the port is known, the host is
// not.
type CheckTemplate struct {
	Name, Kind, Expect string
	Port               int // 0: Kind "command"
	Timeout            time.Duration
	Refused            bool
	Command            Command
}

// Job is a command with the name by which the runbook shows it.
type Job struct {
	Name    string
	Command Command
}

// Service returns the service of that name.
func (e *Entry) Service(name string) (*Service, bool) {
	for i := range e.Services {
		if e.Services[i].Name == name {
			return &e.Services[i], true
		}
	}
	return nil, false
}

// DataPaths are the paths of the trees, in the entry's order.
func (e *Entry) DataPaths() []string {
	paths := make([]string, 0, len(e.Trees))
	for _, tree := range e.Trees {
		paths = append(paths, tree.Path)
	}
	return paths
}

// ConfigPaths are the globs of all groups of files, in the entry's order.
func (e *Entry) ConfigPaths() []string {
	var paths []string
	for _, group := range e.Files {
		paths = append(paths, group.Paths...)
	}
	return paths
}
