package client

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"golang.org/x/sync/errgroup"
)

// Snapshot is what users see, by user.
type Snapshot map[string]UserState

// UserState is one user's mail as IMAP and ManageSieve show it.
type UserState struct {
	Mailboxes  map[string]Mailbox `json:"mailboxes"` // by name
	Subscribed []string           `json:"subscribed"`
	Scripts    map[string]string  `json:"scripts"` // Sieve, by name
	Active     string             `json:"active"`  // the active script's name
}

// Mailbox is one folder.
type Mailbox struct {
	UIDValidity uint32             `json:"uid_validity"`
	UIDNext     uint32             `json:"uid_next"`
	Messages    map[uint32]Message `json:"messages"` // by UID
}

// Message is what IMAP says of one message.
type Message struct {
	MessageID string    `json:"message_id"`
	Flags     []string  `json:"flags"` // sorted
	Date      time.Time `json:"date"`  // the internal date
	Size      int64     `json:"size"`
}

// How many users are looked at side by side.
const usersAtATime = 4

// Snapshot reads everything of every user.
func (t Target) Snapshot(ctx context.Context) (Snapshot, error) {
	states := make([]UserState, len(t.Users))
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(usersAtATime)
	for i, user := range t.Users {
		group.Go(func() error {
			var err error
			states[i], err = t.userState(groupCtx, user)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	all := Snapshot{}
	for i, user := range t.Users {
		all[user] = states[i]
	}
	return all, nil
}

func (t Target) userState(ctx context.Context, user string) (UserState, error) {
	ctx, cancel := context.WithTimeout(ctx, sessionPatience)
	defer cancel()
	var state UserState
	err := t.session(ctx, user, func(c *imapclient.Client) error {
		var err error
		state, err = readUser(c)
		return err
	})
	if err != nil {
		return state, err
	}
	err = t.sieveSession(ctx, user, func(s *sieveConn) error {
		state.Scripts, state.Active, err = s.scripts()
		return err
	})
	return state, err
}

func readUser(c *imapclient.Client) (UserState, error) {
	state := UserState{Mailboxes: map[string]Mailbox{}}
	names, err := mailboxNames(c)
	if err != nil {
		return state, err
	}
	for _, name := range names {
		if state.Mailboxes[name], err = readMailbox(c, name); err != nil {
			return state, err
		}
	}
	subscribed, err := c.List("", "*", &imap.ListOptions{SelectSubscribed: true}).Collect()
	if err != nil {
		return state, fmt.Errorf("list subscriptions: %w", err)
	}
	for _, s := range subscribed {
		state.Subscribed = append(state.Subscribed, s.Mailbox)
	}
	slices.Sort(state.Subscribed)
	return state, nil
}

func mailboxNames(c *imapclient.Client) ([]string, error) {
	list, err := c.List("", "*", nil).Collect()
	if err != nil {
		return nil, fmt.Errorf("list mailboxes: %w", err)
	}
	var names []string
	for _, m := range list {
		if !slices.Contains(m.Attrs, imap.MailboxAttrNoSelect) && !slices.Contains(m.Attrs, imap.MailboxAttrNonExistent) {
			names = append(names, m.Mailbox)
		}
	}
	return names, nil
}

func readMailbox(c *imapclient.Client, name string) (Mailbox, error) {
	selected, err := c.Select(name, &imap.SelectOptions{ReadOnly: true}).Wait()
	if err != nil {
		return Mailbox{}, fmt.Errorf("select %q: %w", name, err)
	}
	m := Mailbox{UIDValidity: selected.UIDValidity, UIDNext: uint32(selected.UIDNext), Messages: map[uint32]Message{}}
	if selected.NumMessages == 0 {
		return m, nil
	}
	options := &imap.FetchOptions{UID: true, Flags: true, InternalDate: true, RFC822Size: true, Envelope: true}
	list, err := c.Fetch(imap.SeqSet{imap.SeqRange{Start: 1, Stop: 0}}, options).Collect()
	if err != nil {
		return m, fmt.Errorf("fetch %q: %w", name, err)
	}
	for _, f := range list {
		if f.UID == 0 || f.Envelope == nil {
			continue // a flag change of somebody else's, not an answer to the question
		}
		m.Messages[uint32(f.UID)] = Message{
			MessageID: f.Envelope.MessageID, Flags: sortedFlags(f.Flags), Date: f.InternalDate.UTC(), Size: f.RFC822Size,
		}
		m.UIDNext = max(m.UIDNext, uint32(f.UID)+1)
	}
	return m, nil
}

// sortedFlags leaves \Recent out: it belongs to a session, not to the message.
func sortedFlags(flags []imap.Flag) []string {
	list := []string{}
	for _, f := range flags {
		if !strings.EqualFold(string(f), `\Recent`) {
			list = append(list, string(f))
		}
	}
	slices.Sort(list)
	return list
}

// Tokens counts this client's messages in a snapshot, by token.
func (s Snapshot) Tokens() map[string]int {
	found := map[string]int{}
	for _, user := range s {
		for _, box := range user.Mailboxes {
			for _, m := range box.Messages {
				if token, ok := tokenOf(m.MessageID); ok {
					found[token]++
				}
			}
		}
	}
	return found
}

// Find counts every token over all mailboxes of all users.
func (t Target) Find(ctx context.Context) (map[string]int, error) {
	s, err := t.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	return s.Tokens(), nil
}
