// Package lab makes several hosts on one Linux machine: each with its own name,
// addresses, file system, processes and systemd as PID 1, on a private network
// with a switch, so that faults can be injected for real.
//
// A host is an overlay on one shared Debian tree, booted by systemd-nspawn in a
// named network namespace. Everything of a lab has its name in it; its folder
// holds a state file, written before the first thing is made, from which Down
// removes everything again. Root is needed.
package lab
