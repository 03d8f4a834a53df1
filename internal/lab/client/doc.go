// Package client is a mail client for the lab: it keeps sending and reading mail,
// writes down what became of every message, measures outages as a client sees
// them, and accounts for all of it afterwards: the ledger.
//
// It says only what it knows: a message whose fate it did not see is unknown,
// neither accepted nor refused.
package client
