package compile

import (
	"slices"
	"strings"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/operation"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// exports writes databases as text where the product can, among what is backed up.
func (g *upgrader) exports() []runbook.Operation {
	if len(g.u.Export) == 0 || len(g.u.Backup.Paths) == 0 {
		return nil
	}
	keeper := g.keeper()
	op := operation.RunJob(party(keeper), g.stage, g.u.Export)
	op.Sentence = "write the databases as text: " + op.Sentence
	return ranked(op)
}

// backups are the backup of a hop, and from where on going back restores it: on each host that serves its own paths, and once what all share.
func (g *upgrader) backups() [][]runbook.Operation {
	var take, arm []runbook.Operation
	g.arms = map[string][]string{}
	for _, h := range g.u.Hosts {
		b := HopBackup(g.u, h, h.ID == g.keeper().ID)
		if !g.serves(h) || len(b.Paths) == 0 {
			continue
		}
		b.Name = g.u.Name + "." + g.hop
		armed := operation.ArmRecovery(party(h), g.stage, b)
		taken := operation.BackUpHop(party(h), g.stage, b)
		id := armed.ID + "." + operation.Name(g.hop)
		taken.Args[3] = id
		g.arms[h.ID] = append(g.arms[h.ID], id)
		take, arm = append(take, taken), append(arm, armed)
	}
	return [][]runbook.Operation{take, arm}
}

// HopBackup is what one host backs up before a hop; keeper is the one that also has what all share.
func HopBackup(u declare.Upgrade, h declare.UpgradeHost, keeper bool) declare.Backup {
	b := declare.Backup{Host: h.ID, Directory: u.Backup.Directory}
	for _, path := range u.Backup.Paths {
		shared := slices.ContainsFunc(u.Shared, func(tree string) bool { return strings.HasPrefix(path+"/", tree) })
		if keeper || !shared {
			b.Paths = append(b.Paths, path)
		}
	}
	return b
}

// Mount is the new file system as a mount of one host.
func (g *upgrader) mount(s declare.Storage) declare.Mount {
	return declare.Mount{Name: g.u.Name, Device: s.Device, Path: s.Path, Type: s.Type, Options: s.Options}
}

// storage brings another file system to where the cluster expects its root, with what is copied of the one before.
func (g *upgrader) storage(s declare.Storage) {
	e, m := g.u.Estimates, g.mount(s)
	has := func(h declare.UpgradeHost) bool { return len(s.Hosts) == 0 || slices.Contains(s.Hosts, h.Name) }
	g.step(e.Mount, g.on(has, func(p operation.Party) runbook.Operation {
		return operation.MoveMount(p, g.stage, s.Path, s.PreviousPath)
	}))
	g.step(e.Mount,
		g.on(has, func(p operation.Party) runbook.Operation { return operation.MountPath(p, g.stage, m) }),
		g.on(has, func(p operation.Party) runbook.Operation { return operation.WriteFstab(p, g.stage, m) }))
	if len(s.Copy) == 0 {
		return
	}
	copies := operation.CopyStorage(party(g.keeper()), g.stage, s.PreviousPath, s.Path, s.Copy)
	g.step(e.Copy, ranked(copies))
}

// Devices looks, while an upgrade is planned, whether the new file system can be mounted where it is to be.
func Devices(u declare.Upgrade) (runbook.Runbook, error) {
	g := newUpgrader(u)
	if u.Storage != nil {
		g.step(0, g.on(func(h declare.UpgradeHost) bool {
			return len(u.Storage.Hosts) == 0 || slices.Contains(u.Storage.Hosts, h.Name)
		},
			func(p operation.Party) runbook.Operation {
				op := operation.ProveMountable(p, g.stage, g.mount(*u.Storage))
				op.Lasting = true
				return op
			}))
	}
	return finished(upgradeName(u)+".devices", g.ops)
}

// Served looks which version is installed on each host, and which one the hosts say serves since the last hop.
func Served(u declare.Upgrade) (runbook.Runbook, error) {
	g := newUpgrader(u)
	marked := operation.SettleHop(party(g.keeper()), g.stage, u.Name, u.Version, nil)
	marked.Lasting = true // so that it is looked at
	g.step(0, ranked(marked),
		g.on(everyHost, func(p operation.Party) runbook.Operation {
			return operation.HaveVersion(p, g.stage, u.Product, u.Version, u.Ask)
		}))
	return finished(upgradeName(u)+".served", g.ops)
}

// UpgradeBegin writes down which version serves when an upgrade is first declared.
func UpgradeBegin(u declare.Upgrade) (runbook.Runbook, error) {
	g := newUpgrader(u)
	settle := operation.SettleHop(party(g.keeper()), g.stage, u.Name, u.Version, nil)
	settle.Sentence = "write down on " + party(g.keeper()).Role + " that " + u.Version + " serves"
	g.step(0, ranked(settle))
	return finished("mail_upgrade."+operation.Name(u.Name), g.ops)
}

// UpgradeStanding is what holds while a version serves: it is installed everywhere, and the services of the active hosts run.
func UpgradeStanding(u declare.Upgrade) (runbook.Runbook, error) {
	g := newUpgrader(u)
	g.step(0, g.on(everyHost, func(p operation.Party) runbook.Operation {
		return operation.HaveVersion(p, g.stage, u.Product, u.Version, u.Ask)
	}))
	g.step(0, g.starts(nil)...)
	return finished(upgradeName(u)+".standing", g.ops)
}

// UpgradeMend starts the services that stand though they shall run. Another version is not mended: it is upgraded, or recovered.
func UpgradeMend(u declare.Upgrade, drifted []string) (runbook.Runbook, error) {
	standing, err := UpgradeStanding(u)
	if err != nil {
		return runbook.Runbook{}, err
	}
	var ops []runbook.Operation
	var ids []string
	for _, op := range standing.Operations {
		if op.Kind == "start_service" && slices.Contains(drifted, op.ID) {
			op.Needs = slices.DeleteFunc(slices.Clone(op.Needs), func(id string) bool { return !slices.Contains(ids, id) })
			ids = append(ids, op.ID)
			ops = append(ops, op)
		}
	}
	r, err := finished(upgradeName(u)+".mend", ops)
	r.Stays = true
	return r, err
}

// UpgradeRest is what an upgrade leaves to be done online.
func UpgradeRest(u declare.Upgrade) (runbook.Runbook, error) {
	g := newUpgrader(u)
	g.online()
	if g.err != nil {
		return runbook.Runbook{}, g.err
	}
	r, err := finished(upgradeName(u)+".rest", g.ops)
	r.Stays = true
	return r, err
}
