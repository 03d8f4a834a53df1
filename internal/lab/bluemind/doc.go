// Package bluemind declares the lab of the BLUEMIND procedure: a source "old" and
// a target "new" with Postfix, Cyrus IMAP and PostgreSQL under a stand-in for the
// product's own commands, a name server "ns", and a "client".
package bluemind
