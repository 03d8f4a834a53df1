package product_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/product"
)

// TestDiagnostics compares what a person reads about each testdata/*.mail.hcl
// with the golden file beside it.
func TestDiagnostics(t *testing.T) {
	sources, err := filepath.Glob("testdata/*.mail.hcl")
	if err != nil || len(sources) == 0 {
		t.Fatalf("no sources: %v", err)
	}
	for _, source := range sources {
		t.Run(strings.TrimSuffix(filepath.Base(source), ".mail.hcl"), func(t *testing.T) {
			catalogue, diags := product.Load([]string{source})
			got := describe(t, diags, catalogue.Files())
			golden := strings.TrimSuffix(source, ".mail.hcl") + ".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Error(diff)
			}
			if diags.HasErrors() == strings.HasPrefix(filepath.Base(source), "good") {
				t.Errorf("errors: %v", diags.HasErrors())
			}
		})
	}
}

func TestDefaultOrders(t *testing.T) {
	entry := parseOne(t, `product "x" {
  title   = "X"
  version = ["x"]
  service "store" {}
  service "smtp" { front = true }
  service "imap" { front = true }
}`)
	if diff := cmp.Diff([][]string{{"smtp", "imap"}, {"store"}}, entry.StopOrder); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([][]string{{"store"}, {"smtp", "imap"}}, entry.StartOrder); diff != "" {
		t.Error(diff)
	}
}

const versions = `product "x" {
  title   = "X"
  version = ["x"]
  format "old" { versions = ">= 5.0, < 7.0" }
  format "new" {
    versions = ">= 7.0"
    reads    = ["old"]
  }
  release "6.5" { from = ["5.1", "6.0"] }
  release "7.0" {
    from          = ["6.5"]
    why           = "the store is converted at 6.5 first"
    format_change = "the store"
    install       = ["install", "7.0"]
    recover       = ["install", "6.5"]
    converts      = "start"
    ready         = ["packages", "7.0"]
    role "mta" {
      strategies  = ["in_place", "side_by_side"]
      recommended = ["in_place"]
      why         = "it keeps no data"
    }
    role "store" {
      from       = ["6.5"]
      strategies = ["side_by_side"]
    }
    role "store" { strategies = ["coexistent"] }
    port "adrshd" { number = 20141 }
    job "reconstruct" {
      command = ["reconstruct", "-r"]
      at      = "after_start"
      after   = "store"
      roles   = ["store"]
      from    = ["6.5"]
    }
  }
  release "7.1" { from = ["7.0"] }
}`

func TestReads(t *testing.T) {
	entry := parseOne(t, versions)
	for _, row := range []struct {
		reader, writer string
		want           bool
		why            string
	}{
		{"6.0", "6.0", true, "same version"},
		{"6.0", "6.5", true, `both use format "old"`},
		{"7.1", "6.5", true, `reads format "old"`},
		{"6.5", "7.0", false, `does not read "new", which 7.0 writes`},
		{"4.0", "7.0", false, "says nothing about the data format of version 4.0"},
		{"6.0", "?", false, `"?" is not a version`},
	} {
		got, why := entry.Reads(row.reader, row.writer)
		if got != row.want || !strings.Contains(why, row.why) {
			t.Errorf("%s reads %s: %v, %q; want %v, %q", row.reader, row.writer, got, why, row.want, row.why)
		}
	}
}

func TestPath(t *testing.T) {
	entry := parseOne(t, versions)
	hops, err := entry.Path("5.1", "7.1")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"6.5", "7.0", "7.1"}, hops); diff != "" {
		t.Error(diff)
	}
	if _, err := entry.Path("7.1", "5.1"); err == nil || !strings.Contains(err.Error(), "nothing is known to follow 7.1") {
		t.Errorf("error %v", err)
	}
	if _, err := entry.Path("6.0", "8.0"); err == nil || !strings.Contains(err.Error(), `can be reached: "6.5", "7.0", "7.1"`) {
		t.Errorf("error %v", err)
	}
	release, ok := entry.Release("7.0")
	want := &product.Release{
		Version: "7.0", From: []string{"6.5"}, Why: "the store is converted at 6.5 first", FormatChange: "the store",
		Install: product.Command{"install", "7.0"}, Recover: product.Command{"install", "6.5"}, Converts: product.ConvertsAtStart,
		Ready: product.Command{"packages", "7.0"}, Ports: []product.ReleasePort{{Name: "adrshd", Number: 20141, Proto: "tcp"}},
		Strategies: []product.RoleStrategy{
			{Role: "mta", Allowed: []string{"in_place", "side_by_side"}, Recommended: []string{"in_place"}, Why: "it keeps no data"},
			{Role: "store", From: []string{"6.5"}, Allowed: []string{"side_by_side"}},
			{Role: "store", Allowed: []string{"coexistent"}},
		},
		Jobs: []product.ReleaseJob{{
			Job: product.Job{Name: "reconstruct", Command: product.Command{"reconstruct", "-r"}}, At: declare.AfterStart,
			After: "store", Roles: []string{"store"}, From: []string{"6.5"},
		}},
	}
	if diff := cmp.Diff(want, release); !ok || diff != "" {
		t.Error(ok, diff)
	}
	for from, want := range map[string]string{"6.5": "side_by_side", "6.0": "coexistent"} {
		if s, known := release.Strategy("store", from); !known || s.Allowed[0] != want {
			t.Errorf("a store from %s: %v, want %s", from, s, want)
		}
	}
	if s, known := release.Strategy("proxy", "6.5"); known {
		t.Errorf("the entry does not know the role: %v", s)
	}
	if diff := cmp.Diff([]string{"5.1 → 6.5", "6.0 → 6.5", "6.5 → 7.0", "7.0 → 7.1"}, entry.PathsTo()); diff != "" {
		t.Error(diff)
	}
}

func parseOne(t *testing.T, text string) *product.Entry {
	t.Helper()
	entries, diags := product.Parse("x.mail.hcl", []byte(text))
	if diags.HasErrors() || len(entries) != 1 {
		t.Fatal(diags)
	}
	return entries[0]
}

// FuzzParse: any bytes give sound entries or an error with a place, never both
// missing, and the orders name every service once.
func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"testdata/*.mail.hcl", "catalogue/*.mail.hcl"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(text)
		}
	}
	f.Add([]byte(versions))
	f.Fuzz(func(t *testing.T, text []byte) {
		entries, diags := product.Parse("x.mail.hcl", text)
		if len(entries) == 0 && !diags.HasErrors() {
			t.Error("neither an entry nor an error")
		}
		for _, entry := range entries {
			if entry.Name == "" || entry.Title == "" || len(entry.Version) == 0 {
				t.Errorf("a sound entry lacks name, title or version: %+v", entry)
			}
			for _, order := range [][][]string{entry.StopOrder, entry.StartOrder} {
				count := 0
				for _, rank := range order {
					count += len(rank)
				}
				if count != len(entry.Services) {
					t.Errorf("%d services, %d in the order", len(entry.Services), count)
				}
			}
		}
	})
}
