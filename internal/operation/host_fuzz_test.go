package operation_test

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Whatever a journal holds, nothing that was not begun is open, what is recorded next counts, and a journal of a newer version is refused in clear words.
func FuzzJournal(f *testing.F) {
	const begin = `{"v":1,"at":"2026-11-22T04:00:00Z","up":1.00,"epoch":1,"run":"r","op":"one","event":"begin","kind":"note"}`
	for _, seed := range []string{
		"", begin, begin + "\n" + begin + "\n", begin[:40], begin + "\n" + strings.ReplaceAll(begin, "begin", "undone") + "\n", "\x00\x00", begin + "\x00\x00\x00",
		strings.ReplaceAll(begin, "begin", "end") + "\n", `{"v":2,"at":"x"}` + "\n", `{"v":1,"at":"","op":"a b","event":"begin"}` + "\n", "{\"v\":1,}\r\n", "\n\n\n",
		strings.ReplaceAll(begin, "2026", "9999") + "\n" + strings.ReplaceAll(begin, "begin", "skip") + "\n", `{"v":1,"at":"no time","op":"../up","event":"end"}` + "\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		dir := t.TempDir()
		path := file(t, dir, "runs/r/journal", string(text))
		got := functions(t, dir, `journal_known; journal begin next ',"kind":"note"'; journal_open_ops; echo; cmd_done r`)
		if got.exit == 78 {
			if !strings.Contains(got.err, "written by a newer version of the provider") || !strings.Contains(string(text), `{"v":`) || read(t, path) != string(text) {
				t.Errorf("%q is refused: %+v", text, got)
			}
			return
		}
		open, _, _ := strings.Cut(got.out, "\n\n")
		ids := strings.Split(strings.TrimSpace(open), "\n")
		if got.exit != 0 || ids[0] != "next" {
			t.Errorf("%q: %+v", text, got)
		}
		for _, id := range ids[1:] { // ids have no blanks; what has some is no id, and its first word may come
			if !strings.Contains(string(text), `"op":"`+id) || !strings.Contains(string(text), `"event":"begin"`) {
				t.Errorf("%q: %q is open", text, id)
			}
		}
	})
}

// What is found in a zone file is where it is said to be; written with what is there already, the file is as it was.
func FuzzZone(f *testing.F) {
	for _, seed := range []string{
		"", "$TTL 3600\n" + soa, "$ttl 1h30M ; c\n" + soa, "x\\;y TXT \"a\\\";b\" ( \"two\"\n \"three\" ) ; $TTL 5\n" + soa, "$TTL 5\r\n" + soa, "@ 1 IN SOA a b 1 2 3 4 5", "\xff\xfe $TTL 5",
		"$TTL 99999999999999999999\n", "@ SOA ns h (\n1\n2 3 4 5w", "$TTL 5 6\n\"", "a 5 5 5\n)", "$TTL\t5\n$TTL 6\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		zone := string(text)
		if strings.Contains(zone, "\x00") { // no text: it is refused before
			return
		}
		dir := t.TempDir()
		path := file(t, dir, "zone", zone)
		lines := strings.Split(zone, "\n")
		edits := ""
		for line := range strings.Lines(good(t, dir, "zone_read <"+words(path))) {
			fields := strings.Fields(line)
			if !slices.Contains([]string{"ttl", "serial"}, fields[0]) {
				continue
			}
			at, column, length := number(t, fields[1]), number(t, fields[2]), number(t, fields[3])
			if found := lines[at-1][column-1 : column-1+length]; found != fields[4] {
				t.Errorf("%q: line %d, column %d is %q and not %q", zone, at, column, found, fields[4])
			}
			edits += "at " + strings.Join(fields[1:5], " ") + "\n"
		}
		want := zone
		if want != "" && !strings.HasSuffix(want, "\n") {
			want += "\n"
		}
		got := good(t, dir, "zone_write "+words(edits)+" <"+words(path)+" >"+words(path+".written"))
		if written, err := os.ReadFile(path + ".written"); err != nil || string(written) != want {
			t.Errorf("%q became %q, %v %s", zone, written, err, got)
		}
	})
}

func number(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// A text that goes through a record of the journal is what it was, but for bytes that no text has.
func FuzzRecorded(f *testing.F) {
	for _, seed := range []string{"", "plain", `"quoted" \back\\slash`, "tab\tand\r", "été", "}\",\"event\":\"undone\"", "%s $HOME `id`"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.ContainsAny(text, "\n\x00") {
			return
		}
		dir := t.TempDir()
		file(t, dir, "text", text)
		good(t, dir, `: >"$OD/result"; report what "$(cat `+words(filepath.Join(dir, "text"))+`)"; journal begin before; journal end op "$(result_json)"`)
		if open := good(t, dir, "journal_open_ops"); open != "before\n" {
			t.Errorf("%q spoils the journal: %q is open", text, open)
		}
	})
}
