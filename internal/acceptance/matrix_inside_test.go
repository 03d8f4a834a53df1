//go:build lab

package acceptance_test

import (
	"os"
	"strings"
)

// inside is the place in the middle of an operation: a program has done its work for it, and it has not gone on yet.
const inside = "inside"

// tool stands before a program that works for operations: rsync, and runuser, by which all of PostgreSQL's are started. It finds out for which operation, by
// the command line that started it, notes it if it is asked to, and stands still after its work for the one that the fault is meant for.
const tool = `#!/bin/sh
dir=` + faultDir + `
[ -e $dir/note ] || [ -e $dir/inside ] || exec REAL "$@"
pid=$PPID op=
while [ "$pid" -gt 1 ]; do
	line=$(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline") || break
	case $line in *"/tpm exec "*) op=${line% } op=${op##* } && break ;; esac
	pid=$(awk '/^PPid:/ { print $2 }' "/proc/$pid/status" 2>/dev/null) && [ -n "$pid" ] || break
done
[ -z "$op" ] || [ ! -e $dir/note ] || echo "$op" >>$dir/note
[ -n "$op" ] && [ "$op" = "$(cat $dir/inside 2>/dev/null)" ] || exec REAL "$@"
code=0
REAL "$@" || code=$?
: >$dir/reached
while [ -e $dir/at ]; do sleep 0.05; done
[ ! -e $dir/fails ] || { rm $dir/fails; exit 1; }
exit $code
`

// tools lays the programs on a host, with nothing to do yet.
func (x *matrix) tools(host machine) {
	x.t.Helper()
	host.sh("rm -rf " + faultDir + "; mkdir -p " + faultDir)
	for name, real := range map[string]string{"rsync": "/usr/bin/rsync", "runuser": "/usr/sbin/runuser"} {
		x.must(host.WriteFile(x.t.Context(), "/usr/local/bin/"+name, []byte(strings.ReplaceAll(tool, "REAL", real)), 0o755))
	}
}

// settleNoting brings service to a side and has the hosts note which operations have programs work for them.
func (x *matrix) settleNoting(to string) {
	x.t.Helper()
	for _, host := range []machine{x.old, x.new} {
		x.tools(host)
		host.sh("install -m 666 /dev/null " + faultDir + "/note")
	}
	x.settle(to)
}

// noted lists those operations.
func (x *matrix) noted() []string {
	x.t.Helper()
	var ops []string
	for _, host := range sides() {
		text, err := os.ReadFile(x.path(host, faultDir, "note"))
		x.must(err)
		ops = append(ops, strings.Fields(string(text))...)
	}
	return ops
}
