//go:build lab

package acceptance_test

import (
	"maps"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/bluemind"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/operation"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// specimen is one kind of operation as it is tested.
type specimen struct {
	// make gives the operation, after those it cannot be without; nil: there is nothing to undo.
	make          func(source, target operation.Party) []runbook.Operation
	before, after string // scripts on new, around it
	silent        bool   // what it changes is in the journal's folder only
	anew          bool   // done again it makes its thing anew, such as a key or a database
}

// again follows a kind's name in its second specimen.
const again = "_again"

// change is the stage of all specimens.
const change = runbook.Change

// saysContinue lets the specimen of await_continue go on as soon as it waits.
const saysContinue = `setsid sh -c '
until sh "$(ls /var/lib/terraform-provider-mail/lib/*/tpm 2>/dev/null | head -n 1)" continue acceptance.await_continue freeze; do sleep 0.1; done
' >/dev/null 2>&1 </dev/null &`

func bmService() declare.Service {
	return declare.Service{
		Name: "bm", Units: []string{"bm-core", "cyrus-imapd"},
		Start: []string{"bmctl", "start"}, Stop: []string{"bmctl", "stop"}, Status: []string{"bmctl", "status"},
	}
}

func dumpOf(source, target operation.Party) declare.Dump {
	return declare.Dump{Name: "ops", Source: source.ID, Target: target.ID, Engine: "postgresql", Databases: []string{"bj"}}
}

func cyrusStore() *declare.Store {
	return &declare.Store{
		Kind: "cyrus", User: "cyrus", Messages: []declare.Pattern{{Root: "/var/spool/cyrus", ERE: `/(.*/)?[1-9][^/]*\.`}},
		Session: []string{"env", "CYRUS_SERVICE=imap", "CYRUS_ID=900", "/usr/lib/cyrus/bin/imapd", "-X", "-N"}, Locate: []string{"/usr/lib/cyrus/bin/mbpath", "-p", "-j"},
	}
}

func filesOf(source, target operation.Party) declare.FileSet {
	return declare.FileSet{Name: "ops", Source: source.ID, Target: target.ID, Paths: []string{"/etc/ops*"}}
}

func accountsOf(source, target operation.Party) declare.Accounts {
	return declare.Accounts{Name: "ops", Source: source.ID, Target: target.ID, UIDFrom: 41000, UIDTo: 41999}
}

// lent puts operations behind the loan of a key to the target.
func lent(source, target operation.Party, ops ...runbook.Operation) []runbook.Operation {
	loan := operation.Loan{
		Trees:     map[string]string{"ops": "/srv/ops", "files": "/", "queue": "/var/spool/postfix/hold", "maildrop": "@run/maildrop"},
		Databases: []string{"bj"}, Files: []string{"/etc/ops*"}, Accounts: []declare.Accounts{accountsOf(source, target)}, For: time.Hour,
	}
	return append([]runbook.Operation{operation.OpenAccess(source, target, change, loan)}, ops...)
}

// opsTree is the tree of these tests.
func opsTree(source, target operation.Party) (declare.Sync, operation.Tree) {
	s := declare.Sync{
		Source: source.ID, Target: target.ID, Paths: map[string]string{"/srv/ops/": "/srv/ops/"}, Delete: true, DeleteLimitPercent: 50, Overwrite: true, HardLinks: true,
	}
	tree := operation.Trees(s)[0]
	tree.Module = "ops"
	return s, tree
}

// stillNow pretends that a cold pass of the tree has just ended: whatever differs now is a loss.
const stillNow = `mkdir -p ` + journalDir + `/still; printf '%s %s\n' "$(($(date +%s) - $(cut -d. -f1 /proc/uptime)))" "$(date +%s.%N)" >` + journalDir + `/still/_srv_ops_`

// passageOf lets checks of the source reach the target at an address of its own.
func passageOf(source, target operation.Party) runbook.Operation {
	return operation.OpenPassage(source, target, change, time.Hour, []int{25, 143}, []string{bluemind.ServiceAddress, "2001:db8::25"}, true)
}

func one(op runbook.Operation) []runbook.Operation { return []runbook.Operation{op} }

// specimens are all kinds.
func specimens() map[string]specimen {
	all := withUndo()
	maps.Copy(all, storageSpecimens())
	maps.Copy(all, upgradeSpecimens())
	for kind, why := range map[string]string{
		"await_ports": "looks", "close_access": "gives up", "close_channel": "gives up", "close_leases": "gives up", "close_passage": "gives up",
		"close_question": "gives up", "compare_contents": "looks, and copies what a pass has missed", "compare_frozen": "looks", "compare_tree": "looks", "disarm_timer": "a step of the commit", "drain_connections": "waits",
		"discard_copies": "gives up", "discard_images": "gives up", "settle_moves": "looks",
		"drop_hold": "gives up", "drop_leftovers": "gives up", "drop_records": "gives up", "keep_records": "writes down", "recall_records": "looks", "flush_queue": "delivers",
		"free_queue": "goes on where a sweep stopped", "note_files": "writes down", "prove_quiet": "looks", "release_queue": "a step of the commit",
		"prove_accounted": "looks", "prove_still": "looks", "retire_late": "accounts for what was taken", "take_late": "delivers: nobody wants mail taken out again",
		"restore_files": "brings back, and nobody wants it undone", "retire_queue": "a step of the commit",
		"run_job": "the user's command", "write_cut_mark": "is the commit",
	} {
		if why != "" {
			all[kind] = specimen{}
		}
	}
	return all
}

func withUndo() map[string]specimen {
	other, extra := bluemind.ServiceAddress+"/24", "10.99.0.77/24"
	all := map[string]specimen{
		"admit_checks": {make: func(a, b operation.Party) []runbook.Operation {
			return append(one(passageOf(a, b)), operation.AdmitChecks(b, a, change))
		}, silent: true, anew: true},
		"await_continue": {make: func(_, b operation.Party) []runbook.Operation {
			return one(operation.AwaitContinue(b, change, "freeze", time.Hour))
		}, before: saysContinue, silent: true},
		"arm_timer": {make: func(_, b operation.Party) []runbook.Operation {
			return one(operation.ArmTimer(b, change, 10*time.Minute, []string{"postfix"}))
		}},
		"ask_timer": {make: func(a, b operation.Party) []runbook.Operation {
			return append(one(operation.ArmTimer(a, change, 10*time.Minute, []string{"postfix"})), operation.AskTimer(a, b, change))
		}},
		"close_database": {make: func(_, b operation.Party) []runbook.Operation {
			return one(operation.CloseDatabase(b, change, "bj"))
		}},
		"copy_accounts": {make: func(a, b operation.Party) []runbook.Operation {
			return lent(a, b, operation.CopyAccounts(b, a, change, accountsOf(a, b)))
		}, anew: true},
		"copy_files": {make: func(a, b operation.Party) []runbook.Operation {
			return lent(a, b, operation.CopyFiles(b, a, change, filesOf(a, b)))
		}, anew: true},
		"copy_queue": {make: func(a, b operation.Party) []runbook.Operation {
			return lent(a, b, operation.HoldQueue(a, change), operation.CopyQueue(b, a, change))
		}, anew: true},
		"disable_service": {make: func(_, b operation.Party) []runbook.Operation {
			return one(operation.DisableService(b, change, bmService()))
		}},
		"drop_address": {make: func(a, _ operation.Party) []runbook.Operation { return one(operation.DropAddress(a, change, other)) }},
		// A message waits for a host that nobody reaches.
		"end_deliveries": {
			make:   func(_, b operation.Party) []runbook.Operation { return one(operation.EndDeliveries(b, change)) },
			before: `systemctl start postfix; sendmail -f ops@lab.test 'nobody@[192.0.2.1]' </dev/null; until find /var/spool/postfix/deferred -type f | grep -q .; do sleep 0.1; done; systemctl stop postfix postfix@-`,
			after:  "postsuper -d ALL 2>/dev/null",
		},
		"edit_file": {make: func(_, b operation.Party) []runbook.Operation {
			return one(operation.EditFile(b, change, declare.File{Path: "/etc/ops.conf", Lines: []string{"other = 1", "more"}, Owner: "mail:mail", Mode: "0640", Reload: "ssh"}))
		}},
		"enable_service": {make: func(_, b operation.Party) []runbook.Operation {
			return one(operation.EnableService(b, change, bmService()))
		}, before: "systemctl -q disable bm-core", after: "systemctl -q enable bm-core"},
		"guard_queue": {make: func(a, _ operation.Party) []runbook.Operation { return one(operation.GuardQueue(a, change)) }},
		"hold_queue":  {make: func(a, _ operation.Party) []runbook.Operation { return one(operation.HoldQueue(a, change)) }},
		"gather_late": {make: func(a, _ operation.Party) []runbook.Operation {
			return one(operation.GatherLate(a, change, "ops", cyrusStore(), cyrusStore().Messages, false))
		}, silent: true},
		"keep_files": {
			make: func(_, b operation.Party) []runbook.Operation {
				return one(operation.KeepFiles(b, change, filesOf(b, b), "ops", nil))
			},
			before: `n=` + journalDir + `/marks/ops/files/ops; mkdir -p $n/image/etc; cp -a /etc/ops.conf $n/image/etc; printf 'etc/ops.conf\0' >$n/list
				printf 'etc/ops.conf//%s\0' "$(sha256sum </etc/ops.conf | cut -c 1-64)" >$n/state; cp -a /etc/ops.conf /etc/kept; echo changed >>/etc/ops.conf`,
			after: `mv /etc/kept /etc/ops.conf; rm -r ` + journalDir + `/marks/ops`,
		},
		"mark_side": {make: func(a, _ operation.Party) []runbook.Operation {
			return one(operation.MarkSide(a, change, "ops", cyrusStore().Messages, []string{"bj", "bj-data"}, true))
		}},
		"keep_account": {make: func(_, b operation.Party) []runbook.Operation {
			return append(one(operation.WriteHold(b, change, "ops", []string{"service:ops"})),
				operation.KeepAccount(b, change, "ops", cyrusStore().Messages, []string{"/srv/ops/"}, nil, []string{"bj"}))
		}},
		"open_database": {make: func(_, b operation.Party) []runbook.Operation {
			return append(one(operation.CloseDatabase(b, change, "bj")), operation.OpenDatabase(b, change, "bj"))
		}, silent: true},
		"keep_address": {make: func(_, b operation.Party) []runbook.Operation {
			return append(one(operation.TakeAddress(b, change, extra)), operation.KeepAddress(b, change, extra))
		}},
		"lend_question": {make: func(a, b operation.Party) []runbook.Operation {
			return append(one(operation.MakeQuestion(a, b, change)), operation.LendQuestion(b, a, change, time.Hour))
		}, anew: true},
		"lower_fence": {make: func(_, b operation.Party) []runbook.Operation {
			raise := operation.RaiseFence(b, change, operation.FenceAll, []int{25, 143}, []int{25})
			return append(one(raise), operation.LowerFence(b, change))
		}, silent: true},
		"make_question": {make: func(a, b operation.Party) []runbook.Operation { return one(operation.MakeQuestion(a, b, change)) }, anew: true},
		"mend_tree": {make: func(a, b operation.Party) []runbook.Operation {
			s, tree := opsTree(a, b)
			return lent(a, b, operation.MendTree(b, a, change, s, tree))
		}, before: stillNow, anew: true},
		"open_access":  {make: func(a, b operation.Party) []runbook.Operation { return lent(a, b) }, anew: true},
		"open_passage": {make: func(a, b operation.Party) []runbook.Operation { return one(passageOf(a, b)) }, anew: true},
		"prepare_database": {make: func(a, b operation.Party) []runbook.Operation {
			return lent(a, b, operation.PrepareDatabase(b, a, change, declare.Dump{}, "bj"))
		}, anew: true},
		"raise_fence": {make: func(_, b operation.Party) []runbook.Operation {
			return one(operation.RaiseFence(b, change, operation.FenceAll, []int{25, 143}, []int{25}))
		}},
		"restore_database": {make: func(a, b operation.Party) []runbook.Operation {
			return lent(a, b, operation.RestoreDatabase(b, a, change, dumpOf(a, b), "bj", operation.CompareFull))
		}, before: "bmctl stop", after: "bmctl start", anew: true},
		// A pass of an earlier run has put the first database aside already.
		"restore_database" + again: {make: func(a, b operation.Party) []runbook.Operation {
			fence := operation.RaiseFence(b, change, operation.FenceAll, []int{25, 143}, []int{25})
			return append(one(fence), lent(a, b, operation.RestoreDatabase(b, a, change, dumpOf(a, b), "bj", operation.CompareFull))...)
		}, before: "bmctl stop; runuser -u postgres -- createdb bj__before", after: "bmctl start; runuser -u postgres -- dropdb bj__before", anew: true},
		"start_service": {make: func(_, b operation.Party) []runbook.Operation {
			return one(operation.StartService(b, change, bmService()))
		}, before: "bmctl stop", after: "bmctl start"},
		"stop_service": {make: func(_, b operation.Party) []runbook.Operation {
			return one(operation.StopService(b, change, bmService()))
		}},
		"sync_tree": {make: func(a, b operation.Party) []runbook.Operation {
			s, tree := opsTree(a, b)
			return lent(a, b, operation.SyncTree(b, a, change, s, tree, operation.Hot))
		}, anew: true},
		"take_address": {make: func(_, b operation.Party) []runbook.Operation { return one(operation.TakeAddress(b, change, extra)) }},
		"write_hold": {make: func(_, b operation.Party) []runbook.Operation {
			return one(operation.WriteHold(b, change, "ops", []string{"service:bm", "tree:/srv/ops/"}))
		}},
	}
	maps.Copy(all, netSpecimens())
	return all
}
