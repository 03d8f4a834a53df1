// Package remote reaches hosts by SSH. A host is its host key: addresses are
// only places to look for it. Every host has one kept, multiplexed connection,
// below the server's limit of sessions, watched by keep-alive and dialled anew
// when it was lost. Nothing is ever run on a machine that did not prove the
// pinned key. All command lines of the project are made by [Quote].
//
// This is the only package that imports golang.org/x/crypto/ssh.
package remote
