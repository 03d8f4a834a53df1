package provider_test

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/provider"
)

// A procedure that is not the planned one is refused with the step at which it leaves the plan.
func TestOtherProcedure(t *testing.T) {
	t.Parallel()
	planned := []string{"01 stop a", "02 copy b", "digest sha256:1"}
	for name, test := range map[string]struct {
		planned, now []string
		want         []string
	}{
		"another step": {planned, []string{"01 stop a", "02 copy c", "03 start a", "digest sha256:2"}, []string{"planned: 02 copy b\n", "now:     02 copy c\n", "planned: sha256:1\n", "now:     sha256:2\n"}},
		"more":         {planned, []string{"01 stop a", "02 copy b", "03 start a", "digest sha256:2"}, []string{"planned: none: it ends before\n", "now:     03 start a\n"}},
		"less":         {planned, []string{"01 stop a", "digest sha256:2"}, []string{"planned: 02 copy b\n", "now:     none: it ends before\n"}},
		"other values": {planned, []string{"01 stop a", "02 copy b", "digest sha256:2"}, []string{"The steps read the same", "planned: sha256:1\n", "now:     sha256:2\n"}},
		"nothing left": {planned, nil, []string{"planned: 01 stop a\n", "now:     none: nothing to run\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			list := provider.TextList(test.planned)
			if provider.SameProcedure(list, test.now) {
				t.Fatal("the two are taken for the same")
			}
			text := provider.OtherProcedure("mail_sync.store", list, test.now).Detail()
			for _, want := range append(test.want, "mail_sync.store", "Nothing was changed", "Next: plan again") {
				if !strings.Contains(text, want) {
					t.Errorf("%q does not say %q", text, want)
				}
			}
		})
	}
	if !provider.SameProcedure(types.ListUnknown(types.StringType), planned) || !provider.SameProcedure(provider.TextList(planned), planned) {
		t.Error("the planned procedure is not known again")
	}
}
