#!/bin/sh
# The group's nightly backup of one host: backup HOST [-n]. What it says goes to ~/log/HOST.log.
set -eu
host=$1
dry=${2:-}
mkdir -p "$HOME/log" "$HOME/backup/$host"
# shellcheck disable=SC2086 # no option is no word
exec rsync $dry -av --delete --rsh 'ssh -q -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null' \
	"$host-itpass.scitec.kobe-u.ac.jp:/home/itpass/" "$HOME/backup/$host/" >"$HOME/log/$host.log" 2>&1
