//go:build lab

package acceptance_test

import (
	"fmt"
	"testing"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/bluemind"
)

// storing is a root module for one resource on new, which has two block devices: /dev/vdb1 with ext4 and /dev/vdc1 with btrfs.
type storing struct {
	*workspace
	target machine
}

// TestStorage is about what real file systems do to mounts and backups.
func TestStorage(t *testing.T) {
	l := freshWith(t, bluemind.Options{}, func(s *lab.Spec) {
		for i, h := range s.Hosts {
			if h.Name == bluemind.New {
				s.Hosts[i].Layer = lab.Layer{Name: "cyrus-btrfs", Packages: append(h.Layer.Packages, "btrfs-progs")}
			}
		}
	})
	target := on(t, l, bluemind.New)
	attach(t, target, "/dev/vdb1", 32)
	attach(t, target, "/dev/vdc1", 128)
	target.sh(`mkfs.ext4 -q /dev/vdb1; mkfs.btrfs -q /dev/vdc1; mkdir /srv/store; mount /dev/vdc1 /srv/store; printf '# kept\n' >/etc/fstab`)
	for name, run := range map[string]func(storing){
		"what_is_in_the_way_of_a_mount": storing.inTheWay, "mount_that_is_in_use": storing.busy, "another_device": storing.another,
		"mount_that_moves": storing.moves, "snapshots": storing.snapshots, "snapshots_refused": storing.noSnapshots,
	} {
		t.Run(name, func(t *testing.T) {
			m := target
			m.t = t
			run(storing{newWorkspace(t, l), m})
		})
	}
}

func (s storing) declare(kind, body string) {
	s.t.Helper()
	s.file("main.tf", s.provider("")+s.hosts("")+fmt.Sprintf("resource %q \"it\" {\n  host = mail_host.new.id\n%s}\n", kind, body))
}

func (s storing) mount(device, path, kind string) {
	s.t.Helper()
	s.declare("mail_mount", fmt.Sprintf("  device = %q\n  path = %q\n  type = %q\n", device, path, kind))
}

// inTheWay: each is an error of the plan at its attribute, and nothing is changed.
func (s storing) inTheWay() {
	s.target.sh("mkdir -p /srv/full; touch /srv/full/a /srv/full/b; mkdir -p /srv/other; mount /dev/vdb1 /srv/other; printf 'tmpfs /srv/line tmpfs noauto\\n' >>/etc/fstab")
	before := s.target.sh("cat /etc/fstab; findmnt -rn; ls /srv")
	for _, c := range []struct {
		device, path, kind, attribute string
		texts                         []string
	}{
		{"/dev/no-such", "/srv/new", "ext4", "device", []string{"there is no block device /dev/no-such", "Next: attach it"}},
		{"/dev/vdb1", "/srv/new", "ext4", "device", []string{"is mounted at /srv/other already", "Next: unmount it there"}},
		{"tmpfs", "/srv/full", "tmpfs", "path", []string{"is not empty: 2 entries would be hidden", "Next: move them away"}},
		{"tmpfs", "/srv/full/a", "tmpfs", "path", []string{"is no directory", "Next: name a directory"}},
		{"tmpfs", "/srv/other", "tmpfs", "path", []string{"/dev/vdb1 (ext4) is mounted at /srv/other, not tmpfs (tmpfs)", "Next: unmount it"}},
		{"other", "/srv/line", "tmpfs", "path", []string{"line 2 of /etc/fstab mounts something else there (tmpfs /srv/line tmpfs noauto)", "Next: take it out"}},
	} {
		s.mount(c.device, c.path, c.kind)
		s.plan().refused(c.attribute, c.texts...)
	}
	same(s.t, "new", diffLines(before, s.target.sh("cat /etc/fstab; findmnt -rn; ls /srv")))
	s.target.sh("umount /srv/other; rm -r /srv/full /srv/other; printf '# kept\\n' >/etc/fstab")
}

// busy: what is in use is not unmounted, who uses it is named, and the next attempt goes through.
func (s storing) busy() {
	s.mount("/dev/vdb1", "/srv/in use", "ext4")
	s.apply().good()
	s.target.sh(`echo x >'/srv/in use/file'; setsid sh -c 'exec 5<"/srv/in use/file"; echo $$ >/run/user.pid; exec sleep 600' >/dev/null 2>&1 </dev/null &`)
	s.target.sh("until [ -s /run/user.pid ]; do sleep 0.1; done")
	s.destroy().refused("", "(sleep) has /srv/in use/file open", "Next: stop who uses it")
	s.target.is("ext4", "findmnt", "-no", "FSTYPE", "--mountpoint", "/srv/in use")
	s.target.sh(`kill "$(cat /run/user.pid)"; rm /run/user.pid`)
	s.destroy().good()
	s.target.is("# kept", "cat", "/etc/fstab")
	s.target.sh("[ ! -e '/srv/in use' ]")
}

// another: a device that somebody mounted over ours is drift, and is not taken away.
func (s storing) another() {
	s.mount("/dev/vdb1", "/srv/ours", "ext4")
	s.apply().good()
	s.target.sh("umount /srv/ours; mount -a; findmnt --mountpoint /srv/ours") // by the line in fstab
	s.empty()
	s.target.sh("mount -t tmpfs over /srv/ours")
	s.apply("-refresh-only").good()
	var r struct {
		Status string   `json:"status"`
		Drift  []string `json:"drift"`
	}
	if !s.read("mail_mount.it", &r) || r.Status != "drifted" || len(r.Drift) != 1 || r.Drift[0] != "host: over (tmpfs) is mounted at /srv/ours, not /dev/vdb1 (ext4)" {
		s.t.Errorf("%+v", r)
	}
	s.target.sh("umount /srv/ours")
	s.empty()
	s.target.sh("mount -o remount,ro /srv/ours")
	s.plan().changes()
	s.apply().good()
	s.target.sh("touch /srv/ours/written")
	s.empty()
	s.destroy().good()
	s.target.is("# kept", "cat", "/etc/fstab")
}

// moves: the same device at another path, and another at the first.
func (s storing) moves() {
	s.mount("/dev/vdb1", "/srv/first", "ext4")
	s.apply().good()
	s.mount("/dev/vdb1", "/srv/second", "ext4")
	s.apply().good()
	s.target.sh("findmnt --mountpoint /srv/second; [ ! -e /srv/first ]; [ \"$(wc -l </etc/fstab)\" = 2 ]")
	s.mount("tmpfs", "/srv/second", "tmpfs")
	s.apply().good()
	s.target.is("tmpfs", "findmnt", "-no", "FSTYPE", "--mountpoint", "/srv/second")
	s.empty()
	s.destroy().good()
	s.target.is("# kept", "cat", "/etc/fstab")
}

func (s storing) snapshot(extra string) {
	s.t.Helper()
	s.declare("mail_backup", "  paths = [\"/srv/store/mail\", \"/etc/hostname\"]\n  directory = \"/srv/store/backups\"\n  snapshot = \"btrfs\"\n  retain = 1\n  on_destroy = \"delete\"\n"+extra)
}

// snapshots hold what was there, cannot be written, are missed when they are gone, and go when they are to.
func (s storing) snapshots() {
	s.target.sh("btrfs -q subvolume create /srv/store/mail; cd /srv/store/mail\n" + oddFiles("first"))
	s.snapshot("")
	s.apply().good()
	s.empty()
	s.target.sh("cd /srv/store/mail\n" + oddFiles("second"))
	s.target.sh(`cd /srv/store/backups/*.000001.*; ! touch snap-1/x 2>/dev/null; grep -rq first snap-1; ! grep -rq second snap-1; sha256sum --quiet --strict -c manifest; tar -xOf files.tar etc/hostname | cmp - /etc/hostname`)
	s.snapshot("  trigger = \"again\"\n")
	s.apply().good()
	s.target.sh(`[ "$(ls -A /srv/store/backups | wc -l)" = 1 ]; cd /srv/store/backups/*.000002.*; grep -rq second snap-1`)
	s.target.sh(`btrfs -q property set -ts -f /srv/store/backups/*/snap-1 ro false`)
	s.apply("-refresh-only").good()
	s.plan().changes()
	s.target.sh(`btrfs -q subvolume delete /srv/store/backups/*/snap-1`)
	s.apply().good()
	s.target.sh(`[ "$(ls -A /srv/store/backups | wc -l)" = 1 ]; cd /srv/store/backups/*.000003.*; grep -rq second snap-1`)
	s.empty()
	s.destroy().good()
	s.target.sh(`[ ! -e /srv/store/backups ]; [ "$(btrfs subvolume list /srv/store | wc -l)" = 1 ]; btrfs -q subvolume delete /srv/store/mail`)
}

// noSnapshots: what a snapshot would leave out, and where none can be made.
func (s storing) noSnapshots() {
	s.target.sh("btrfs -q subvolume create /srv/store/mail; btrfs -q subvolume create /srv/store/mail/inner; touch /srv/store/mail/x")
	s.snapshot("")
	s.apply().refused("", "/srv/store/mail/inner is a subvolume of its own", "Next: declare it as a path, too")
	s.target.sh("btrfs -q subvolume delete /srv/store/mail/inner; [ -z \"$(ls -A /srv/store/backups)\" ]")
	s.declare("mail_backup", "  paths = [\"/srv/store/mail\"]\n  directory = \"/srv/elsewhere\"\n  snapshot = \"btrfs\"\n")
	s.apply().refused("", "no snapshot of /srv/store/mail can be made", "Next: see that /srv/elsewhere lies on the same btrfs")
	s.declare("mail_backup", "  paths = [\"/etc/hostname\"]\n  directory = \"/srv/elsewhere\"\n  snapshot = \"btrfs\"\n")
	s.apply().refused("", "none of the paths is a btrfs subvolume", "Next: say snapshot")
	s.target.sh("btrfs -q subvolume delete /srv/store/mail; rmdir /srv/elsewhere")
}
