#!/bin/sh
# qmail-showctl: a stand-in made for the lab. It tells what Postfix makes of qmail's control files.
printf 'me: My name is %s.\n' "$(postconf -h myhostname)"
sed 's/^/locals: Messages for this host are local: /' /var/qmail/control/locals
sed 's/^/rcpthosts: SMTP clients may send messages to recipients at /' /var/qmail/control/rcpthosts
