package operation_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// loginHost plays a host: authorized_keys, sshd's configuration, where what comes first counts, and what watches are files below the journal's folder;
// NOW is its clock.
const loginHost = `
access_file() { cat "$RD/access" 2>/dev/null || echo "$J/home/.ssh/authorized_keys"; }
login_user() { id -un; }
SSHD_CONFIG=$J/etc/sshd_config
sshd_root() {
	{
		cat "$J/etc/match" 2>/dev/null || :
		while IFS= read -r _l || [ -n "$_l" ]; do
			case $_l in Include*) cat "$J"/etc/sshd_config.d/*.conf 2>/dev/null || : ;; *) printf '%s\n' "$_l" ;; esac
		done <"$SSHD_CONFIG"
	} | sed -n 's/^PermitRootLogin //p' | head -n 1
}
sshd_valid() { ! grep -q BROKEN "$SSHD_CONFIG"; }
sshd_reload() { echo reload >>"$J/reloads"; }
login_watch() { : >"$J/watch.$1"; }
login_watched() { [ -e "$J/watch.$1" ]; }
login_unwatch() { rm -f "$J/watch.$1"; }
wall_seconds() { cat "$J/now"; }
[ -e "$J/now" ] || echo 1800000000 >"$J/now"
set -eu
`

// told is what an operation gets on standard input.
const told = `grant() { printf 'question ssh-ed25519 AAAAkey\nfrom 192.0.2.22,192.0.2.25\n' >"$OD/told"; "grant_login_$@"; }
`

func sshdConfig(t *testing.T, dir, text string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(dir, "etc/sshd_config.d"), 0o755); err != nil {
		t.Fatal(err)
	}
	path := file(t, dir, "etc/sshd_config", text)
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	return path
}

const including = "# sshd\nInclude /etc/ssh/sshd_config.d/*.conf\nPermitRootLogin no"

// What is opened is restricted, is found done, ends when it is closed, and leaves nothing: keys and sshd are what they were, byte by byte.
func TestGrantLogin(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ sshd, keys, command, paths, setting, line string }{
		"rsync":                       {including, "ssh-ed25519 B ana@desk\n", "rsync", "/home/", "prohibit-password", `command="sh /nowhere/tpm rsync copy"`},
		"literal, no line end":        {including, "ssh-ed25519 B ana@desk", `rsync --server . "/home/a b"`, "", "", `command="rsync --server . \"/home/a b\""`},
		"no keys yet":                 {"PermitRootLogin no\n", "", "true", "", "yes", `command="true"`},
		"no end of line":              {"PermitRootLogin no\n#", "", "true", "", "yes", `command="true"`},
		"more open already":           {"PermitRootLogin yes\n", "x\n", "true", "", "forced-commands-only", `command="true"`},
		"as it is":                    {"PermitRootLogin yes\n", "x\n", "true", "", "yes", `command="true"`},
		"a piece that does not count": {"PermitRootLogin no\nInclude /etc/ssh/sshd_config.d/*.conf\n", "x\n", "true", "", "forced-commands-only", `command="true"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			sshdConfig(t, dir, test.sshd)
			keys := filepath.Join(dir, "home/.ssh/authorized_keys")
			if test.keys != "" {
				file(t, dir, "home/.ssh/authorized_keys", test.keys)
			} else if err := os.Mkdir(filepath.Join(dir, "home"), 0o755); err != nil {
				t.Fatal(err)
			}
			args := words("copy", "14400", test.command, test.paths, test.setting)
			got := good(t, dir, loginHost+told+"grant do "+args+"; grant verify "+args+"; grant probe "+args+"; grant holds "+args+"; sshd_root 192.0.2.22; cat \"$OD/result\"")
			wanted := `restrict,from="192.0.2.22,192.0.2.25",expiry-time="`
			if text := read(t, keys); !strings.Contains(text, wanted) || !strings.Contains(text, test.line+" ssh-ed25519 AAAAkey terraform-provider-mail-access:copy\n") {
				t.Errorf("the key's line: %q", text)
			}
			if !strings.Contains(got, "until=2027-01-15T12:00:00Z\n") || !strings.Contains(got, "state=open\n") || strings.Contains(got, "drift") {
				t.Errorf("reports: %s", got)
			}
			if test.setting != "" && name != "more open already" && !strings.HasPrefix(got, test.setting+"\n") {
				t.Errorf("sshd says %q", got)
			}
			good(t, dir, loginHost+told+"grant undo "+args+"; grant undo "+args)
			asBefore(t, dir, test.keys, test.sshd)
		})
	}
}

// asBefore asserts that nothing of an access is left below dir, and that keys and sshd's configuration are what they were.
func asBefore(t *testing.T, dir, keys, config string) {
	t.Helper()
	if diff := cmp.Diff(strings.TrimSuffix(keys, "\n"), strings.TrimSuffix(read(t, filepath.Join(dir, "home/.ssh/authorized_keys")), "\n")); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(config, read(t, filepath.Join(dir, "etc/sshd_config"))); diff != "" {
		t.Errorf("sshd (-want +got):\n%s", diff)
	}
	if info, err := os.Stat(filepath.Join(dir, "etc/sshd_config")); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("mode: %v, %v", info, err)
	}
	left := strings.TrimSpace(good(t, dir, `cd "$J"; find home access etc/sshd_config.d watch* 2>/dev/null | sort | tr '\n' ' '`))
	if want := "etc/sshd_config.d home home/.ssh home/.ssh/authorized_keys"; left != want && (keys != "" || left != "etc/sshd_config.d home") {
		t.Errorf("left: %s", left)
	}
}

// When the time has passed the host closes it by itself; then it stays closed, and what is left open is drift that a run closes.
func TestLoginExpires(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	config := sshdConfig(t, dir, including)
	keys := file(t, dir, "home/.ssh/authorized_keys", "x\n")
	args := words("copy", "60", "rsync", "/home/", "yes")
	looks := "OD=$J/look; mkdir -p \"$OD\"; rm -f \"$OD\"/*; if grant holds " + args + "; then echo good; fi; grep -E '^(state|drift)' \"$OD/result\""
	good(t, dir, loginHost+told+"grant do "+args+"\necho 1800000059 >\"$J/now\"; cmd_expire copy; keys_marked \"$(login_mark copy)\"\necho 1800000060 >\"$J/now\"; cp "+words(keys)+" \"$J/keys\"")
	if got, want := good(t, dir, loginHost+told+looks), "state=expired\ndrift.0=still open though it expired at 2027-01-15T08:01:00Z: the key is in "+keys+
		"\ndrift.1=still open though it expired at 2027-01-15T08:01:00Z: sshd's PermitRootLogin is not what it was\n"; got != want {
		t.Errorf("open beyond its time: %q, want %q", got, want)
	}
	good(t, dir, loginHost+"cmd_expire copy")
	if read(t, keys) != "x\n" || read(t, config) != including || !strings.Contains(read(t, filepath.Join(dir, "runs/r/journal")), `"event":"expired"`) {
		t.Errorf("expired: %q, %q", read(t, keys), read(t, config))
	}
	if got := good(t, dir, loginHost+told+looks); got != "good\nstate=expired\n" {
		t.Errorf("expired, and closed: %q", got)
	}
	// Somebody puts the line back: a run with the same terms closes it, and opens nothing.
	good(t, dir, loginHost+told+"cp \"$J/keys\" "+words(keys)+"; if grant probe "+args+"; then echo done; fi; grant do "+args+"; grant verify "+args)
	if read(t, keys) != "x\n" {
		t.Errorf("closed again: %q", read(t, keys))
	}
	// Other terms open it anew.
	other := words("copy", "120", "rsync", "/home/", "yes")
	got := good(t, dir, loginHost+told+"grant do "+other+"; grant verify "+other+"; cat \"$OD/result\"")
	if !strings.Contains(got, "until=2027-01-15T08:03:00Z\nstate=open\n") {
		t.Errorf("other terms: %q", got)
	}
}

// What somebody changes meanwhile is told, and mended with the same end.
func TestLoginDrift(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	sshdConfig(t, dir, including)
	keys := file(t, dir, "home/.ssh/authorized_keys", "x\n")
	args := words("copy", "60", "rsync", "/home/", "yes")
	good(t, dir, loginHost+told+"grant do "+args+"; echo 1800000030 >\"$J/now\"")
	for _, test := range []struct{ name, change, want string }{
		{"line", "sed -i s/restrict,// " + words(keys), "drift.0=the line of the key in " + keys + " is gone, or not what was written\n"},
		{"gone", ": >" + words(keys), "drift.0=the line of the key in " + keys + " is gone, or not what was written\n"},
		{"sshd", `rm "$J"/etc/sshd_config.d/*`, "drift.0=sshd says PermitRootLogin no for root from 192.0.2.22, not yes\n"},
		{"watch", `rm "$J"/watch*`, "drift.0=nothing on the host would end the access at 2027-01-15T08:01:00Z\n"},
		{"no note", `rm -r "$J/access"`, "drift.0=the access is not open as declared\n"},
	} {
		got := good(t, dir, loginHost+told+test.change+"; rm -f \"$OD/result\"; if grant holds "+args+"; then echo good; fi; grep ^drift \"$OD/result\"; if grant probe "+args+"; then echo done; fi; grant do "+args+"; grant verify "+args)
		if got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
		if text := read(t, keys); test.name != "no note" && !strings.Contains(read(t, filepath.Join(dir, "access/copy/until")), "1800000060") || strings.Count(text, "terraform") != 1 {
			t.Errorf("%s: mended: %q", test.name, text)
		}
	}
}

// Where sshd does not take the setting, nothing stays.
func TestLoginRefusedBySSHD(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ more, want string }{
		"a Match block": {`echo 'PermitRootLogin no' >"$J/etc/match"`, "a Match block says otherwise"},
		"broken":        {`echo BROKEN >>"$SSHD_CONFIG"`, "not valid"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			config := sshdConfig(t, dir, including+"\n")
			args := words("copy", "60", "true", "", "yes")
			got := functions(t, dir, loginHost+told+test.more+"; grant do "+args)
			if got.exit == 0 || !strings.Contains(got.err, test.want) {
				t.Errorf("end: %+v", got)
			}
			functions(t, dir, loginHost+told+"grant undo "+args)
			if got := strings.TrimSuffix(read(t, config), "BROKEN\n"); got != including+"\n" {
				t.Errorf("sshd's configuration is %q", got)
			}
			if keys := read(t, filepath.Join(dir, "home/.ssh/authorized_keys")); keys != "" {
				t.Errorf("keys: %q", keys)
			}
		})
	}
}

// The key runs rsync's other side below the paths, and nothing else.
func TestLoginRsync(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, folder := range []string{"lent/sub", "other"} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{"lent/out": filepath.Join(dir, "other"), "lent/in": filepath.Join(dir, "lent/sub")} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	lent := filepath.Join(dir, "lent")
	const flags = "rsync --server -vlogDtpre.iLsfxCIvu "
	for ask, want := range map[string]string{
		flags + ". " + lent + "/":                                          "--server -vlogDtpre.iLsfxCIvu . " + lent + "/",
		flags + "--delete . " + lent + "/sub":                              "--server -vlogDtpre.iLsfxCIvu --delete . " + lent + "/sub",
		"rsync --server --sender -nlogDtpre.iLsfxCIvu . " + lent + "/sub/": "--server --sender -nlogDtpre.iLsfxCIvu . " + lent + "/sub/",
		flags + ". " + lent + "/in/":                                       "--server -vlogDtpre.iLsfxCIvu . " + lent + "/sub/",
		flags + ". " + lent + "/new/deep/":                                 "--server -vlogDtpre.iLsfxCIvu . " + lent + "/new/deep/",
		flags + ". " + lent + "/sub " + lent:                               "--server -vlogDtpre.iLsfxCIvu . " + lent + "/sub " + lent,
		flags + ". " + lent + "/out/":                                      "",
		flags + ". " + lent + "/../other/":                                 "",
		flags + ". " + lent + "/..":                                        "",
		flags + ". " + lent + "er/":                                        "",
		flags + ". /etc/":                                                  "",
		flags + ". sub/":                                                   "",
		flags + ". " + lent + " /etc/shadow":                               "",
		flags + ".":                                                        "",
		flags:                                                              "",
		"rsync --server --daemon .":                                        "",
		"rsync --server -vLogDtpre.iLsfxCIvu . " + lent:                    "",
		"rsync --server -klogDtpre.iLsfxCIvu . " + lent:                    "",
		"rsync --server -s":                                                "",
		flags + "--copy-unsafe-links . " + lent:                            "",
		flags + "--temp-dir=/etc . " + lent:                                "",
		flags + "--files-from=/etc/shadow . " + lent:                       "",
		flags + "--log-file=/etc/cron.d/x . " + lent:                       "",
		flags + "--backup-dir /etc . " + lent:                              "",
		flags + "--link-dest=/etc . " + lent:                               "",
		flags + ". " + lent + "/$(id)":                                     "",
		flags + ". " + lent + ";id":                                        "",
		flags + ". " + lent + "/*":                                         "",
		flags + ". " + lent + "\nid":                                       "",
		"rsync -e id . " + lent:                                            "",
		"sh":                                                               "", "": "", "id; rsync --server . " + lent: "",
	} {
		got := functions(t, dir, `mkdir -p "$J/bin" "$(login_dir copy)"; printf '#!/bin/sh\necho "$@"\n' >"$J/bin/rsync"; chmod 755 "$J/bin/rsync"; PATH=$J/bin:$PATH
			echo 9999999999 >"$(login_dir copy)/until"; printf '%s\n' '' `+words(lent+"/")+` >"$(login_dir copy)/paths"
			SSH_ORIGINAL_COMMAND=`+words(ask)+`''; cmd_rsync copy`)
		if got.out != want && got.out != want+"\n" || (got.exit == 0) != (want != "") {
			t.Errorf("%q: %+v, want %q", ask, got, want)
		}
		if want == "" && !strings.Contains(got.err, "refused: ") {
			t.Errorf("%q: says %q", ask, got.err)
		}
	}
	got := functions(t, dir, `mkdir -p "$(login_dir copy)"; echo 1 >"$(login_dir copy)/until"; SSH_ORIGINAL_COMMAND=`+words(flags+". "+lent)+`; cmd_rsync copy`)
	if got.exit == 0 || !strings.Contains(got.err, "access is over") {
		t.Errorf("after its time: %+v", got)
	}
}

func TestMakeKey(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	got := good(t, dir, `if make_key_probe copy; then echo done; fi; make_key_do copy; make_key_verify copy; cp "$J/access/copy/key.pub" "$J/one"; make_key_probe copy; cmp "$J/one" "$J/access/copy/key.pub"; stat -c %a "$J/access/copy/key"; cat "$OD/result"`)
	if !strings.HasPrefix(got, "600\nquestion=ssh-ed25519 AAAA") || strings.Count(got, "question=") != 2 || !strings.Contains(got, "key="+dir+"/access/copy/key\n") {
		t.Errorf("%s", got)
	}
	if left := good(t, dir, `make_key_undo copy; make_key_undo copy; ls "$J"`); strings.Contains(left, "access") {
		t.Errorf("left: %s", left)
	}
}
