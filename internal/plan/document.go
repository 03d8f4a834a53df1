package plan

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/operation"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// Seconds is a duration that JSON has in seconds.
type Seconds time.Duration

// MarshalJSON implements json.Marshaler.
func (s Seconds) MarshalJSON() ([]byte, error) {
	return fmt.Appendf(nil, "%g", time.Duration(s).Seconds()), nil
}

// Document is a plan laid out for people who read it, and sign it.
type Document struct {
	Version     int        `json:"format_version"` // of this format
	Terraform   string     `json:"terraform_version"`
	Begin       Seconds    `json:"begin"` // on the clock, since midnight: all other times count from it
	Totals      Totals     `json:"totals"`
	Hosts       []Host     `json:"hosts"`
	Resources   []Resource `json:"resources"` // in the order in which Terraform runs them
	Hours       []Hour     `json:"hours,omitempty"`
	Notes       []string   `json:"notes,omitempty"`
	Digest      string     `json:"digest"`
	Down        []Span     `json:"offline,omitempty"`
	Incomplete  bool       `json:"incomplete"`   // how long some of it takes is not known: sums are the least that it comes to
	OutageKnown bool       `json:"outage_known"` // false: of some of it the plan does not tell whether anybody is served meanwhile
}

// DocumentVersion is the version of Document that this program writes.
const DocumentVersion = 1

// Totals are the sums over a plan, or a resource.
type Totals struct {
	Steps       int         `json:"steps"`
	Work        Seconds     `json:"work"`
	Outage      Seconds     `json:"outage"`
	Contingency Contingency `json:"contingency"`
}

// Contingency is what work and outage come to if each proof fails once.
type Contingency struct {
	Work   Seconds `json:"work"`
	Outage Seconds `json:"outage"`
}

// Host is a host that the plan names.
type Host struct {
	ID        string   `json:"id"`
	Name      string   `json:"name"` // the address of its mail_host
	Addresses []string `json:"addresses,omitempty"`
}

// Resource is one action on one resource.
type Resource struct {
	Address   string    `json:"address"`
	Action    Action    `json:"action"`
	Start     Seconds   `json:"start"`
	Totals    Totals    `json:"totals"`
	Predicted string    `json:"predicted_outage,omitempty"` // the plan's own word
	Budget    Seconds   `json:"outage_budget,omitempty"`
	Latest    *Seconds  `json:"latest_back_out,omitempty"` // when going back must begin so that the budget holds, since the beginning of the plan
	Digest    string    `json:"digest,omitempty"`
	Note      string    `json:"note,omitempty"`
	Known     bool      `json:"known"`
	Findings  []Finding `json:"findings,omitempty"`
	Steps     []Step    `json:"steps,omitempty"`
	Words     []string  `json:"words,omitempty"` // the plan's, where it tells no more
}

// Step is one operation.
type Step struct {
	Number     int      `json:"number"` // in the plan's own list
	ID         string   `json:"id"`
	Kind       string   `json:"kind"`
	Stage      string   `json:"stage"`
	Host       string   `json:"host"` // id; empty: the machine that runs Terraform
	Sentence   string   `json:"sentence"`
	Start      Seconds  `json:"start"` // since the beginning of the plan
	Takes      Seconds  `json:"seconds"`
	Estimated  bool     `json:"estimated"` // false: nothing is known of how long it takes
	Offline    bool     `json:"offline"`
	Critical   bool     `json:"critical"`
	Recovery   Seconds  `json:"recovery,omitempty"` // what it costs on top if this proof fails once
	Undo       string   `json:"undo,omitempty"`
	ByHand     []string `json:"by_hand,omitempty"`
	UndoByHand []string `json:"undo_by_hand,omitempty"`
}

// Span is a time, counted from the beginning of the plan.
type Span struct {
	From Seconds `json:"from"`
	To   Seconds `json:"to"`
}

// Hour is how the service stands at a full hour of the clock, and when in that hour it changes.
type Hour struct {
	At      Seconds   `json:"at"`
	Offline bool      `json:"offline"`
	Changes []Seconds `json:"changes,omitempty"`
}

// Compose lays a plan out. begin is the time of day at which it is to begin.
func Compose(ctx context.Context, p *tfjson.Plan, compiler Compiler, begin time.Duration) (Document, error) {
	all, err := units(p)
	if err != nil {
		return Document{}, err
	}
	hidden := link(all, p)
	doc := Document{Version: DocumentVersion, Terraform: p.TerraformVersion, Begin: Seconds(begin), Hosts: hosts(p), OutageKnown: true}
	for _, u := range all {
		if !u.ours {
			continue
		}
		if u.procedure, err = compiler.Compile(ctx, u.change); err != nil {
			return Document{}, fmt.Errorf("%s: %w", u.change.Address, err)
		}
		if !u.procedure.Undoes {
			u.takes = u.procedure.Book.Timetable().Work
		}
	}
	names := newNames(doc.Hosts)
	var down []runbook.Span
	for _, u := range schedule(all) {
		if u.ours {
			doc.add(u, names, &down)
		}
	}
	doc.finish(p, down, hidden)
	return doc, nil
}

// add lays out one resource.
func (d *Document) add(u *unit, names *strings.Replacer, down *[]runbook.Span) {
	p := u.procedure
	r := Resource{
		Address: u.change.Address, Action: u.change.Action, Start: Seconds(u.start), Predicted: p.Outage, Digest: p.Digest, Note: p.Note, Known: p.Known,
		Findings: p.Findings, Words: p.Words, Budget: Seconds(p.Budget),
	}
	if latest, found := p.Book.LatestBack(p.Budget); p.Budget > 0 && found && !p.Undoes {
		at := Seconds(u.start + latest)
		r.Latest = &at
	}
	d.OutageKnown = d.OutageKnown && p.Known
	if p.Undoes {
		r.Steps = undone(p.Book, u.start, names)
		d.OutageKnown = d.OutageKnown && len(r.Steps) == 0
		r.Totals.Steps = len(r.Steps)
	} else {
		table, contingency := p.Book.Timetable(), p.Book.Contingency()
		r.Steps = laidOut(p.Book, table, u.start, names)
		r.Totals = Totals{Steps: len(r.Steps), Work: Seconds(table.Work), Outage: Seconds(table.Outage), Contingency: Contingency{Seconds(contingency.Work), Seconds(contingency.Outage)}}
		if span, found := table.Down(); found {
			*down = append(*down, runbook.Span{From: u.start + span.From, To: u.start + span.To})
		}
		d.Totals.Contingency.Work += Seconds(contingency.Work - table.Work)
		d.Totals.Contingency.Outage += Seconds(contingency.Outage - table.Outage)
		d.Totals.Work = max(d.Totals.Work, Seconds(u.start+table.Work))
	}
	unmeasured := slices.ContainsFunc(r.Steps, func(s Step) bool { return !s.Estimated })
	d.Incomplete = d.Incomplete || !p.Known || unmeasured
	d.Totals.Steps += max(len(r.Steps), len(r.Words))
	d.Resources = append(d.Resources, r)
}

// laidOut are the operations of a runbook in the order in which they begin.
func laidOut(book runbook.Runbook, table runbook.Timetable, start time.Duration, names *strings.Replacer) []Step {
	out := make([]Step, len(table.Steps))
	for i, step := range table.Steps {
		op := book.Operations[i]
		out[i] = Step{
			Number: i + 1, ID: op.ID, Kind: op.Kind, Stage: string(op.Stage), Host: op.Host, Sentence: names.Replace(op.Sentence), Start: Seconds(start + step.Start),
			Takes: Seconds(op.Estimate), Recovery: Seconds(op.Recovery), Estimated: op.Estimate > 0, Offline: op.Offline, Critical: step.Critical,
			ByHand: op.ByHand, UndoByHand: op.UndoByHand,
		}
		if !op.Keep { // else it stays
			out[i].Undo = names.Replace(op.Undo)
		}
	}
	slices.SortStableFunc(out, func(a, b Step) int { return int(a.Start - b.Start) })
	return out
}

// undone are the operations that are taken back, the last one first. How long that takes nobody has measured.
func undone(book runbook.Runbook, start time.Duration, names *strings.Replacer) []Step {
	var out []Step
	for _, op := range slices.Backward(book.Operations) {
		if op.Undo == "" || op.Keep {
			continue
		}
		out = append(out, Step{
			Number: len(out) + 1, ID: op.ID, Kind: op.Kind, Stage: string(op.Stage), Host: op.Host, Start: Seconds(start), ByHand: op.UndoByHand,
			Sentence: names.Replace("take back “" + op.Sentence + "”: " + op.Undo),
		})
	}
	return out
}

// finish adds what is about the whole.
func (d *Document) finish(p *tfjson.Plan, down []runbook.Span, hidden map[string][]string) {
	slices.SortFunc(down, func(a, b runbook.Span) int { return int(a.From - b.From) })
	for _, span := range runbook.Join(down) {
		d.Down = append(d.Down, Span{Seconds(span.From), Seconds(span.To)})
		d.Totals.Outage += Seconds(span.To - span.From)
	}
	d.Totals.Contingency.Work += d.Totals.Work
	d.Totals.Contingency.Outage += d.Totals.Outage
	for _, hour := range runbook.Hours(time.Duration(d.Begin), time.Duration(d.Totals.Work), down) {
		h := Hour{At: Seconds(hour.At), Offline: hour.Offline}
		for _, change := range hour.Changes {
			h.Changes = append(h.Changes, Seconds(change))
		}
		d.Hours = append(d.Hours, h)
	}
	if note := d.hides(hidden); note != "" {
		d.Notes = append(d.Notes, note)
	}
	if p.Complete != nil && !*p.Complete {
		d.Notes = append(d.Notes, "Terraform calls this plan incomplete (-target, or changes put off): more is left to be planned afterwards.")
	}
	d.Digest = digest(d.Resources)
}

// hides names the resources that refer to something through local values; empty: none does.
func (d *Document) hides(hidden map[string][]string) string {
	var addresses, locals []string
	for _, address := range slices.Sorted(maps.Keys(hidden)) {
		if slices.ContainsFunc(d.Resources, func(r Resource) bool { return r.Address == address }) {
			addresses, locals = append(addresses, address), append(locals, hidden[address]...)
		}
	}
	if len(addresses) == 0 {
		return ""
	}
	slices.Sort(locals)
	return fmt.Sprintf("A plan does not show what local values refer to (%s). The place in the order of what refers to them is that of the last apply, as far as there was one: %s.",
		strings.Join(slices.Compact(locals), ", "), strings.Join(addresses, ", "))
}

// digest is one for all procedures and their order.
func digest(resources []Resource) string {
	sum := sha256.New()
	for _, r := range resources {
		_, _ = io.WriteString(sum, r.Address+"\x00"+string(r.Action)+"\x00"+r.Digest+"\x00"+strings.Join(r.Words, "\x00")+"\n") // a hash takes everything
	}
	return "sha256:" + hex.EncodeToString(sum.Sum(nil))
}

// newNames puts a host's name where a sentence has only its id.
func newNames(hosts []Host) *strings.Replacer {
	var pairs []string
	for _, h := range hosts {
		pairs = append(pairs, "host-"+operation.Name(h.ID), "host "+h.Name)
	}
	return strings.NewReplacer(pairs...)
}
