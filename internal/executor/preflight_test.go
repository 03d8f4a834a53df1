package executor_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"errors"
	"maps"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/executor"
)

const (
	v4     = "192.0.2.25/24"
	v6     = "2001:db8::25/64"
	pem    = "/etc/ssl/mail.pem"
	helper = "SHA256:helper"
)

// moving is a cutover between two hosts that fit, with what they say.
func moving(t *testing.T) (declare.Cutover, executor.Seen) {
	t.Helper()
	now := time.Date(2026, 11, 22, 6, 0, 0, 0, time.UTC)
	d := declare.Cutover{
		Source: "SHA256:old", Target: "SHA256:new", Certificates: []string{pem},
		Syncs:    []declare.Sync{{Paths: map[string]string{"/var/mail/": "/var/mail/"}}},
		Files:    []declare.FileSet{{Paths: []string{"/etc/ssl/**"}}},
		Identity: declare.Identity{Mode: "take_over", Addresses: []string{v4, v6}},
		Checks:   []declare.Check{{Kind: "imap", Address: "192.0.2.25:143", From: helper}},
	}
	common := map[string]string{
		"init": "systemd", "tool.rsync": "r", "tool.ssh": "s", "tool.nft": "n", "tool.ss": "s", "clock": "1000", "version": "4.0", "external_url": "https://mail.example.org",
		"name.mail.example.org": "192.0.2.25 2001:db8::25", "addresses": "192.0.2.21/24 192.0.2.25/24",
		"tree.0.state": "present", "tree.0.ours": "ours", "tree.0.kib": "1000", "tree.0.entries": "100", "tree.0.users": "0:root 101:cyrus", "tree.0.groups": "8:mail",
		"tree.0.device": "/dev/vda", "tree.0.mount": "/", "tree.0.free": "5000", "tree.0.inodes": "5000",
	}
	for _, address := range []string{v4, v6} {
		common["network."+address+".device"], common["network."+address+".backend"] = "eth0", "networkd /etc/systemd/network/eth0.network"
	}
	source, target := maps.Clone(common), maps.Clone(common)
	source["certificate."+pem] = certificate(t, now.Add(90*24*time.Hour), "mail.example.org")
	for _, address := range []string{v4, v6} {
		source["network."+address+".here"], source["network."+address+".boot"] = "yes", "/etc/systemd/network/eth0.network"
	}
	target["user.name.cyrus"], target["user.number.101"] = "101", "cyrus"
	target["group.name.mail"], target["group.number.8"] = "8", "mail"
	return d, executor.Seen{Source: source, Target: target, Helpers: []map[string]string{{"tool.nft": "n"}}, Now: now}
}

func certificate(t *testing.T, end time.Time, names ...string) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: names[0]}, DNSNames: names, NotBefore: end.Add(-time.Hour), NotAfter: end}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(der)
}

// exchanging is the same between two hosts that exchange names and addresses.
func exchanging(d *declare.Cutover, s *executor.Seen) {
	const park = "192.0.2.26/24"
	d.Identity = declare.Identity{Mode: declare.Exchange, Addresses: []string{v4}, ParkAddress: park, Hostnames: declare.Hostnames{Old: "ika", New: "tako"}}
	s.Ways = map[string][]string{d.Source: {"192.0.2.25", "192.0.2.26"}, d.Target: {"192.0.2.26", "192.0.2.25"}}
	s.Source["hostname"], s.Target["hostname"] = "ika", "tako"
	s.Target["network."+park+".here"], s.Target["network."+park+".boot"] = "yes", "/etc/systemd/network/eth0.network"
	for _, answers := range []map[string]string{s.Source, s.Target} {
		answers["tool.arping"], answers["name.mail.example.org"] = "a", "192.0.2.25"
		answers["network."+park+".device"], answers["network."+park+".backend"] = "eth0", "networkd /etc/systemd/network/eth0.network"
	}
}

// Every finding is made by what it is about, and by nothing else.
func TestPreflightJudges(t *testing.T) {
	t.Parallel()
	type cut = declare.Cutover
	type seen = executor.Seen
	for name, test := range map[string]struct {
		change func(*cut, *seen)
		want   []string // grade, code, and what the detail says
	}{
		"all fits":               {func(*cut, *seen) {}, nil},
		"away":                   {func(_ *cut, s *seen) { s.Err = errors.New("no route") }, []string{"blocks P001 no route", "blocks P002 no route"}},
		"helper without nft":     {func(_ *cut, s *seen) { delete(s.Helpers[0], "tool.nft") }, []string{"blocks P020 pass the fence"}},
		"no version":             {func(_ *cut, s *seen) { s.Target["version.failed"] = "127" }, []string{"blocks P010 127"}},
		"versions":               {func(_ *cut, s *seen) { s.Target["version"] = "4.1" }, []string{"blocks P011 target 4.1"}},
		"urls":                   {func(_ *cut, s *seen) { s.Target["external_url"] = "https://other" }, []string{"blocks P012 https://other"}},
		"set-up":                 {func(_ *cut, s *seen) { s.Target["set_up.failed"] = "1" }, []string{"blocks P013 "}},
		"subscription":           {func(_ *cut, s *seen) { s.Target["subscription.failed"] = "1" }, []string{"blocks P014 "}},
		"no rsync":               {func(_ *cut, s *seen) { delete(s.Source, "tool.rsync") }, []string{"blocks P020 send what travels"}},
		"no systemd":             {func(_ *cut, s *seen) { s.Target["init"] = "sysv" }, []string{"blocks P021 timer"}},
		"empty source":           {func(_ *cut, s *seen) { s.Source["tree.0.state"] = "empty" }, []string{"blocks P030 wipe"}},
		"not ours":               {func(_ *cut, s *seen) { s.Target["tree.0.ours"] = "not" }, []string{"blocks P031 "}},
		"not ours but overwrite": {func(d *cut, s *seen) { s.Target["tree.0.ours"], d.Syncs[0].Overwrite = "not", true }, nil},
		"space":                  {func(_ *cut, s *seen) { s.Source["tree.0.kib"] = "9000000" }, []string{"blocks P032 8788 MiB are to come"}},
		"inodes":                 {func(_ *cut, s *seen) { s.Source["tree.0.entries"] = "5200" }, []string{"blocks P033 5000 free, 5100 files"}},
		"inodes are not counted": {func(_ *cut, s *seen) { s.Source["tree.0.entries"] = "5200"; delete(s.Target, "tree.0.inodes") }, nil},
		"quota":                  {func(_ *cut, s *seen) { s.Target["tree.0.quota"] = "usrquota grpquota" }, []string{"informs P034 usrquota,grpquota"}},
		"no address left":        {func(_ *cut, s *seen) { s.Source["addresses"] = v4 }, []string{"blocks P040 "}},
		"park": {func(d *cut, s *seen) {
			d.Identity.ParkAddress, s.Source["network.192.0.2.99/24.device"] = "192.0.2.99/24", "eth0"
		}, []string{"blocks P042 192.0.2.99/24 would be lost"}},
		"other network": {func(_ *cut, s *seen) { s.Target["network."+v6+".device"] = "" }, []string{"blocks P041 without a router"}},
		"no back end":   {func(_ *cut, s *seen) { s.Target["network."+v4+".backend"] = "" }, []string{"blocks P042 lost at its next boot"}},
		"given by another": {func(_ *cut, s *seen) {
			s.Source["network."+v4+".boot"], s.Source["network."+v4+".other"] = "", "/etc/netplan/1.yaml"
		}, []string{"blocks P043 /etc/netplan/1.yaml"}},
		"stuck in a file of its own": {func(_ *cut, s *seen) {
			s.Source["network."+v4+".stuck"] = "/etc/network/interfaces, line 8: a command that needs the address"
		}, []string{"blocks P043 line 8: a command"}},
		"given by nobody": {func(_ *cut, s *seen) { s.Source["network."+v4+".boot"] = "" }, []string{"warns P044 "}},
		"on both":         {func(_ *cut, s *seen) { s.Target["network."+v4+".here"] = "yes" }, []string{"blocks P046 some may be served there"}},
		"behind a fence":  {func(_ *cut, s *seen) { s.Target["network."+v4+".here"], s.Target["network.fence"] = "yes", "up" }, nil},
		"AAAA":            {func(_ *cut, s *seen) { s.Source["name.mail.example.org"] += " 2001:db8::99" }, []string{"warns P045 2001:db8::99"}},
		"exchange":        {exchanging, nil},
		"exchange of another's address": {func(d *cut, s *seen) {
			exchanging(d, s)
			delete(s.Target, "network."+d.Identity.ParkAddress+".here")
		}, []string{"blocks P047 192.0.2.21/24 192.0.2.25/24"}},
		"exchange of other names":   {func(d *cut, s *seen) { exchanging(d, s); s.Source["hostname"] = "ebi" }, []string{`blocks P048 "ebi"`}},
		"exchange without arping":   {func(d *cut, s *seen) { exchanging(d, s); delete(s.Target, "tool.arping") }, []string{"blocks P049 free"}},
		"exchange, then lost":       {func(d *cut, s *seen) { exchanging(d, s); s.Ways[d.Source] = []string{"192.0.2.25"} }, []string{"blocks P051 192.0.2.26"}},
		"exchange, and another way": {func(d *cut, s *seen) { exchanging(d, s); s.Ways[d.Source] = []string{"192.0.2.25", "198.51.100.1"} }, nil},
		"exchange, by name":         {func(d *cut, s *seen) { exchanging(d, s); s.Ways[d.Source] = []string{"ika.example.org"} }, []string{"warns P051 ika.example.org"}},
		"exchange, stuck": {func(d *cut, s *seen) {
			exchanging(d, s)
			s.Target["network."+d.Identity.ParkAddress+".stuck"] = "/etc/network/interfaces, line 8: a command that needs the address"
		}, []string{"blocks P043 line 8: a command"}},
		"clocks":       {func(_ *cut, s *seen) { s.Target["clock"] = "1100" }, []string{"warns P050 1m40s"}},
		"taken number": {func(_ *cut, s *seen) { s.Target["user.name.cyrus"], s.Target["user.number.101"] = "", "sshd" }, []string{"blocks P060 user cyrus (101) is sshd"}},
		"taken, but mapped": {func(d *cut, s *seen) {
			s.Target["user.name.cyrus"], s.Target["user.number.101"] = "", "sshd"
			d.Syncs[0].Usermap = map[string]string{"cyrus": "105"}
		}, nil},
		"mapped to nobody":      {func(d *cut, _ *seen) { d.Syncs[0].Groupmap = map[string]string{"*": "vmail"} }, []string{"blocks P061 group vmail"}},
		"unknown":               {func(_ *cut, s *seen) { s.Target["group.name.mail"], s.Target["group.number.8"] = "", "" }, []string{"warns P062 group mail (8)"}},
		"other number":          {func(_ *cut, s *seen) { s.Target["user.name.cyrus"], s.Target["user.number.101"] = "120", "sshd" }, []string{"informs P063 user cyrus: 101, there 120"}},
		"number without a name": {func(_ *cut, s *seen) { s.Source["tree.0.users"] = "4711:4711" }, nil},
		"and somebody's there":  {func(_ *cut, s *seen) { s.Source["tree.0.users"], s.Target["user.number.4711"] = "4711:4711", "bob" }, []string{"blocks P060 user 4711 is bob"}},
		"expired": {func(_ *cut, s *seen) {
			s.Source["certificate."+pem] = certificate(t, s.Now.Add(-time.Hour), "mail.example.org")
		}, []string{"blocks P070 2026-11-22T05:00:00Z"}},
		"expires": {func(_ *cut, s *seen) {
			s.Source["certificate."+pem] = certificate(t, s.Now.Add(time.Hour), "mail.example.org")
		}, []string{"warns P071 of the source"}},
		"names": {func(_ *cut, s *seen) {
			s.Source["certificate."+pem] = certificate(t, s.Now.Add(9999*time.Hour), "old.example.org")
		}, []string{"warns P072 for old.example.org, not for mail.example.org"}},
		"no certificate": {func(_ *cut, s *seen) { s.Source["certificate."+pem] = "AAAA" }, []string{"warns P073 "}},
		"the target's own": {func(d *cut, s *seen) {
			d.Files = nil
			s.Target["certificate."+pem] = certificate(t, s.Now.Add(-time.Hour), "mail.example.org")
		}, []string{"blocks P070 of the target"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, s := moving(t)
			test.change(&d, &s)
			var got []string
			for _, f := range executor.Judge(d, s) {
				line := f.Grade + " " + f.Code + " "
				if at := len(got); at < len(test.want) && strings.HasPrefix(test.want[at], line) && strings.Contains(f.Detail, strings.TrimPrefix(test.want[at], line)) {
					line = test.want[at]
				} else {
					line += f.Detail
				}
				got = append(got, line)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}
