package report_test

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/plan"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/report"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

var update = flag.Bool("update", false, "write golden files")

// fixed compiles each address to a procedure that is given.
type fixed map[string]plan.Procedure

func (f fixed) Compile(_ context.Context, c plan.Change) (plan.Procedure, error) {
	return f[c.Address], nil
}

// itesm is ITESM's procedure of 27 December 2004, with the durations of its document.
func itesm() plan.Procedure {
	book := runbook.Runbook{Name: "cpms", Version: runbook.FormatVersion}
	for i, s := range []struct {
		sentence          string
		minutes, recovery time.Duration
	}{
		{"stop account creation for staff", 10, 0},
		{"stop account administration for students", 10, 0},
		{"stop mail: the MTAs, then the configuration server", 20, 0},
		{"back up K1–K4", 30, 0},
		{"give the old partition another mount point", 5, 0},
		{"mount the new partition at the cluster's root", 5, 0},
		{"copy databases and newest logs to it", 30, 0},
		{"install 7.0 on every server", 60, 0},
		{"start: the configuration server, then the MTAs", 20, 40},
		{"stop: the MTAs, then the configuration server", 20, 0},
		{"install 7.1 on every server", 60, 0},
		{"start: the configuration server, then the MTAs", 20, 40},
		{"take the cluster down, bring it up with mailconf1 as configuration server", 40, 0},
		{"validate the service with mailconf1", 40, 0},
		{"rebuild the mailboxes", 390, 0},
		{"verify", 20, 0},
	} {
		op := runbook.Operation{
			ID: fmt.Sprintf("T%d", i+1), Kind: "run_job", Stage: runbook.Change, Host: "SHA256:a", Sentence: s.sentence, Estimate: s.minutes * time.Minute,
			Recovery: s.recovery * time.Minute, Offline: i < 14,
		}
		if i > 0 {
			op.Needs = []string{fmt.Sprintf("T%d", i)}
		}
		book.Operations = append(book.Operations, op)
	}
	return plan.Procedure{Book: book, Known: true, Digest: "sha256:0"}
}

const upgradePlan = `{"format_version":"1.2","terraform_version":"1.11.4","resource_changes":[
 {"address":"mail_host.mailconf2","mode":"managed","type":"mail_host","name":"mailconf2","provider_name":"registry.terraform.io/terraform-provider-mail/mail",
  "change":{"actions":["no-op"],"before":{"id":"SHA256:a","addresses":["192.0.2.12"]},"after":{"id":"SHA256:a","addresses":["192.0.2.12"]}}},
 {"address":"mail_upgrade.cpms","mode":"managed","type":"mail_upgrade","name":"cpms","provider_name":"registry.terraform.io/terraform-provider-mail/mail",
  "change":{"actions":["update"],"before":{},"after":{}}}]}`

func document(t *testing.T, p plan.Procedure, begin time.Duration) plan.Document {
	t.Helper()
	parsed, err := plan.Parse([]byte(upgradePlan))
	if err != nil {
		t.Fatal(err)
	}
	d, err := plan.Compose(t.Context(), parsed, fixed{"mail_upgrade.cpms": p}, begin)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := errors.Join(os.MkdirAll("testdata", 0o755), os.WriteFile(path, []byte(got), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// What is compiled for ITESM is a timetable like the document's own, to the minute: 13 h 00 and 6 h 10, with the contingency 14 h 20 and 7 h 30. Service
// is back at 15:10, by the document's table; its list by the hour says 15:00.
func TestPlanOfITESM(t *testing.T) {
	t.Parallel()
	d := document(t, itesm(), 9*time.Hour)
	for format, ending := range map[string]string{"text": "txt", "markdown": "md", "html": "html", "json": "json"} {
		out, err := report.Plan(d, format)
		if err != nil {
			t.Fatal(err)
		}
		golden(t, "itesm."+ending, string(out))
		again, err := report.Plan(document(t, itesm(), 9*time.Hour), format)
		if err != nil || string(again) != string(out) {
			t.Errorf("%s is not the same twice: %v", format, err)
		}
	}
}

func TestPlanFormats(t *testing.T) {
	t.Parallel()
	if _, err := report.Plan(plan.Document{}, "pdf"); err == nil || !strings.Contains(err.Error(), "text, json, markdown, html") {
		t.Error(err)
	}
	for _, format := range report.PlanFormats() {
		if out, err := report.Plan(plan.Document{OutageKnown: true}, format); err != nil || len(out) == 0 {
			t.Errorf("an empty plan as %s: %v", format, err)
		}
	}
}

// What comes from a plan is text, whatever it holds.
func TestPlanIsEscaped(t *testing.T) {
	t.Parallel()
	const nasty = "</td><script>alert(1)</script> | *a* \n`"
	p := itesm()
	p.Note, p.Findings = nasty, []plan.Finding{{Code: "L000", Summary: nasty, Detail: nasty}}
	op := &p.Book.Operations[0]
	op.Sentence, op.Undo, op.ByHand, op.UndoByHand = nasty, nasty, []string{nasty, "```"}, []string{nasty}
	d := document(t, p, 0)
	page, err := report.Plan(d, "html")
	if err != nil {
		t.Fatal(err)
	}
	wellFormed(t, page)
	text, err := report.Plan(d, "markdown")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "| 1 |") && strings.Count(line, "|")-strings.Count(line, `\|`) != 9 {
			t.Errorf("a row has other cells: %s", line)
		}
	}
	if !strings.Contains(string(text), "````sh") {
		t.Error("the commands break out of their block")
	}
	value, err := report.Plan(d, "json")
	if err != nil || !json.Valid(value) {
		t.Errorf("%v", err)
	}
}

// wellFormed looks whether a page stands alone, runs nothing, and tells screen readers what it shows.
func wellFormed(t *testing.T, text []byte) {
	t.Helper()
	decoder := xml.NewDecoder(strings.NewReader(string(text)))
	decoder.Strict, decoder.AutoClose, decoder.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	var open []string
	ids := map[string]bool{}
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("the page is not well formed: %v", err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			open = append(open, token.Name.Local)
			look(t, token, ids)
		case xml.EndElement:
			if len(open) == 0 || open[len(open)-1] != token.Name.Local {
				t.Fatalf("%s ends within %v", token.Name.Local, open)
			}
			open = open[:len(open)-1]
		}
	}
	for _, part := range []string{`<html lang="en">`, "<title>", "<h1>", `default-src 'none'`} {
		if !strings.Contains(string(text), part) {
			t.Errorf("the page has no %s", part)
		}
	}
	if strings.Contains(string(text), "ZgotmplZ") {
		t.Error("the template took a value for dangerous")
	}
}

func look(t *testing.T, e xml.StartElement, ids map[string]bool) {
	t.Helper()
	has := map[string]string{}
	for _, a := range e.Attr {
		has[a.Name.Local] = a.Value
		if strings.HasPrefix(a.Name.Local, "on") || a.Name.Local == "src" || a.Name.Local == "href" {
			t.Errorf("<%s> has %s: the page is to stand alone", e.Name.Local, a.Name.Local)
		}
	}
	if id := has["id"]; id != "" && ids[id] {
		t.Errorf("the id %s is there twice", id)
	}
	ids[has["id"]] = true
	switch e.Name.Local {
	case "script", "iframe", "link", "img", "object":
		t.Errorf("<%s> in the page", e.Name.Local)
	case "th":
		if has["scope"] == "" {
			t.Error("a heading of a table has no scope")
		}
	case "svg":
		if has["role"] != "img" || has["aria-labelledby"] == "" {
			t.Error("the drawing has no name")
		}
	}
}

func TestPlanPageIsWhole(t *testing.T) {
	t.Parallel()
	out, err := report.Plan(document(t, itesm(), 9*time.Hour), "html")
	if err != nil {
		t.Fatal(err)
	}
	wellFormed(t, out)
	if n := strings.Count(string(out), `<rect class="bar`); n != 16 {
		t.Errorf("%d bars are drawn, want 16", n)
	}
}
