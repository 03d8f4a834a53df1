package operation_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/operation"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

const fstabText = `# /etc/fstab: what is mounted at boot
UUID=1 / ext4 errors=remount-ro 0 1
tmpfs /tmp tmpfs defaults 0 0 # kept
/dev/vdb1 /srv/other/ ext4 defaults
	#/dev/vdc1 /data ext4 ro
`

// mountinfoText is in the form of proc(5); the second line at /data hides the first.
const mountinfoText = `21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro
30 21 8:16 / /data rw - ext3 /dev/sdb rw
31 21 8:17 / /data rw,nosuid,noatime shared:2 master:1 - ext4 /dev/sdb1 ro,data=ordered
32 21 0:44 / /with\040blank rw,relatime - tmpfs my\040tmp rw,size=1024k
`

// mountTables lays both tables out and gives lines that make the program read them.
func mountTables(t *testing.T, dir string) string {
	t.Helper()
	return "FSTAB=" + words(file(t, dir, "fstab", fstabText)) + " MOUNTINFO=" + words(file(t, dir, "mountinfo", mountinfoText)) + "\nsystemd() { false; }\n"
}

func TestMountRead(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ lines, want string }{
		"the topmost":         {`mount_read /data; echo $M_NUMBER $M_TYPE $M_SOURCE $M_OPTIONS $M_SUPER`, "8:17 ext4 /dev/sdb1 rw,nosuid,noatime ro,data=ordered\n"},
		"with a blank":        {`mount_read '/with blank'; echo $M_TYPE $M_SOURCE`, "tmpfs my tmp\n"},
		"nothing there":       {`mount_read /dat || echo none`, "none\n"},
		"the same name":       {`mount_read '/with blank' && mount_same 'my tmp' '/with blank' tmpfs defaults && echo same`, "same\n"},
		"another type":        {`mount_read '/with blank' && mount_same 'my tmp' '/with blank' ramfs defaults || echo other`, "other\n"},
		"any type":            {`mount_read '/with blank' && mount_same 'my tmp' '/with blank' auto defaults && echo same`, "same\n"},
		"the newer protocol":  {`M_TYPE=nfs4 M_SOURCE=server:/export; mount_same server:/export /x nfs defaults && echo same`, "same\n"},
		"another name":        {`mount_read '/with blank' && mount_same tmpfs '/with blank' tmpfs defaults || echo other`, "other\n"},
		"right options":       {`mount_read /data; mount_wrong ro,noatime,nosuid,nofail,x-systemd.automount`, ""},
		"too few":             {`mount_read /data; mount_wrong ro,nodev`, "with nosuid, without nodev, with noatime\n"},
		"read-only by itself": {`mount_read /data; mount_wrong noatime,nosuid`, "with ro\n"},
		"words that imply":    {`mount_read /data; mount_wrong ro,users,exec,dev,noatime`, ""},
		"taken back":          {`mount_read /data; mount_wrong ro,noatime,nosuid,relatime,suid`, "with nosuid, with noatime\n"},
		"a bind inherits":     {`mount_read /data; mount_wrong bind`, ""},
		"where it is":         {`mount_places 8:17`, "/data\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if diff := cmp.Diff(strings.TrimSpace(test.want), strings.TrimSpace(good(t, dir, mountTables(t, dir)+test.lines))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestMountObstacles(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ call, want string }{
		"nothing":              {"tmpfs @/new tmpfs size=1m", ""},
		"another mount":        {"other /data tmpfs defaults", "path: /dev/sdb1 (ext4) is mounted at /data, not other (tmpfs). Next: unmount it"},
		"not empty":            {"tmpfs @/full tmpfs defaults", "is not empty: 2 entries would be hidden. Next: move them away"},
		"no directory":         {"tmpfs @/full/a tmpfs defaults", "is no directory. Next: name a directory"},
		"a missing device":     {"/dev/no-such @/new ext4 defaults", "device: there is no block device /dev/no-such. Next: attach it"},
		"a missing label":      {"LABEL=no-such @/new ext4 defaults", "device: there is no block device LABEL=no-such"},
		"a missing bind":       {"/no/such @/new none bind", "device: /no/such is not there"},
		"another line":         {"other /tmp/ tmpfs defaults", ""},
		"fstab, the path":      {"none /srv/other tmpfs defaults", "path: line 4 of "},
		"fstab, the device":    {"/dev/vdb1 @/new ext4 defaults", "device: line 4 of "},
		"fstab, another way":   {"/dev/vdb1 /srv/other ext4 ro", "options: line 4 of "},
		"fstab, the same line": {"tmpfs /tmp tmpfs defaults", "!fstab"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			file(t, dir, "full/a", "")
			file(t, dir, "full/b", "")
			got := good(t, dir, mountTables(t, dir)+"mount_obstacles "+strings.ReplaceAll(test.call, "@", dir))
			if without, not := strings.CutPrefix(test.want, "!"); not && strings.Contains(got, without) || !not && !strings.Contains(got, test.want) {
				t.Errorf("%q, want %q", got, test.want)
			}
			if name == "nothing" && got != "" {
				t.Errorf("%q", got)
			}
		})
	}
}

// fstabMachine is a machine whose program has a fstab of its own.
func fstabMachine(t *testing.T, content string) (machine, string) {
	t.Helper()
	m := newMachine(t)
	fstab := filepath.Join(m.work, "fstab")
	if content != "" {
		file(t, m.work, "fstab", content)
		if err := os.Chmod(fstab, 0o664); err != nil {
			t.Fatal(err)
		}
	}
	program := filepath.Join(m.dir, "lib/test/tpm")
	text := strings.Replace(read(t, program), "\nFSTAB=/etc/fstab\n", "\nFSTAB="+words(fstab)+"\n", 1)
	file(t, m.dir, "lib/test/tpm", strings.Replace(text, "\nsystemd() { [ -d /run/systemd/system ]; }\n", "\nsystemd() { false; }\n", 1))
	return m, fstab
}

func fstabOp(device, path string, options ...string) runbook.Operation {
	return operation.WriteFstab(operation.Party{ID: "here", Role: "host"}, runbook.Change, declare.Mount{Device: device, Path: path, Type: "ext4", Options: options})
}

// One line is written, and changed where it is; everything else stays, and undo gives the file back as it was.
func TestFstab(t *testing.T) {
	t.Parallel()
	m, fstab := fstabMachine(t, fstabText)
	run := func(op runbook.Operation, want string) {
		t.Helper()
		epoch := m.prepare(op)
		if got := m.tpm("", "run", "r", epoch, op.ID); got.exit != 0 {
			t.Fatalf("%+v", got)
		}
		if diff := cmp.Diff(want, read(t, fstab)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	run(fstabOp("/dev/#1", "/a b", "noatime"), fstabText+`/dev/\0431 /a\040b ext4 noatime 0 2`+"\n")
	if drift := good(t, m.dir, "FSTAB="+words(fstab)+"\n"+sheetOf(fstabOp("/dev/#1", "/a b", "noatime"))+"probe_all r"); strings.Contains(drift, "drift") {
		t.Error(drift)
	}
	run(fstabOp("/dev/#1", "/a b", "noatime", "nodev"), fstabText+`/dev/\0431 /a\040b ext4 noatime,nodev 0 2`+"\n")
	other := fstabOp("/dev/#1", "/a b")
	drift := good(t, m.dir, "FSTAB="+words(fstab)+"\n"+sheetOf(other)+"probe_all r")
	if !strings.Contains(drift, "line 6 of "+fstab+" is not as declared") {
		t.Errorf("%q", drift)
	}
	if info, err := os.Stat(fstab); err != nil || info.Mode().Perm() != 0o664 {
		t.Errorf("%v, %v", info, err)
	}
	undo := func(want string) {
		t.Helper()
		if got := m.tpm("", "retract", "r", m.prepare(other)); got.exit != 0 {
			t.Fatalf("%+v", got)
		}
		if diff := cmp.Diff(want, read(t, fstab)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	undo(fstabText)
	undo(fstabText)
	run(other, fstabText+`/dev/\0431 /a\040b ext4 defaults 0 2`+"\n")
	file(t, m.work, "fstab", "# someone's\n"+read(t, fstab)+"# later\n")
	undo("# someone's\n" + fstabText + "# later\n")
}

func TestFstabThatIsNotThere(t *testing.T) {
	t.Parallel()
	m, fstab := fstabMachine(t, "")
	op := fstabOp("/dev/x", "/x")
	if got := m.tpm("", "run", "r", m.prepare(op), op.ID); got.exit != 0 || read(t, fstab) != "/dev/x /x ext4 defaults 0 2\n" {
		t.Fatalf("%+v, %q", got, read(t, fstab))
	}
	if got := m.tpm("", "retract", "r", m.prepare(op)); got.exit != 0 {
		t.Fatalf("%+v", got)
	}
	if _, err := os.Stat(fstab); !os.IsNotExist(err) {
		t.Errorf("it is there: %v", err)
	}
}

// Real mounts, in a name space of their own: mounted, changed, in use, unmounted.
func TestMountPath(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const lines = `
FSTAB=$J/fstab
systemd() { false; }
at="$J/deep/it's mounted"
state() { mount_read "$at" && echo "$M_TYPE $M_SOURCE $(mount_wrong "$1")." || echo "none $(ls -A "$J" | grep -c deep)"; }
mount_path_do 'my tmp' "$at/" tmpfs size=1m,noatime
mount_path_verify 'my tmp' "$at/" tmpfs size=1m,noatime
state size=1m,noatime
mount_path_do 'my tmp' "$at/" tmpfs size=1m,nodev
mount_path_verify 'my tmp' "$at/" tmpfs size=1m,nodev
state size=1m,nodev
echo x >"$at/open"
(exec 5<"$at/open"; sleep 60) &
await 10 test -e "/proc/$!/fd/5"
(mount_path_undo 'my tmp' "$at" tmpfs size=1m,nodev) 2>&1 | grep -c "process $! (s.*) has $at/open open.*Next: stop who uses it"
kill "$!"
wait "$!" || :
mount_path_undo 'my tmp' "$at" tmpfs size=1m,nodev
state
mkdir "$J/from" "$J/to"; : >"$J/from/x"
mount_path_do "$J/from" "$J/to" none bind,ro
mount_path_verify "$J/from" "$J/to" none bind,ro
ls "$J/to"
(mount_path_do "$J/from" "$J/from" none bind) 2>&1 | grep -c 'is not empty'
(mount_path_do tmpfs "$J/to" tmpfs defaults) 2>&1 | grep -c 'is mounted at'
`
	script, err := operation.Inline(dir, "SELF=/nowhere/tpm EPOCH=1\nuse_run r\nuse_op op\nmkdir -p \"$OD\" \"$B\"\nset -eu\n"+lines, ":")
	if err != nil {
		t.Fatal(err)
	}
	alone := []string{"unshare", "--mount"}
	if os.Geteuid() != 0 {
		alone = append(alone, "--map-root-user")
	}
	got := sh(t, "", "-euc", words(append(alone, "sh", file(t, dir, "script", script))...))
	want := "tmpfs my tmp .\ntmpfs my tmp .\n1\nnone 0\nx\n1\n1\n"
	if diff := cmp.Diff(want, got.out); diff != "" || got.exit != 0 {
		t.Errorf("exit %d, %s\n(-want +got):\n%s", got.exit, got.err, diff)
	}
}
