//go:build lab

package acceptance_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// bookStep is an operation of a compiled runbook.
type bookStep struct {
	Number int    `json:"number"`
	ID     string `json:"id"`
	Stage  string `json:"stage"`
	Host   string `json:"host"` // empty: the machine that runs Terraform
}

// controls: it is an operation of the controller, of which no host's journal tells.
func (c boundary) controls() bool {
	return c.controller || strings.HasPrefix(c.op, "check_service.controller.")
}

// compile plans where a book leads and compiles the plan: the operations of the cutover, in their order.
func (x *matrix) compile(to string) []bookStep {
	x.t.Helper()
	x.declare(aim(to)...)
	x.plan().changes()
	var document struct {
		Resources []struct {
			Address string     `json:"address"`
			Known   bool       `json:"known"`
			Steps   []bookStep `json:"steps"`
		} `json:"resources"`
	}
	x.must(json.Unmarshal([]byte(x.run("compile", "-format", "json", x.showFile("plan.json", planFile))), &document))
	for _, r := range document.Resources {
		if r.Address == cutoverAddress && r.Known {
			slices.SortFunc(r.Steps, func(a, b bookStep) int { return a.Number - b.Number })
			return r.Steps
		}
	}
	x.t.Fatalf("the cutover is not compiled: %+v", document)
	return nil
}

// enumerate compiles every book and runs it once: every boundary of its operations, by book, those of the controller among them; and the inside of those
// that have programs do long work, which the hosts have noted.
func (x *matrix) enumerate() map[string][]boundary {
	x.t.Helper()
	places := map[string][]boundary{}
	for _, to := range []string{rehearsed, "target", mended, "source", finalized} {
		if only := os.Getenv("FAULT_TO"); only != "" && only != to {
			continue
		}
		x.prepare(boundary{to: to})
		x.note()
		book := x.compile(to)
		x.call("apply", "-json", planFile).good()
		x.covers(to, book)
		long := x.noted()
		for _, s := range book {
			for _, event := range []string{"begin", inside, "end"} {
				if event != inside || slices.Contains(long, s.ID) {
					places[to] = append(places[to], boundary{to: to, op: s.ID, event: event, stage: s.Stage, controller: s.Host == ""})
				}
			}
		}
		x.t.Logf("%s: %d operations, %d boundaries", to, len(book), len(places[to]))
	}
	if len(places[finalized]) > 0 {
		x.exchange()
	}
	return places
}

// covers: what the run of a book did is what was compiled, no more and no less, and each operation of a host is in a journal, where a fault finds it.
func (x *matrix) covers(to string, book []bookStep) {
	x.t.Helper()
	run := x.cutover().LastRun
	var did, want []string
	for _, step := range run.Steps {
		did = append(did, step.ID)
	}
	journal := ""
	for _, name := range sides() {
		text, err := os.ReadFile(x.path(name, journalDir, "runs", run.Run, "journal"))
		if err == nil {
			journal += string(text)
		}
	}
	for _, s := range book {
		want = append(want, s.ID)
		told := regexp.MustCompile(`"op":"` + regexp.QuoteMeta(s.ID) + `","event":"(begin|skip)"`).MatchString(journal)
		if told == (s.Host == "") {
			x.t.Errorf("%s: %s is in a host's journal: %v", to, s.ID, told)
		}
	}
	slices.Sort(did)
	slices.Sort(want)
	same(x.t, "compiled to "+to+", and not done", missing(strings.Join(want, "\n"), strings.Join(did, "\n")))
	same(x.t, "done in "+to+", and not compiled", missing(strings.Join(did, "\n"), strings.Join(want, "\n")))
}

// path is where a file of a host is on this machine, whether the host is on or off.
func (x *matrix) path(host string, parts ...string) string {
	return filepath.Join(append([]string{x.lab.Dir(), "hosts", host, "m"}, parts...)...)
}
