package operation_test

import (
	"testing"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/operation"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// every gives what each constructor makes, on both sides of a pair.
func every(t *testing.T) []runbook.Operation {
	t.Helper()
	source, target := operation.Party{ID: "id-of-old", Role: "source"}, operation.Party{ID: "id-of-new", Role: "target"}
	ops := append(onOne(source), onOne(target)...)
	ops = append(ops, onPair(target, source)...)
	ops = append(ops, onStorage(source)...)
	ops = append(ops, onUpgrade(operation.Party{ID: "id-of-old", Role: "mailconf1", Named: true})...)
	check, err := operation.CheckService(runbook.Checks, declare.Check{Name: "imap", Kind: "imap", Address: "192.0.2.25:143", Expect: "ready", Refused: true}, operation.Party{})
	if err != nil {
		t.Fatalf("check: %v", err)
	}
	return append(ops, check)
}

func sampleStore() *declare.Store {
	return &declare.Store{
		Kind: "cyrus", User: "cyrus", Messages: []declare.Pattern{{Root: "/var/spool/cyrus", ERE: `/(.*/)?[1-9][^/]*\.`}},
		Session: []string{"imapd", "-X", "-N"}, Locate: []string{"mbpath", "-p", "-j"}, Renew: []string{"reconstruct"},
	}
}

func sampleExchanged() operation.Exchanged {
	return operation.Exchanged{Hostnames: declare.Hostnames{Old: "ika", New: "tako"}, Addresses: [2]string{"192.0.2.25", "192.0.2.26"}}
}

func sampleAccounts() declare.Accounts {
	return declare.Accounts{Name: "accounts-1a2b3c", UIDFrom: 1000, UIDTo: 29999, Excluded: []string{"gate", "chikuwa*"}}
}

func onOne(p operation.Party) []runbook.Operation {
	service := declare.Service{Name: "bm", Start: []string{"bmctl", "start"}, Stop: []string{"bmctl", "stop"}, Units: []string{"bm-core", "cyrus-imapd"}}
	const change, address = runbook.Change, "192.0.2.25/24"
	return []runbook.Operation{
		operation.StopService(p, change, service), operation.StartService(p, change, service),
		operation.DisableService(p, change, service), operation.EnableService(p, change, service),
		operation.RaiseFence(p, change, operation.FenceNew, []int{25, 143}, []int{25}), operation.RaiseFence(p, change, operation.FenceAll, []int{25, 143}, []int{25}),
		operation.LowerFence(p, change), operation.DrainConnections(p, change, []int{25, 587}, 10*time.Second),
		operation.DropAddress(p, change, address), operation.TakeAddress(p, change, address), operation.KeepAddress(p, change, address),
		operation.ExchangeAddress(p, change, address, "192.0.2.26/24", true), operation.SetHostname(p, change, "tako"),
		operation.RewriteIdentity(p, change, []string{"/etc/hosts"}, sampleExchanged(), []string{"/srv/mail"}, []string{"config"}),
		operation.SearchLeftovers(p, change, []string{"/etc/hosts"}, sampleExchanged(), "ika", "192.0.2.25"),
		operation.SwitchService(p, change, declare.Switch{Do: []string{"lb", "new"}, Undo: []string{"lb", "it's old"}, Probe: []string{"lb"}}, true),
		operation.KeepRecords(p, change, "mail", "find_records.controller.example.org"), operation.RecallRecords(p, change, "mail"), operation.DropRecords(p, change, "mail"),
		operation.AwaitPorts(p, change, time.Minute, []int{25, 143}),
		operation.FlushQueue(p, change, 10*time.Second), operation.EndDeliveries(p, change), operation.HoldQueue(p, change), operation.FreeQueue(p, change), operation.RetireQueue(p, change),
		operation.RestoreFiles(p, change, declare.FileSet{Name: "config", Paths: []string{"/etc/bm/**"}}, "mail"),
		operation.NoteFiles(p, change, declare.FileSet{Name: "config", Paths: []string{"/etc/bm/**"}}, "mail"),
		operation.KeepFiles(p, change, declare.FileSet{Name: "config", Paths: []string{"/etc/bm/**"}}, "mail", sampleStore().Messages),
		operation.WriteHold(p, change, "move", []string{"service:bm"}), operation.DropHold(p, change, "move"),
		operation.ArmTimer(p, change, time.Minute, []string{"postfix"}), operation.DisarmTimer(p, change), operation.AskTimer(p, operation.Party{ID: "t", Role: "target"}, change),
		operation.WriteCutMark(p, change, "move"), operation.ProveQuiet(p, change, []int{25}, []string{"/var/spool/cyrus/"}),
		operation.CloseDatabase(p, change, "bj"), operation.SettleMoves(p, change, "mail"), operation.CloseLeases(p, change, "mail"), operation.DiscardCopies(p, change), operation.DiscardImages(p, change, "mail", true),
		operation.RunJob(p, change, []string{"reconstruct", "-r", "it's"}), operation.DropLeftovers(p, change, "bj"),
		operation.MarkSide(p, change, "mail", sampleStore().Messages, []string{"bj"}, true), operation.ProveStill(p, change, "mail", []string{"/var/spool/cyrus/"}, sampleStore().Messages, []string{"bj"}),
		operation.GatherLate(p, change, "mail", sampleStore(), sampleStore().Messages, false), operation.RetireLate(p, change, "mail"),
		operation.OpenDatabase(p, change, "bj"), operation.ProveAccounted(p, change, "mail"),
		operation.KeepAccount(p, change, "mail", sampleStore().Messages, []string{"/var/spool/cyrus/"}, sampleStore().Messages, []string{"bj"}),
		operation.CloseAccess(p, change), operation.CloseChannel(p, change), operation.CloseQuestion(p, change),
		operation.EditFile(p, change, declare.File{Path: "/etc/services", Lines: []string{"imap 143/tcp"}, Owner: "root:root", Mode: "0644", Reload: "ssh"}),
		operation.SetTTL(p, change, declare.DNSTTL{TTL: 300, Reload: "named"}, "example.org", "/etc/bind/db.example.org"),
		operation.StartJob(p, change, declare.DetachedJob{Name: "rebuild", Command: []string{"reconstruct", "-r"}}),
		operation.AwaitContinue(p, change, "freeze", time.Hour), operation.AwaitContinue(p, change, "commit", time.Hour),
	}
}

func onPair(p, from operation.Party) []runbook.Operation {
	const change = runbook.Change
	sync := declare.Sync{Paths: map[string]string{"/var/spool/cyrus/": "/srv/cyrus/", "/var/lib/cyrus/": "/var/lib/cyrus/"}}
	var ops []runbook.Operation
	for _, tree := range operation.Trees(sync) {
		ops = append(ops, operation.SyncTree(p, from, change, sync, tree, operation.Hot), operation.SyncTree(p, from, change, sync, tree, operation.Cold),
			operation.ConvergeTree(p, from, change, sync, tree, time.Minute), operation.CompareTree(p, from, change, sync, tree),
			operation.CompareContents(p, from, change, sync, tree, operation.CompareFull),
			operation.CompareFrozen(p, from, change, sync, tree), operation.MendTree(p, from, change, sync, tree))
	}
	return append(ops,
		operation.PrepareDatabase(p, from, change, declare.Dump{}, "bj"),
		operation.RestoreDatabase(p, from, change, declare.Dump{}, "bj", operation.CompareQuick), operation.RestoreDatabase(p, from, change, declare.Dump{}, "bj-data", operation.CompareQuick),
		operation.CopyFiles(p, from, change, declare.FileSet{Name: "config", Paths: []string{"/etc/bm/**"}}),
		operation.CopyAccounts(p, from, change, sampleAccounts()), operation.PrepareAccounts(p, from, change, sampleAccounts()),
		operation.OpenPassage(from, p, change, time.Hour, []int{25, 143}, []string{"192.0.2.25", "mail.example.org"}, true),
		operation.AdmitChecks(p, from, change), operation.ClosePassage(from, change), operation.GuardQueue(p, change),
		operation.CopyQueue(p, from, change), operation.ReleaseQueue(p, from, change), operation.TakeLate(p, from, change, "mail", sampleStore()), operation.OpenAccess(from, p, change, operation.Loan{For: time.Hour}),
		operation.MakeKey(from, change, sampleAccess()), operation.GrantLogin(p, from, change, sampleAccess()),
		operation.MakeQuestion(from, p, change), operation.LendQuestion(p, from, change, time.Hour),
	)
}

func sampleAccess() declare.SSHAccess {
	return declare.SSHAccess{Name: "copy", Command: declare.Rsync, Paths: []string{"/home/"}, ExpiresAfter: 4 * time.Hour, PermitRootLogin: "prohibit-password"}
}
