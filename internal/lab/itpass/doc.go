// Package itpass declares the lab of the ITPASS procedure: two servers, "old" and
// "new", that exchange names and addresses, with stand-ins for qmail, tcpserver,
// qpopper and ezmlm on top of Postfix, Dovecot and mlmmj, apache2 with a wiki and
// an account tool, and BIND; the university's name server "ns", and a "client"
// that is the outside world and the group's machine for backups.
package itpass
