package client

import (
	"fmt"
	"maps"
	"slices"
)

// Diff says what differs between two snapshots, a line each, sorted. New mail is
// no difference when arrivals is true: messages whose UID is at or above the
// first snapshot's UIDNEXT, and the UIDNEXT itself.
func Diff(before, after Snapshot, arrivals bool) []string {
	d := differ{arrivals: arrivals}
	for _, user := range sortedKeys(before, after) {
		b, inBefore := before[user]
		a, inAfter := after[user]
		switch {
		case !inAfter:
			d.say("%s: user is gone", user)
		case !inBefore:
			d.say("%s: user is new", user)
		default:
			d.user(user, b, a)
		}
	}
	return d.lines
}

type differ struct {
	arrivals bool
	lines    []string
}

func (d *differ) say(format string, args ...any) {
	d.lines = append(d.lines, fmt.Sprintf(format, args...))
}

func sortedKeys[V any](a, b map[string]V) []string {
	all := map[string]bool{}
	for k := range a {
		all[k] = true
	}
	for k := range b {
		all[k] = true
	}
	return slices.Sorted(maps.Keys(all))
}

func (d *differ) user(user string, before, after UserState) {
	for _, name := range sortedKeys(before.Mailboxes, after.Mailboxes) {
		b, inBefore := before.Mailboxes[name]
		a, inAfter := after.Mailboxes[name]
		where := user + " " + name
		switch {
		case !inAfter:
			d.say("%s: folder is gone, with %d messages", where, len(b.Messages))
		case !inBefore:
			d.say("%s: folder is new, with %d messages", where, len(a.Messages))
		default:
			d.mailbox(where, b, a)
		}
	}
	if !slices.Equal(before.Subscribed, after.Subscribed) {
		d.say("%s: subscriptions were %q, are %q", user, before.Subscribed, after.Subscribed)
	}
	if before.Active != after.Active {
		d.say("%s: active script was %q, is %q", user, before.Active, after.Active)
	}
	for _, name := range sortedKeys(before.Scripts, after.Scripts) {
		if before.Scripts[name] != after.Scripts[name] {
			d.say("%s: script %q was %q, is %q", user, name, before.Scripts[name], after.Scripts[name])
		}
	}
}

func (d *differ) mailbox(where string, before, after Mailbox) {
	if before.UIDValidity != after.UIDValidity {
		d.say("%s: UIDVALIDITY was %d, is %d", where, before.UIDValidity, after.UIDValidity)
	}
	if after.UIDNext < before.UIDNext || (!d.arrivals && after.UIDNext != before.UIDNext) {
		d.say("%s: UIDNEXT was %d, is %d", where, before.UIDNext, after.UIDNext)
	}
	for _, uid := range slices.Sorted(maps.Keys(before.Messages)) {
		b := before.Messages[uid]
		a, ok := after.Messages[uid]
		if !ok {
			d.say("%s: UID %d %s is gone", where, uid, b.MessageID)
			continue
		}
		d.message(fmt.Sprintf("%s: UID %d %s", where, uid, b.MessageID), b, a)
	}
	for _, uid := range slices.Sorted(maps.Keys(after.Messages)) {
		if _, ok := before.Messages[uid]; !ok && (!d.arrivals || uid < before.UIDNext) {
			d.say("%s: UID %d %s is new", where, uid, after.Messages[uid].MessageID)
		}
	}
}

func (d *differ) message(where string, before, after Message) {
	if before.MessageID != after.MessageID {
		d.say("%s: is another message: %s", where, after.MessageID)
	}
	if !slices.Equal(before.Flags, after.Flags) {
		d.say("%s: flags were %v, are %v", where, before.Flags, after.Flags)
	}
	if !before.Date.Equal(after.Date) {
		d.say("%s: internal date was %s, is %s", where, before.Date, after.Date)
	}
	if before.Size != after.Size {
		d.say("%s: size was %d, is %d", where, before.Size, after.Size)
	}
}
