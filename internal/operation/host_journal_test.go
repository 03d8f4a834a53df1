package operation_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type record struct {
	V      int               `json:"v"`
	At     string            `json:"at"`
	Up     float64           `json:"up"`
	Epoch  int               `json:"epoch"`
	Run    string            `json:"run"`
	Op     string            `json:"op"`
	Event  string            `json:"event"`
	Kind   string            `json:"kind"`
	RC     int               `json:"rc"`
	Phase  string            `json:"phase"`
	Error  string            `json:"error"`
	Result map[string]string `json:"result"`
}

// journal reads the records of the run "r"; every line must be one.
func journal(t *testing.T, dir string) []record {
	t.Helper()
	var records []record
	for line := range strings.Lines(read(t, filepath.Join(dir, "runs/r/journal"))) {
		var r record
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("journal line %q: %v", line, err)
		}
		records = append(records, r)
	}
	return records
}

// events is a journal in short.
func events(t *testing.T, dir string) []string {
	t.Helper()
	var list []string
	for _, r := range journal(t, dir) {
		list = append(list, r.Event+" "+r.Op)
	}
	return list
}

func TestJournalRecord(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	good(t, dir, `EPOCH=7
		report bytes 12
		report odd 'a "b" \ c = d'
		journal end an.op ",\"rc\":0$(result_json)"`)
	got := journal(t, dir)
	if len(got) != 1 || got[0].Up <= 0 || got[0].At == "" {
		t.Fatalf("journal: %+v", got)
	}
	got[0].Up, got[0].At = 0, ""
	want := record{V: 1, Epoch: 7, Run: "r", Op: "an.op", Event: "end", Result: map[string]string{"bytes": "12", "odd": `a "b" \ c = d`}}
	if diff := cmp.Diff(want, got[0]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestJournalText(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, text := range []string{"", "plain", `"quoted" \ and \n`, "two\nlines", "tab\there\rback", "grüße", "bell\a and \x1b[0m"} {
		path := file(t, dir, "text", text)
		got := good(t, dir, "printf '\"'; json_text <"+words(path)+"; printf '\"'")
		var back string
		if err := json.Unmarshal([]byte(got), &back); err != nil {
			t.Errorf("%q became %s: %v", text, got, err)
		}
		want := strings.NewReplacer("\a", "", "\x1b", "").Replace(text)
		if back != want {
			t.Errorf("%q came back as %q", text, back)
		}
	}
}

func TestJournalOpenOps(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ events, want string }{
		"nothing":              {"", ""},
		"newest first":         {"begin a, end a, begin b, end b, begin c, fail c", "c b a"},
		"undone":               {"begin a, end a, begin b, end b, undoing b, undone b", "a"},
		"undone and begun":     {"begin a, undone a, begin b, begin a", "a b"},
		"begun twice":          {"begin a, begin b, begin a, end a", "b a"},
		"undo failed":          {"begin a, undoing a, undo-failed a", "a"},
		"skipped":              {"begin a, end a, skip b", "a"},
		"a name within a name": {"begin stop.a, begin stop.a.b, undone stop.a", "stop.a.b"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lines := ""
			for pair := range strings.SplitSeq(test.events, ", ") {
				if pair != "" {
					lines += "journal " + pair + "\n"
				}
			}
			got := strings.Fields(good(t, t.TempDir(), lines+"journal_open_ops"))
			if strings.Join(got, " ") != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// A power cut may end the journal anywhere, also in zero bytes that the file system filled in. What came after is read whole, and what was begun
// before is not forgotten.
func TestJournalTornAnywhere(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	good(t, dir, `journal begin first ',"kind":"k"'
		journal begin second ',"kind":"k"'`)
	path := filepath.Join(dir, "runs/r/journal")
	whole := read(t, path)
	start := strings.Index(whole, "\n") + 1
	cases := map[string]string{}
	for at := start; at <= len(whole); at++ {
		cases[whole[:at]] = "third first"
		cases[whole[:at]+"\x00\x00\x00"] = "third first"
	}
	cases[whole] = "third second first"
	cases[whole[:len(whole)-1]] = "third second first"
	cases[whole+"\x00\x00\x00"] = "third second first"
	cases[""] = "third"
	torn := 0
	var script strings.Builder
	var wants []string
	for text, want := range cases {
		name := fmt.Sprint("torn", torn)
		if err := os.MkdirAll(filepath.Join(dir, "runs", name), 0o700); err != nil {
			t.Fatal(err)
		}
		file(t, dir, "runs/"+name+"/journal", text)
		script.WriteString("use_run " + name + "; journal_mend; journal begin third; journal_open_ops | tr '\\n' ' '; echo\n")
		wants = append(wants, want)
		torn++
	}
	got := strings.Split(good(t, dir, script.String()), "\n")
	for i, want := range wants {
		if strings.TrimSpace(got[i]) != want {
			t.Errorf("%q: open are %q, want %q", read(t, filepath.Join(dir, fmt.Sprint("runs/torn", i), "journal")), got[i], want)
		}
	}
}

func TestBeforeImages(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	got := good(t, dir, `recall running || echo none
		remember running yes
		remember running no
		recall running
		printf 'whole\nfile' | put "$B/file" && cat "$B/file"; echo
		ls "$B"`)
	if want := "none\nyes\nwhole\nfile\nfile\nrunning\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := functions(t, dir, `echo x | put /nowhere/at/all && echo written`); strings.Contains(got.out, "written") {
		t.Errorf("a file that cannot be written: %+v", got)
	}
}

func TestAwait(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if got := functions(t, dir, `( sleep 0.2; touch "$J/there" ) & await 5 test -e "$J/there" && echo there`); got.out != "there\n" {
		t.Errorf("what comes late: %+v", got)
	}
	if got := functions(t, dir, `await 0 false || echo "too late"`); got.out != "too late\n" {
		t.Errorf("a time-out: %+v", got)
	}
}

// exclusive lets one process in at a time; one that is gone, or was only left running, keeps nobody out.
func TestExclusive(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	got := good(t, dir, `
		enter() { [ ! -e "$J/inside" ] || echo "two inside"; : >"$J/inside"; sleep 0.01; rm "$J/inside"; echo in; }
		for i in 1 2 3 4 5 6 7 8; do ( exclusive door enter ) & done
		wait`)
	if want := strings.Repeat("in\n", 8); got != want {
		t.Errorf("eight at the door: %q", got)
	}
	got = good(t, dir, `sh -c 'exec 9>"$1"; flock 9; kill -9 $$' sh "$J/door.gone" || :; exclusive gone echo "taken over"`)
	if got != "taken over\n" {
		t.Errorf("a process that is gone: %q", got)
	}
	if got := good(t, dir, `leave() { sleep 5 & }; exclusive left leave; exclusive left echo free`); got != "free\n" {
		t.Errorf("what the command left running: %q", got)
	}
	if got := functions(t, dir, `exclusive fails sh -c 'exit 9' || exit $?`); got.exit != 9 {
		t.Errorf("the command's end: %+v", got)
	}
}
