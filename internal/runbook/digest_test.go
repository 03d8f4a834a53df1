package runbook_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// full is a runbook with something in every field.
func full() runbook.Runbook {
	return runbook.Runbook{
		Name: "n", Version: 1, Timer: time.Minute, Hold: true, Rehearsal: true, Stays: true, Ordered: true, Serves: "source", Sides: []string{"s", "t"},
		Operations: []runbook.Operation{{
			ID: "a", Kind: "k", Stage: runbook.Change, Host: "h", Role: "source", Args: []string{"1", "2"}, Needs: []string{"b"}, Touches: []string{"t"},
			Lane: &runbook.Lane{Name: "l", Width: 2}, Offline: true, Keep: true, Renew: true, Lasting: true, Hop: "h", Pull: &runbook.Pull{From: "o", Secret: "s", Grants: true, Question: "q", Passage: "p", Found: "f", Told: true, Relay: true},
			Sentence: "do it", Undo: "undo it", ByHand: []string{"by hand"}, UndoByHand: []string{"undo by hand"}, Estimate: time.Second, Recovery: time.Minute,
		}, op("z", runbook.Jobs)},
	}
}

func digest(t *testing.T, r runbook.Runbook) string {
	t.Helper()
	d, err := r.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// alter changes a value to another one of its type.
func alter(t *testing.T, v reflect.Value) {
	t.Helper()
	switch v.Kind() {
	case reflect.String:
		v.SetString(v.String() + "x")
	case reflect.Bool:
		v.SetBool(!v.Bool())
	case reflect.Int, reflect.Int64:
		v.SetInt(v.Int() + 1)
	case reflect.Slice:
		v.Set(reflect.Append(v, reflect.Zero(v.Type().Elem())))
	case reflect.Pointer:
		v.Set(reflect.Zero(v.Type()))
	default:
		t.Fatalf("a field of kind %s: teach this test to change it", v.Kind())
	}
}

// Estimates never enter the digest; whatever else a runbook is made of does.
func TestDigestReactsToEveryField(t *testing.T) {
	t.Parallel()
	ignored := map[string]bool{"Operation.Estimate": true, "Operation.Recovery": true}
	for _, part := range []func(*runbook.Runbook) reflect.Value{
		func(r *runbook.Runbook) reflect.Value { return reflect.ValueOf(r).Elem() },
		func(r *runbook.Runbook) reflect.Value { return reflect.ValueOf(&r.Operations[0]).Elem() },
		func(r *runbook.Runbook) reflect.Value { return reflect.ValueOf(r.Operations[0].Pull).Elem() },
		func(r *runbook.Runbook) reflect.Value { return reflect.ValueOf(r.Operations[0].Lane).Elem() },
	} {
		sample := full()
		kind := part(&sample).Type()
		for i := range kind.NumField() {
			name := kind.Name() + "." + kind.Field(i).Name
			changed := full()
			field := part(&changed).Field(i)
			if field.IsZero() {
				t.Errorf("%s is empty in the sample", name)
			}
			alter(t, field)
			if same := digest(t, full()) == digest(t, changed); same != ignored[name] {
				t.Errorf("%s: the digest stays: %v, want %v", name, same, ignored[name])
			}
		}
	}
}

func TestDigestReactsToOrder(t *testing.T) {
	t.Parallel()
	a, b := op("a", runbook.Change), op("b", runbook.Change)
	if digest(t, book(a, b)) == digest(t, book(b, a)) {
		t.Error("the order of operations does not enter the digest")
	}
	one, two := a, a
	one.Args, two.Args = []string{"x", "y"}, []string{"y", "x"}
	if digest(t, book(one)) == digest(t, book(two)) {
		t.Error("the order of arguments does not enter the digest")
	}
}

// A runbook can be stored and read back by another process.
func TestRunbookSurvivesJSON(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(full())
	if err != nil {
		t.Fatal(err)
	}
	var back runbook.Runbook
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	want := full()
	want.Operations[0].Estimate, want.Operations[0].Recovery = 0, 0
	if diff := cmp.Diff(want, back); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	stop := op("a", runbook.Freeze, offline)
	stop.Undo = "start it"
	r := book(op("c", runbook.Change), stop)
	got, err := r.Words()
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"01 do c", "02 freeze: do a [offline] (undo: start it)", "digest " + digest(t, r)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !strings.HasPrefix(digest(t, r), "sha256:") || len(digest(t, r)) != len("sha256:")+64 {
		t.Errorf("digest %q", digest(t, r))
	}
	if none, err := book().Words(); err != nil || none != nil {
		t.Errorf("an empty runbook says %q, %v", none, err)
	}
}

func TestParts(t *testing.T) {
	t.Parallel()
	pull := op("p", runbook.Cold, host("target"), func(o *runbook.Operation) { o.Pull = &runbook.Pull{From: "source"} })
	r := book(op("a", runbook.Arm, host("third")), pull, op("check", runbook.Checks, host("")))
	if diff := cmp.Diff([]string{"third", "target", "source"}, r.Hosts()); diff != "" {
		t.Errorf("hosts (-want +got):\n%s", diff)
	}
	if found, ok := r.Find("p"); !ok || found.Host != "target" {
		t.Errorf("find p: %v, %v", found, ok)
	}
	if found, ok := r.Find("q"); ok {
		t.Errorf("find q: %v", found)
	}
	if diff := cmp.Diff([]runbook.Operation{pull}, r.Stage(runbook.Cold)); diff != "" {
		t.Errorf("stage (-want +got):\n%s", diff)
	}
}
