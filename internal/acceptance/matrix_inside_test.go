//go:build lab

package acceptance_test

import (
	"os"
	"strings"
)

// inside is the place in the middle of an operation: a program has done its work for it, and it has not gone on yet.
const inside = "inside"

// Programs stand before the hosts' own ones. Below faultDir say "op" and "event" where a run shall stand still as long as "at" is there, and "fails" that it
// shall end in an error then; "note" gathers which operations have programs work for them.

// whose prints the operation that a program works for, by the command line that started it; nothing where there is none.
const whose = `whose() {
	pid=$PPID
	while [ "$pid" -gt 1 ]; do
		line=$(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline") || return 0
		line=${line% }
		case $line in *"/tpm exec "*) echo "${line##* }" && return 0 ;; esac
		pid=$(awk '/^PPid:/ { print $2 }' "/proc/$pid/status" 2>/dev/null) && [ -n "$pid" ] || return 0
	done
}
dir=` + faultDir + `
# here EVENT: this is where the run shall stand still. Others, which begin and end at the same time, go on.
here() { [ -e $dir/at ] && grep -qx "$1" $dir/event && [ "$(whose)" = "$(cat $dir/op)" ]; }
stand() {
	: >$dir/reached
	while [ -e $dir/at ]; do sleep 0.05; done
}
`

// syncing is sync: it knows a boundary by the newest record of the operation in the journal that it is to put on the disk. A failure there is one in the
// second try, too.
const syncing = `#!/bin/sh
` + whose + `
event=
case $1 in
*/journal) [ ! -e $dir/at ] || event=$(grep -F "\"op\":\"$(cat $dir/op)\"" "$1" | tail -n 1 | sed 's/.*"event":"\([a-z]*\)".*/\1/') ;;
'') [ ! -e $dir/failing ] || { rm $dir/failing; exit 1; } ;;
esac
if [ -n "$event" ] && here "$event"; then
	stand
	[ ! -e $dir/fails ] || { rm $dir/fails; : >$dir/failing; exit 1; }
fi
exec /usr/bin/sync "$@"
`

// tool is rsync, or runuser, by which all of PostgreSQL's programs are started.
const tool = `#!/bin/sh
` + whose + `
[ ! -e $dir/note ] || whose >>$dir/note
here inside || exec REAL "$@"
code=0
REAL "$@" || code=$?
stand
[ ! -e $dir/fails ] || { rm $dir/fails; exit 1; }
exit $code
`

// programs lays them on a host, with nothing to do yet.
func (x *matrix) programs(host machine) {
	x.t.Helper()
	host.sh("rm -rf " + faultDir + "; mkdir -p " + faultDir)
	for name, text := range map[string]string{
		"sync": syncing, "rsync": strings.ReplaceAll(tool, "REAL", "/usr/bin/rsync"), "runuser": strings.ReplaceAll(tool, "REAL", "/usr/sbin/runuser"),
	} {
		x.must(host.WriteFile(x.t.Context(), "/usr/local/bin/"+name, []byte(text), 0o755))
	}
}

// note has the hosts note which operations have programs work for them.
func (x *matrix) note() {
	x.t.Helper()
	for _, host := range []machine{x.old, x.new} {
		x.programs(host)
		host.sh("install -m 666 /dev/null " + faultDir + "/note")
	}
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
