#!/bin/sh
# qmail-inject: a stand-in made for the lab. The message is on standard input, with its recipients.
exec /usr/sbin/sendmail -t "$@"
