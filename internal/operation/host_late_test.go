package operation_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// mailServer speaks as much IMAP as a sweep needs. Its mailboxes are folders below $STORE, its messages files named by their UID. A message that
// says "too big" is refused; after one that says "power cut" it is gone without an answer.
const mailServer = `#!/bin/sh
box() { mkdir -p "$STORE/$1"; printf '%s' "$STORE/$1"; }
next() { echo $(($(ls "$1" | sort -n | tail -n 1) + 1)); }
while IFS= read -r line; do
	line=$(printf '%s' "$line" | tr -d '\r')
	tag=${line%% *}
	name=$(printf '%s' "$line" | sed -n 's/^[^"]*"\([^"]*\)".*/\1/p')
	case $line in
	*NAMESPACE*) echo '* NAMESPACE (("" "/")) NIL NIL' ;;
	*STATUS*) echo "* STATUS \"$name\" (UIDVALIDITY 7 UIDNEXT $(next "$(box "$name")"))" ;;
	*EXAMINE*) open=$(box "$name") ;;
	*SEARCH*) echo "* SEARCH $(ls "$open" | sort -n | tr '\n' ' ')" | sed 's/ $//' ;;
	*BODY.PEEK*)
		uid=$(printf '%s' "$line" | sed 's/.*FETCH \([0-9]*\).*/\1/')
		printf '* 1 FETCH (UID %s BODY[] {%s}\r\n' "$uid" "$(stat -c %s "$open/$uid")"
		cat "$open/$uid"
		echo ')'
		;;
	*FETCH*) for uid in $(ls "$open"); do printf '* %s FETCH (FLAGS (\\Recent \\Seen $l) UID %s INTERNALDATE "01-Jan-2020 10:00:00 +0000")\r\n' "$uid" "$uid"; done ;;
	*APPEND*)
		uid=$(next "$(box "$name")")
		dd bs=1 count="$(printf '%s' "$line" | sed 's/.*{\([0-9]*\)+}$/\1/')" of="$STORE/$name/$uid" 2>/dev/null
		printf '%s\n' "$line" >>"$STORE.appended"
		if grep -q 'too big' "$STORE/$name/$uid"; then rm "$STORE/$name/$uid"; printf '%s NO [OVERQUOTA] it is full\r\n' "$tag"; continue; fi
		if grep -q 'power cut' "$STORE/$name/$uid"; then exit 1; fi
		;;
	'') continue ;;
	esac
	printf '%s OK done\r\n' "$tag"
done
`

// sweep is what a test adds, and how: DIR holds what was laid out, LOG what was begun and ended.
func sweep(t *testing.T, dir, message string) string {
	t.Helper()
	server := file(t, dir, "server", mailServer)
	lines := "STORE=" + words(filepath.Join(dir, "store")) + "; export STORE; STORE_SESSION=" + words(words("sh", server)) + `
mkdir -p box store
printf 'u@lab.test\n' >box/user
printf 'A\nB c\n' >box/box
: >box/messages
printf '1 k1 %s 6|01-Jan-2020 10:00:00 +0000|\\Seen\n' "$(printf 'first\n' | sha256sum | cut -d" " -f1)" >>box/messages
printf 'first\n' >box/1
printf %s "$MESSAGE" >box/2
printf '2 k2 %s %s|01-Jan-2020 10:00:00 +0000|\n' "$(sha256sum <box/2 | cut -d" " -f1)" "$(stat -c %s box/2)" >>box/messages
mkdir -p log; touch log/log
store_add "$PWD/box" "$PWD/log"`
	return good(t, dir, "cd "+words(dir)+"; MESSAGE="+words(message)+"\n"+lines)
}

// Messages are added once, however often that is begun and wherever it ended.
func TestStoreAddOnce(t *testing.T) {
	t.Parallel()
	for _, again := range []string{"true", "sed -i '/^end /d' log/log", "sed -i '/^end k2/d' log/log"} {
		dir := t.TempDir()
		said := sweep(t, dir, "second")
		good(t, dir, "cd "+words(dir)+"; "+again)
		said += sweep(t, dir, "second")
		if said != "" {
			t.Errorf("%s: said %q", again, said)
		}
		want := "first\n|second"
		if got := read(t, filepath.Join(dir, "store/A/B c/1")) + "|" + read(t, filepath.Join(dir, "store/A/B c/2")); got != want || read(t, filepath.Join(dir, "store/A/B c/3")) != "" {
			t.Errorf("%s: the mailbox holds %q: %s", again, got, good(t, dir, "ls -R "+words(filepath.Join(dir, "store"))))
		}
	}
}

// Flags and dates go along; a message that is refused is named, and the others are there.
func TestStoreAddRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	said := sweep(t, dir, "too big")
	if diff := cmp.Diff("u@lab.test A/B c: NO [OVERQUOTA] it is full\n", said); diff != "" {
		t.Error(diff)
	}
	if got := read(t, filepath.Join(dir, "store.appended")); !strings.Contains(got, `m1 APPEND "A/B c" (\Seen) "01-Jan-2020 10:00:00 +0000" {6+}`) {
		t.Errorf("sent: %q", got)
	}
	if got := read(t, filepath.Join(dir, "log/log")); !strings.Contains(got, "end k1\n") || strings.Contains(got, "end k2") {
		t.Errorf("log: %q", got)
	}
}

// A server that went away in the middle had stored the message: it is found, and not added again.
func TestStoreAddInterrupted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if said := sweep(t, dir, "power cut"); !strings.Contains(said, "did not answer for all messages of u@lab.test A/B c") {
		t.Errorf("said %q", said)
	}
	if said := sweep(t, dir, "power cut"); said != "" {
		t.Errorf("the second time: %q", said)
	}
	if got := strings.TrimSpace(good(t, dir, "ls "+words(filepath.Join(dir, "store/A/B c"))+" | tr '\\n' ' '")); got != "1 2" {
		t.Errorf("the mailbox holds %q", got)
	}
}

// What came since the mark is found by name, whatever its times say; of a mailbox it is read with flags and date.
func TestMessagesNew(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	spool := filepath.Join(dir, "spool (1)")
	for _, name := range []string{"a/1.", "a/2.", "b c/7.", "b c/cyrus.index", "a/x."} {
		file(t, spool, name, name)
	}
	pattern := words(spool + "\t" + `/(.*/)?[1-9][^/]*\.`)
	good(t, dir, "mark_side_do mail "+pattern+" '' no")
	for _, name := range []string{"a/3.", "b c/8.", "b c/9.", "a/y."} {
		file(t, spool, name, name)
	}
	got := good(t, dir, "messages_new mail "+pattern+" >"+words(dir)+"/new; folders_of "+words(dir)+"/new")
	if diff := cmp.Diff("1 "+spool+"/a\n2 "+spool+"/b c\n", got); diff != "" {
		t.Error(diff)
	}
	if got := good(t, dir, "use_run r2; use_op op; mkdir -p \"$OD\" \"$B\"; mark_side_do mail "+pattern+" '' no; messages_new mail "+pattern+"; mark_side_undo mail; messages_new mail "+pattern+" | wc -c"); got == "0\n" {
		t.Error("the earlier mark did not come back")
	}
}

// What passes of a run that was given up left in a tree of the side that does not serve is not that side's own: it would be swept to where it came from, and
// be there twice. What somebody writes there later is.
func TestBroughtIsNotLate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	spool := filepath.Join(dir, "spool (1)")
	file(t, spool, "a/1.", "before")
	pattern := words(spool + "\t" + `/(.*/)?[1-9][^/]*\.`)
	good(t, dir, "mark_side_do mail "+pattern+" '' no")
	look := func() string {
		t.Helper()
		return good(t, dir, "messages_new mail "+pattern+" | tr '\\0' '\\n'; files_changed mail "+words(spool+"/")+" '' | sort")
	}
	for _, name := range []string{"a/2.", "a.b/3.", "c/odd // name"} {
		file(t, spool, name, "brought")
	}
	if got := look(); !strings.Contains(got, "a/2.") || !strings.Contains(got, "a.b/3.") {
		t.Errorf("before anybody says how they came: %q", got)
	}
	until := file(t, dir, "until", "")
	given := func() { good(t, dir, "mkdir -p "+words(spool)+"; marks_brought "+words(spool+"/")+" "+words(until)) }
	given()
	if got := look(); got != "" {
		t.Errorf("what passes brought counts: %q", got)
	}
	file(t, spool, "a/4.", "late")
	good(t, dir, "cd "+words(spool)+" && printf over >new && mv new a/2.")
	given() // taken back once more: what came meanwhile is late all the same
	want := strings.Join([]string{spool + "/a/2.", spool + "/a/4.", "file " + spool + "/a/2.", "file " + spool + "/a/4.", ""}, "\n")
	if diff := cmp.Diff(want, look()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := good(t, dir, "use_run r2; use_op op; mkdir -p \"$OD\" \"$B\"; marks_brought "+words(spool+"/")+" "+words(until)+"; cat "+words(filepath.Join(dir, "marks/mail/brought"))+"/* | tr '\\0' '\\n'"); strings.Contains(got, "a/4.") {
		t.Errorf("what came after the last pass counts as brought: %q", got)
	}
}

// A pass that the power cut short has no result: what it had brought by the boot that followed is known to be brought, nothing later. Of one that nobody has
// seen end nothing is known.
func TestBroughtByAPassThatWasCutShort(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ ended, want string }{
		"ended before": {`touch "$OD/ended"`, "late"}, "not seen": {":", "brought\nlate"}, "a result": {`echo 1 >"$OD/rc"; touch -d @5 "$OD/ended"`, "late"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			spool := filepath.Join(dir, "spool")
			got := good(t, dir, "mkdir -p "+words(spool)+"\nmark_side_do mail '"+spool+"\t/.*' '' no\nsleep 0.05; echo x >"+words(spool)+"/brought; sleep 0.05\n"+
				test.ended+"\nsleep 0.05; echo x >"+words(spool)+"/late\nsync_tree_left store "+words(spool)+"\nmessages_new mail '"+spool+"\t/.*' | tr '\\0' '\\n' | sed 's,.*/,,'")
			if strings.TrimSpace(got) != test.want {
				t.Errorf("late: %q, want %q", got, test.want)
			}
		})
	}
}

// A mailbox's answer is read whatever order its parts have; what its user does not see is taken with the file's own date, or left out.
func TestStoreGather(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	server := file(t, dir, "server", mailServer)
	file(t, dir, "located", "{\n  \"mbname\": {\n    \"boxes\": [\n      \"A \\\"b\\\"\",\n      \"C\"\n    ],\n    \"userid\": \"u@lab.test\"\n  }\n}\n")
	for name, content := range map[string]string{"3.": "third", "5.": "fifth"} {
		file(t, dir, "spool/"+name, content)
	}
	out := good(t, dir, "cd "+words(dir)+"; STORE=$PWD/store; export STORE; STORE_SESSION="+words(words("sh", server))+"; STORE_LOCATE='cat located #'; mkdir box\n"+
		"STORE_LOCATE=\"cat $PWD/located; :\"; store_locate /spool box; cat box/user box/box; printf '3.\\n5.\\n' >names; touch -d @86400 spool/5.; echo A >box/box; mkdir -p store/A; echo x >store/A/3\n"+
		"store_gather \"$PWD/spool\" box names no; sed 's/ [0-9a-f]* [0-9a-f]* / /' box/messages; store_gather \"$PWD/spool\" box names yes; wc -l <box/messages")
	want := "u@lab.test\nA \\\"b\\\"\nC\n" + `3 5|01-Jan-2020 10:00:00 +0000|\Seen $l` + "\n5 5|02-Jan-1970 00:00:00 +0000|\n1\n"
	if diff := cmp.Diff(want, out); diff != "" {
		t.Error(diff)
	}
}
