#!/bin/sh
# Stops Cyrus. Its master, asked to end while connections wait to be accepted, can
# spin over its sockets for ever and reap nobody. So every child is asked as well,
# and lets its client go in good order; when none is left alive, the master, which
# holds no mail, is killed.
# usage: cyrus-stop.sh MASTER_PID
set -u
master=$1
quiet=0
kill -TERM "$master" 2>/dev/null
while [ "$quiet" -lt 3 ]; do
	kill -0 "$master" 2>/dev/null || exit 0
	children=$(pgrep -P "$master" -r R,S,D)
	if [ -n "$children" ]; then
		quiet=0
		# shellcheck disable=SC2086 # a list of process ids
		kill -TERM $children 2>/dev/null
	else
		quiet=$((quiet + 1))
	fi
	sleep 0.1
done
kill -KILL "$master" 2>/dev/null || exit 0
