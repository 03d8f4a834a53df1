package operation_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/operation"
)

// bootTables lets the program read configuration below dir. Its devices are those of a file "live", as ip shows them; nothing real is asked or changed.
func bootTables(t *testing.T, dir string) string {
	t.Helper()
	if read(t, filepath.Join(dir, "live")) == "" {
		file(t, dir, "live", "2: eth0    inet 192.0.2.10/24 scope global eth0\n2: eth0    inet 192.0.2.11/24 scope global secondary eth0\n2: eth0    inet6 2001:db8::10/64 scope global\n")
	}
	generate := file(t, dir, "generate", netplanStandIn)
	if err := os.Chmod(generate, 0o700); err != nil {
		t.Fatal(err)
	}
	return "D=" + words(dir) + ` PROC_IPV4="$D" NETWORKD_DIR="$D/networkd" INTERFACES="$D/interfaces" NETPLAN_DIR="$D/netplan"
NETPLAN_GENERATE="/usr/libexec/netplan/generate /usr/lib/netplan/generate $D/generate"
systemd() { false; }
ifup() { :; }
arping() { :; }
networkctl() { [ ! -e "$D/networkd/eth0.network" ] || echo "   Network File: $D/networkd/eth0.network"; }
ip() {
	case $* in
	"-o addr show"*) cat "$D/live" ;;
	"-o route get"*) echo "$4 dev eth0 src 192.0.2.10 uid 0" ;;
	"addr add"*) echo "2: eth0    inet $3 scope global eth0" >>"$D/live" ;;
	"addr del"*) grep -vF " $3 " "$D/live" >"$D/live.new"; mv "$D/live.new" "$D/live" ;;
	esac
}
`
}

// netplanStandIn makes of plain files below --root-dir what netplan would, as far as addresses and routers go; where netplan is there, it is asked itself.
const netplanStandIn = `#!/bin/sh
[ "$1" = --root-dir ] || exit 0
cd "$2"
! grep -q '	' etc/netplan/*.yaml || exit 1
mkdir -p run/systemd/network
for file in etc/netplan/*.yaml; do cat "$file"; done | awk '
	{ sub(/#.*/, ""); gsub(/["\047]/, "") }
	/nameservers:/ { names = 1 }
	!/addresses:/ && /[a-z]:/ && !/nameservers:/ { names = 0 }
	names { next }
	{ text = $0; while (match(text, /[0-9a-f:.]+\/[0-9]+/)) { print "Address=" substr(text, RSTART, RLENGTH); text = substr(text, RSTART + RLENGTH) } }
	/(via|gateway[46]):/ { print "Gateway=" $NF }' >run/systemd/network/10-netplan-eth0.network
`

func lay(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		if err := os.Chmod(file(t, dir, name, strings.ReplaceAll(content, "@", dir)), 0o640); err != nil {
			t.Fatal(err)
		}
	}
}

// laid is every file of the configuration below dir, with its mode.
func laid(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, root := range []string{"networkd", "interfaces", "interfaces.d", "netplan"} {
		err := filepath.WalkDir(filepath.Join(dir, root), func(path string, entry os.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return nil //nolint:nilerr // what is not there has no files
			}
			info, err := entry.Info()
			if err != nil {
				return err
			}
			name, err := filepath.Rel(dir, path)
			out[name] = info.Mode().String() + "\n" + read(t, path)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

const (
	main10 = "auto lo\niface lo inet loopback\n\n# the only one\nauto eth0\niface eth0 inet static\n\taddress 192.0.2.10/24\n"
	main11 = "\niface eth0 inet static\n\taddress 192.0.2.11\n\tnetmask 255.255.255.0\n"
	way    = "\tgateway 192.0.2.1\n"
	plan   = "network:\n  version: 2\n  ethernets:\n    eth0:\n      addresses:\n"
)

// What is left of the configuration when 192.0.2.10/24 is taken out of it; or who is told why it cannot be.
func TestAddressForgotten(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		before, after map[string]string
		refused       string
	}{
		"the only one": {
			map[string]string{"interfaces": main10}, map[string]string{"interfaces": "auto lo\niface lo inet loopback\n\n# the only one\nauto eth0\niface eth0 inet manual\n"}, "",
		},
		"one of two":         {map[string]string{"interfaces": main10 + main11}, map[string]string{"interfaces": "auto lo\niface lo inet loopback\n\n# the only one\nauto eth0\n" + main11}, ""},
		"with other options": {map[string]string{"interfaces": main10 + "\tmtu 1400\n" + main11}, map[string]string{"interfaces": strings.Replace(main10, "static\n\taddress 192.0.2.10/24", "manual", 1) + "\tmtu 1400\n" + main11}, ""},
		"the router stays by another stanza": {
			map[string]string{"interfaces": main10 + way + main11}, map[string]string{"interfaces": strings.Replace(main10, ".10/", ".11/", 1) + way + "\n"}, "",
		},
		"the router stays by a command": {
			map[string]string{"interfaces": main10 + way + "\tup ip addr add 192.0.2.12/24 dev $IFACE || true\n\tdown ip addr del 192.0.2.12/24 dev $IFACE\n"},
			map[string]string{"interfaces": strings.Replace(main10, ".10/", ".12/", 1) + way},
			"",
		},
		"the router stays by another file": {
			map[string]string{"interfaces": "source @/interfaces.d/*\n" + main10 + way, "interfaces.d/more": strings.TrimSpace(main11) + "\n"},
			map[string]string{"interfaces": "source @/interfaces.d/*\n" + strings.Replace(main10, ".10/", ".11/", 1) + way, "interfaces.d/more": ""},
			"",
		},
		"the router would be lost":           {map[string]string{"interfaces": main10 + way}, nil, "/interfaces, line 8: the way to the router 192.0.2.1 hangs on this address"},
		"and is in no other's network":       {map[string]string{"interfaces": main10 + way + strings.Replace(main11, "192.0.2.11", "198.51.100.11", 1)}, nil, "line 8: the way to the router"},
		"the router of a command":            {map[string]string{"interfaces": main10 + "\tup ip route add default via 192.0.2.1\n"}, nil, "line 8: the way to the router 192.0.2.1 hangs"},
		"the router of another stanza":       {map[string]string{"interfaces": main10 + "iface eth0 inet manual\n\tup ip route add default via 192.0.2.1\n"}, nil, "line 9: the way to the router"},
		"a command":                          {map[string]string{"interfaces": strings.Replace(main10, ".10", ".20", 1) + "\tpost-up /sbin/ip -4 address add 192.0.2.10/24 brd + dev eth0 label eth0:1 2>/dev/null || :\n\tpre-down ip a del 192.0.2.10/24 dev eth0\n"}, map[string]string{"interfaces": strings.Replace(main10, ".10", ".20", 1)}, ""},
		"an alias":                           {map[string]string{"interfaces": "auto eth0 eth0:1\niface eth0 inet dhcp\niface eth0:1 inet static\n  address 192.0.2.10\n  netmask 24\n"}, map[string]string{"interfaces": "auto eth0\niface eth0 inet dhcp\n"}, ""},
		"several addresses":                  {map[string]string{"interfaces": "auto eth0\niface eth0\n  address 192.0.2.10/24\n  address 192.0.2.11/24\n  gateway 192.0.2.1\n"}, map[string]string{"interfaces": "auto eth0\niface eth0\n  address 192.0.2.11/24\n  gateway 192.0.2.1\n"}, ""},
		"an unusual command":                 {map[string]string{"interfaces": "auto eth0\niface eth0 inet manual\n  up ifconfig eth0:0 192.0.2.10 up\n"}, nil, "/interfaces, line 3: a command that needs the address"},
		"a command that goes by the address": {map[string]string{"interfaces": main10 + main11 + "\tup ip route add 203.0.113.0/24 dev eth0 src 192.0.2.10\n"}, nil, "line 12: a command that needs the address"},
		"a mask that is another's":           {map[string]string{"interfaces": "auto eth0\niface eth0 inet static\n  address 192.0.2.11\n  address 192.0.2.10\n  netmask 24\n"}, nil, "line 5: a netmask among several"},
		"a line that goes on":                {map[string]string{"interfaces": strings.Replace(main10, "inet static", "\\\n inet static", 1)}, nil, "line 6: the line goes on"},
		"another with the same beginning":    {map[string]string{"interfaces": strings.Replace(main10, ".10/", ".100/", 1)}, map[string]string{"interfaces": strings.Replace(main10, ".10/", ".100/", 1)}, ""},
		"in a comment":                       {map[string]string{"interfaces": "# address 192.0.2.10/24\n"}, map[string]string{"interfaces": "# address 192.0.2.10/24\n"}, ""},
		"another prefix":                     {map[string]string{"interfaces": strings.Replace(main10, "/24", "/25", 1) + main11}, map[string]string{"interfaces": "auto lo\niface lo inet loopback\n\n# the only one\nauto eth0\n" + main11}, ""},

		"netplan, one of two": {
			map[string]string{"netplan/50.yaml": plan + "      - 192.0.2.10/24\n      - 192.0.2.11/24 # kept\n      nameservers:\n        addresses: [192.0.2.10]\n"},
			map[string]string{"netplan/50.yaml": plan + "      - 192.0.2.11/24 # kept\n      nameservers:\n        addresses: [192.0.2.10]\n"},
			"",
		},
		"netplan, the last":          {map[string]string{"netplan/50.yaml": plan + "        - \"192.0.2.10/24\"\n"}, map[string]string{"netplan/50.yaml": strings.Replace(plan, "addresses:", "addresses: []", 1)}, ""},
		"netplan, on one line":       {map[string]string{"netplan/50.yaml": strings.Replace(plan, "addresses:", "addresses: [192.0.2.10/24, '192.0.2.11/24', \"2001:db8::10/64\"]", 1)}, map[string]string{"netplan/50.yaml": strings.Replace(plan, "addresses:", "addresses: [\"192.0.2.11/24\", \"2001:db8::10/64\"]", 1)}, ""},
		"netplan, two files":         {map[string]string{"netplan/50.yaml": plan + "        - 192.0.2.11/24\n      routes:\n        - to: default\n          via: 192.0.2.1\n", "netplan/60.yaml": plan + "        - 192.0.2.10/24\n"}, map[string]string{"netplan/50.yaml": plan + "        - 192.0.2.11/24\n      routes:\n        - to: default\n          via: 192.0.2.1\n", "netplan/60.yaml": strings.Replace(plan, "addresses:", "addresses: []", 1)}, ""},
		"netplan, the router":        {map[string]string{"netplan/50.yaml": plan + "        - 192.0.2.10/24\n        - 198.51.100.1/24\n      gateway4: 192.0.2.1\n"}, nil, "50.yaml, line 8: the way to the router 192.0.2.1 hangs"},
		"netplan, a router in flow":  {map[string]string{"netplan/50.yaml": plan + "        - 192.0.2.10/24\n      routes: [{to: default, via: 192.0.2.1}]\n"}, nil, "50.yaml, line 7: the way to the router 192.0.2.1 hangs"},
		"netplan, with options":      {map[string]string{"netplan/50.yaml": plan + "        - 192.0.2.10/24:\n            lifetime: 0\n"}, nil, "50.yaml, line 6: the address is in a form that is not known here"},
		"netplan, flow":              {map[string]string{"netplan/50.yaml": "network: {version: 2, ethernets: {eth0: {addresses: [192.0.2.10/24]}}}\n"}, nil, "50.yaml, line 1: the address is in a form"},
		"netplan, over lines":        {map[string]string{"netplan/50.yaml": plan[:len(plan)-1] + " [\n        192.0.2.10/24]\n"}, nil, "50.yaml, line 6: the address is in a form"},
		"netplan, what is not meant": {map[string]string{"netplan/50.yaml": plan + "        - 192.0.2.100/24\n"}, map[string]string{"netplan/50.yaml": plan + "        - 192.0.2.100/24\n"}, ""},

		"networkd": {map[string]string{"networkd/eth0.network": "[Network]\nAddress=192.0.2.10/24\nAddress=192.0.2.11/24\n"}, map[string]string{"networkd/eth0.network": "[Network]\nAddress=192.0.2.11/24\n"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			lay(t, dir, test.before)
			before := laid(t, dir)
			got := functions(t, dir, bootTables(t, dir)+"set -e\naddress_forget 192.0.2.10/24\nset +e; address_persistent 192.0.2.10/24 && echo given\nset -e; address_forget 192.0.2.10/24")
			want := before
			if test.refused == "" {
				want = map[string]string{}
				for path, content := range test.after {
					want[path] = "-rw-r-----\n" + strings.ReplaceAll(content, "@", dir)
				}
			}
			if diff := cmp.Diff(want, laid(t, dir)); diff != "" || got.out != "" {
				t.Errorf("%+v (-want +got):\n%s", got, diff)
			}
			if !strings.Contains(got.err, test.refused) || (got.exit != 0) != (test.refused != "") {
				t.Errorf("%+v", got)
			}
			good(t, dir, bootTables(t, dir)+"address_restore_files; address_restore_files")
			if diff := cmp.Diff(before, laid(t, dir)); diff != "" {
				t.Errorf("restored (-want +got):\n%s", diff)
			}
		})
	}
}

// An address that comes: what is written, and that its undo is exact.
func TestAddressKept(t *testing.T) {
	t.Parallel()
	static := strings.Replace(main10, ".10/", ".11/", 1)
	const stanza = "# terraform-provider-mail: an address that moved here.\niface eth0 inet static\n    address 192.0.2.10/24\n"
	for name, test := range map[string]struct {
		before  map[string]string
		address string
		path    string
		want    string
	}{
		"a file of its own":      {map[string]string{"interfaces": static + "source @/interfaces.d/*\n"}, "192.0.2.10/24", "interfaces.d/zz-terraform-provider-mail-192-0-2-10-24", stanza},
		"relative":               {map[string]string{"interfaces": static + "source interfaces.d/*.cfg\n"}, "192.0.2.10/24", "interfaces.d/zz-terraform-provider-mail-192-0-2-10-24.cfg", stanza},
		"a folder":               {map[string]string{"interfaces": static + "source-directory @/interfaces.d\n"}, "192.0.2.10/24", "interfaces.d/zz-terraform-provider-mail-192-0-2-10-24", stanza},
		"at the end":             {map[string]string{"interfaces": strings.TrimSpace(static)}, "192.0.2.10/24", "interfaces", static + "\n" + stanza},
		"sourced before":         {map[string]string{"interfaces": "source @/interfaces.d/*\n" + static}, "192.0.2.10/24", "interfaces", "source @/interfaces.d/*\n" + static + "\n" + stanza},
		"where nothing sources":  {map[string]string{"interfaces": "source @/other/*\n" + static}, "192.0.2.10/24", "interfaces", "source @/other/*\n" + static + "\n" + stanza},
		"IPv6":                   {map[string]string{"interfaces": static + "source-directory interfaces.d\n"}, "2001:db8::10/64", "interfaces.d/zz-terraform-provider-mail-2001-db8--10-64", "# terraform-provider-mail: an address that moved here.\niface eth0 inet6 manual\n    up ip -6 addr add 2001:db8::10/64 dev eth0 nodad || true\n    down ip -6 addr del 2001:db8::10/64 dev eth0 || true\n"},
		"netplan":                {map[string]string{"netplan/50.yaml": plan + "        - 192.0.2.11/24\n"}, "192.0.2.10/24", "netplan/90-terraform-provider-mail-192-0-2-10-24.yaml", "# terraform-provider-mail: an address that moved here.\nnetwork:\n  version: 2\n  ethernets:\n    \"eth0\":\n      addresses:\n        - \"192.0.2.10/24\"\n"},
		"networkd":               {map[string]string{"networkd/eth0.network": "[Match]\nName=eth0\n"}, "192.0.2.10/24", "networkd/eth0.network.d/192-0-2-10-24.conf", "[Network]\nAddress=192.0.2.10/24\n"},
		"networkd before others": {map[string]string{"networkd/eth0.network": "[Match]\nName=eth0\n", "interfaces": static, "netplan/50.yaml": plan + "        - 192.0.2.11/24\n"}, "192.0.2.10/24", "networkd/eth0.network.d/192-0-2-10-24.conf", "[Network]\nAddress=192.0.2.10/24\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			lay(t, dir, test.before)
			before := laid(t, dir)
			op := "set -e\n" + bootTables(t, dir)
			call := func(step string) string { return op + "keep_address_" + step + " " + test.address + "\n" }
			if got := functions(t, dir, call("probe")); got.exit == 0 {
				t.Errorf("it is there already: %+v", got)
			}
			good(t, dir, call("do")+call("verify")+call("probe")+call("do")+call("verify"))
			mode := "-rw-r--r--"
			switch {
			case before[test.path] != "":
				mode = "-rw-r-----"
			case strings.HasPrefix(test.path, "netplan"):
				mode = "-rw-------"
			}
			if diff := cmp.Diff(mode+"\n"+strings.ReplaceAll(test.want, "@", dir), laid(t, dir)[test.path]); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			good(t, dir, call("undo")+call("undo"))
			if diff := cmp.Diff(before, laid(t, dir)); diff != "" {
				t.Errorf("undone (-want +got):\n%s", diff)
			}
		})
	}
}

// What somebody else has written meanwhile into the file that was changed stays, and the address goes.
func TestAddressKeptAndChanged(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	lay(t, dir, map[string]string{"interfaces": strings.Replace(main10, ".10/", ".11/", 1)})
	good(t, dir, bootTables(t, dir)+"set -e\nkeep_address_do 192.0.2.10/24\nprintf 'auto eth1\\niface eth1 inet dhcp\\n' >>\"$INTERFACES\"\nkeep_address_undo 192.0.2.10/24")
	want := strings.Replace(main10, ".10/", ".11/", 1) + "\n# terraform-provider-mail: an address that moved here.\nauto eth1\niface eth1 inet dhcp\n"
	if diff := cmp.Diff(want, read(t, filepath.Join(dir, "interfaces"))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAddressKeptByNobody(t *testing.T) {
	t.Parallel()
	for name, files := range map[string]map[string]string{
		"nothing there":       {},
		"not brought up":      {"interfaces": strings.Replace(main10, "auto eth0\n", "", 1)},
		"another device":      {"interfaces": strings.ReplaceAll(main10, "eth0", "eth1"), "netplan/1.yaml": strings.ReplaceAll(plan, "eth0", "eth1") + "        - 192.0.2.11/24\n"},
		"netplan, and broken": {"netplan/1.yaml": plan + "\t- 192.0.2.11/24\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			lay(t, dir, files)
			before := laid(t, dir)
			got := functions(t, dir, bootTables(t, dir)+"set -e\nkeep_address_do 192.0.2.10/24")
			if got.exit == 0 || !strings.Contains(got.err, "cannot be made persistent") {
				t.Errorf("%+v", got)
			}
			if diff := cmp.Diff(before, laid(t, dir)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// The operation as a whole: the address is off and forgotten; the undo gives all of it back.
func TestAddressDropped(t *testing.T) {
	t.Parallel()
	for name, files := range map[string]map[string]string{
		"ifupdown": {"interfaces": main10 + way + main11},
		"netplan":  {"netplan/50.yaml": plan + "        - 192.0.2.10/24\n        - 192.0.2.11/24\n      gateway4: 192.0.2.1\n"},
		"networkd": {"networkd/eth0.network": "[Network]\nAddress=192.0.2.10/24\nAddress=192.0.2.11/24\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			lay(t, dir, files)
			before := laid(t, dir)
			op := bootTables(t, dir) + "set -e\n"
			const address = " 192.0.2.10/24\n"
			if got := functions(t, dir, op+"drop_address_probe"+address); got.exit == 0 {
				t.Errorf("%+v", got)
			}
			good(t, dir, op+"drop_address_do"+address+"drop_address_verify"+address+"drop_address_probe"+address+"drop_address_do"+address)
			if live := read(t, filepath.Join(dir, "live")); strings.Contains(live, "192.0.2.10/") || !strings.Contains(live, "192.0.2.11/") {
				t.Errorf("%s", live)
			}
			if got := good(t, dir, op+"address_kept 192.0.2.11/24 && echo kept"); got != "kept\n" {
				t.Errorf("its own address: %q", got)
			}
			good(t, dir, op+"drop_address_undo"+address+"drop_address_undo"+address)
			if diff := cmp.Diff(before, laid(t, dir)); diff != "" {
				t.Errorf("undone (-want +got):\n%s", diff)
			}
			if live := read(t, filepath.Join(dir, "live")); !strings.Contains(live, "192.0.2.10/24") {
				t.Errorf("%s", live)
			}
		})
	}
}

// Looking says who sets the device up, who gives the address, and what is in the way of taking it out; and changes nothing.
func TestLookAtBootAddresses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	lay(t, dir, map[string]string{"interfaces": main10 + way + main11})
	before := laid(t, dir)
	look := bootTables(t, dir) + "set -e\nlook_network "
	got := answers(t, look+"192.0.2.10/24")
	if got["network.192.0.2.10/24.backend"] != "ifupdown "+dir+"/interfaces" || got["network.192.0.2.10/24.boot"] != dir+"/interfaces" || got["network.192.0.2.10/24.stuck"] != "" {
		t.Errorf("%q", got)
	}
	// Where both go, neither can take the other's place.
	got = answers(t, look+"192.0.2.10/24 192.0.2.11/24")
	if want := "line 8: the way to the router 192.0.2.1 hangs on"; !strings.Contains(got["network.192.0.2.10/24.stuck"], want) {
		t.Errorf("%q", got)
	}
	if diff := cmp.Diff(before, laid(t, dir)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// With the first address of a network its others would go, unless they are promoted. In a network name space of its own.
func TestAddressDeletedAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	script, err := operation.Inline(dir, `set -eu
echo 0 >$PROC_IPV4/all/promote_secondaries
echo 0 >$PROC_IPV4/lo/promote_secondaries
for a in 192.0.2.25/24 192.0.2.10/24; do ip addr add $a dev lo; done
ip addr show dev lo | grep -c secondary
address_delete 192.0.2.25/24
ip -o addr show dev lo | awk '/192.0.2/ { print $4 }'
cat $PROC_IPV4/lo/promote_secondaries
`, ":")
	if err != nil {
		t.Fatal(err)
	}
	alone := []string{"unshare", "--net"}
	if os.Geteuid() != 0 {
		alone = append(alone, "--map-root-user")
	}
	got := sh(t, "", "-euc", words(append(alone, "sh", file(t, dir, "script", script))...))
	if got.exit != 0 || got.out != "1\n192.0.2.10/24\n0\n" {
		t.Errorf("%+v", got)
	}
}
