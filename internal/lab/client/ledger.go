package client

import (
	"slices"
	"time"
)

// Outcome is what became of one attempt to send a message.
type Outcome string

// The outcomes. Began is written before an attempt: alone, it means that the
// client itself was ended in between, and counts as Unknown.
const (
	Began    Outcome = "began"
	Accepted Outcome = "accepted" // the server took responsibility: 250 after the end of the data
	Refused  Outcome = "refused"  // it clearly did not: no connection, or an answer 4xx or 5xx
	Unknown  Outcome = "unknown"  // the connection ended after the end of the data, before the answer
	Removed  Outcome = "removed"  // not a sending: a user deleted the message, it counts as found
)

// Attempt is one line of the client's book.
type Attempt struct {
	Token   string    `json:"token"` // the local part of the Message-ID
	User    string    `json:"user"`
	At      time.Time `json:"at"`
	Try     int       `json:"try"` // from 1
	Outcome Outcome   `json:"outcome"`
	Code    int       `json:"code,omitempty"` // of the SMTP answer, where there was one
	Reply   string    `json:"reply,omitempty"`
}

// Ledger is the account of every message.
type Ledger struct {
	Tokens    int      `json:"tokens"`    // messages that were tried
	Accepted  int      `json:"accepted"`  // of them, the server accepted
	Found     int      `json:"found"`     // accepted, and found at least once, or removed by their user
	Refused   int      `json:"refused"`   // never accepted, every attempt clearly refused
	Lost      []string `json:"lost"`      // accepted, not found
	Doubled   []string `json:"doubled"`   // found more often than sent with an outcome other than a clear refusal
	Unknown   []string `json:"unknown"`   // never accepted, the fate of an attempt not seen
	Permanent []string `json:"permanent"` // answered with 5xx at least once
}

// Whole says that nothing was lost and nothing doubled.
func (l Ledger) Whole() bool { return len(l.Lost) == 0 && len(l.Doubled) == 0 }

type fate struct {
	accepted, refused, unknown, began, removed int
	permanent                                  bool
}

// Account compares what was sent with what was found: found counts each token's
// messages over all mailboxes.
func Account(attempts []Attempt, found map[string]int) Ledger {
	fates := map[string]*fate{}
	for _, a := range attempts {
		f := fates[a.Token]
		if f == nil {
			f = &fate{}
			fates[a.Token] = f
		}
		f.add(a)
	}
	l := Ledger{Lost: []string{}, Doubled: []string{}, Unknown: []string{}, Permanent: []string{}}
	for token, f := range fates {
		open := f.unknown + f.began
		if f.accepted+open+f.refused == 0 && f.removed > 0 {
			continue // a message that this client did not send
		}
		l.Tokens++
		seen := found[token] + f.removed
		switch {
		case f.accepted > 0 && seen > 0:
			l.Accepted++
			l.Found++
		case f.accepted > 0:
			l.Accepted++
			l.Lost = append(l.Lost, token)
		case open > 0:
			l.Unknown = append(l.Unknown, token)
		default:
			l.Refused++
		}
		if seen > f.accepted+open {
			l.Doubled = append(l.Doubled, token)
		}
		if f.permanent {
			l.Permanent = append(l.Permanent, token)
		}
	}
	for _, list := range [][]string{l.Lost, l.Doubled, l.Unknown, l.Permanent} {
		slices.Sort(list)
	}
	return l
}

func (f *fate) add(a Attempt) {
	if a.Code >= 500 {
		f.permanent = true
	}
	switch a.Outcome {
	case Began:
		f.began++
		return
	case Accepted:
		f.accepted++
	case Refused:
		f.refused++
	case Unknown:
		f.unknown++
	case Removed:
		f.removed++
		return
	}
	if f.began > 0 { // the attempt that began has ended
		f.began--
	}
}
