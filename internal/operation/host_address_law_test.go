package operation_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// given is an address of a made-up configuration, and whether a router is in its network.
type given struct {
	address string
	near    bool
}

// aConfiguration draws files of one back end that give eth0 some addresses, in the forms that there are, and a router.
func aConfiguration(r *rapid.T) (map[string]string, []given) {
	count := rapid.IntRange(1, 4).Draw(r, "addresses")
	var all []given
	for i := range count {
		net := rapid.SampledFrom([]string{"192.0.2.%d/24", "192.0.2.%d/24", "198.51.100.%d/24", "2001:db8::%d/64"}).Draw(r, "network")
		all = append(all, given{fmt.Sprintf(net, 10+i), strings.HasPrefix(net, "192.0.2.")})
	}
	router := rapid.Bool().Draw(r, "router") && slices.ContainsFunc(all, func(g given) bool { return g.near })
	if rapid.Bool().Draw(r, "netplan") {
		return aNetplan(r, all, router), all
	}
	return anInterfaces(r, all, router), all
}

func aNetplan(r *rapid.T, all []given, router bool) map[string]string {
	head := "network:\n  version: 2\n  ethernets:\n    eth0:\n"
	text, other := head+"      optional: true\n", head
	var flow []string
	var items string
	for _, g := range all {
		switch rapid.IntRange(0, 2).Draw(r, "form") {
		case 0:
			flow = append(flow, g.address)
		case 1:
			items += "      - " + g.address + "\n"
		default:
			items += "      - \"" + g.address + "\"  # kept\n"
		}
	}
	if items != "" {
		text += "      addresses:\n" + items
	}
	if router {
		text += rapid.SampledFrom([]string{"      gateway4: 192.0.2.1\n", "      routes:\n        - to: default\n          via: 192.0.2.1\n"}).Draw(r, "way")
	}
	if flow == nil {
		return map[string]string{"netplan/1.yaml": text}
	}
	return map[string]string{"netplan/1.yaml": text, "netplan/2.yaml": other + "      addresses: [" + strings.Join(flow, ", ") + "]\n"}
}

func anInterfaces(r *rapid.T, all []given, router bool) map[string]string {
	main, more := "source @/interfaces.d/*\nauto eth0\n", ""
	inside := false
	for _, g := range all {
		family, address, length := "inet", g.address[:strings.IndexByte(g.address, '/')], g.address[strings.IndexByte(g.address, '/')+1:]
		if strings.Contains(address, ":") {
			family = "inet6"
		}
		form := rapid.IntRange(0, 3).Draw(r, "form")
		text := "iface eth0 " + family + " static\n  address " + g.address + "\n"
		switch {
		case form == 1:
			text = "iface eth0 " + family + " static\n  address " + address + "\n  netmask " + length + "\n"
		case form == 2 && inside:
			text = "  up ip addr add " + g.address + " dev eth0\n  down ip addr del " + g.address + " dev eth0\n"
		case form == 3:
			more += text
			if router && g.near {
				more, router = more+"  gateway 192.0.2.1\n", false
			}
			continue
		}
		main, inside = main+text, true
		if router && g.near && form != 2 {
			main, router = main+"  gateway 192.0.2.1\n", false
		}
	}
	return map[string]string{"interfaces": main, "interfaces.d/more": more}
}

// Laws: what is forgotten is given by nothing; all others are given as before; a host keeps a way to its router, or nothing is changed;
// and the before-images bring back every byte.
func TestAddressLaws(t *testing.T) {
	t.Parallel()
	outside := t.TempDir()
	run := 0
	rapid.Check(t, func(r *rapid.T) {
		files, all := aConfiguration(r)
		leaving := rapid.SampledFrom(all).Draw(r, "leaving")
		run++
		dir := filepath.Join(outside, fmt.Sprint(run))
		if err := os.Mkdir(dir, 0o700); err != nil {
			r.Fatal(err)
		}
		lay(t, dir, files)
		before := laid(t, dir)
		lines := bootTables(t, dir) + "flush() { :; }\nreport_all() { for a in"
		for _, g := range all {
			lines += " " + g.address
		}
		lines += "; do if [ -n \"$(address_files $a)\" ]; then echo $a; fi; done; }\nreport_all; echo =\n" +
			"rc=0; (set -e; address_forget " + leaving.address + ") || rc=$?\nreport_all; echo = $rc\ncp -pR \"$D\" \"$D.after\"\naddress_restore_files\n"
		got := functions(t, dir, lines)
		forgotten(r, got, all, leaving, before, laid(t, dir+".after"))
		if diff := cmp.Diff(before, laid(t, dir)); diff != "" {
			r.Fatalf("restored (-want +got):\n%s", diff)
		}
	})
}

// forgotten asserts what a run printed: what was given, what is given now, and how the forgetting ended.
func forgotten(r *rapid.T, got answer, all []given, leaving given, before, after map[string]string) {
	was, rest, _ := strings.Cut(got.out, "=\n")
	left, code, _ := strings.Cut(rest, "= ")
	named := map[string]bool{}
	near := false
	for _, g := range all {
		named[g.address] = true
		near = near || g.near && g != leaving
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(named)), slices.Sorted(slices.Values(strings.Fields(was)))); diff != "" {
		r.Fatalf("%v\n%+v (-want +got):\n%s", before, got, diff)
	}
	switch code {
	case "0\n":
		delete(named, leaving.address)
		if text := fmt.Sprint(after); strings.Contains(text, " 192.0.2.1") && !near {
			r.Fatalf("no way to the router\n%v\n%s", before, text)
		}
	default:
		if !strings.Contains(got.err, "the way to the router 192.0.2.1 hangs") || near && strings.Contains(fmt.Sprint(before), "netplan") {
			r.Fatalf("refused\n%v\n%+v", before, got)
		}
		if diff := cmp.Diff(before, after); diff != "" {
			r.Fatalf("refused, and changed (-want +got):\n%s", diff)
		}
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(named)), slices.Sorted(slices.Values(strings.Fields(left)))); diff != "" {
		r.Fatalf("%v\n%v (-want +got):\n%s", before, after, diff)
	}
}
