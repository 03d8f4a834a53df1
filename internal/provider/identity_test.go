package provider_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/provider"
)

func FuzzIDRoundTrip(f *testing.F) {
	f.Add("a", "b,c", "100%")
	f.Add("%2C", "=>", "/x/")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		want := []string{a, b, c}
		got, err := provider.SplitID(provider.JoinID(want...), 3, "A,B,C")
		if a == "" || b == "" || c == "" {
			if err == nil {
				t.Fatal("an empty part was accepted")
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

// An id that is accepted names the same thing again.
func FuzzImportID(f *testing.F) {
	f.Add("sync", idOld+","+idNew+",/var/spool/cyrus/=>/var/spool/cyrus/")
	f.Add("dump", idOld+","+idNew+",postgresql,bj,bj-data")
	f.Add("backup", idOld+",/var/backups/mail,/etc/nplex/,/a%2Cb,postgresql:bj,postgresql:a%2Cb")
	f.Add("mount", idNew+",UUID=1%2C2,/opt/nfs/")
	f.Add("files", idOld+","+idNew+",/etc/bm/**,/etc/{a%2Cb}")
	f.Fuzz(func(t *testing.T, kind, id string) {
		once, err := provider.ParseImport(kind, id)
		if err != nil {
			return
		}
		twice, err := provider.ParseImport(kind, once)
		if err != nil || once != twice {
			t.Errorf("%q became %q, then %q (%v)", id, once, twice, err)
		}
	})
}
