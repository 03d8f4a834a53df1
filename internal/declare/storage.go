package declare

// Backup is what mail_backup declares: trees and databases of one host, kept on that host.
type Backup struct {
	Name      string     `json:"name"`
	Host      string     `json:"host"`
	Paths     []string   `json:"paths,omitempty"`
	Databases []Database `json:"databases,omitempty"`
	Snapshot  string     `json:"snapshot,omitempty"` // none | btrfs
	Directory string     `json:"directory"`
	Retain    int        `json:"retain,omitempty"`       // how many are kept; zero: all
	Seconds   float64    `json:"last_seconds,omitempty"` // what the last one took; never part of a digest
}

// Database is one database of an engine.
type Database struct {
	Engine string `json:"engine"` // postgresql
	Name   string `json:"name"`
}

// Mount is what mail_mount declares: a file system at its place, now and at boot.
type Mount struct {
	Name    string   `json:"name"`
	Host    string   `json:"host"`
	Device  string   `json:"device"`
	Path    string   `json:"path"`
	Type    string   `json:"type,omitempty"`
	Options []string `json:"options,omitempty"`
}
