package plan_test

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/plan"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// minutes compiles every change to one operation that takes ten minutes; what is destroyed is undone.
type minutes struct{}

func (minutes) Compile(_ context.Context, c plan.Change) (plan.Procedure, error) {
	if c.Type == "mail_broken" {
		return plan.Procedure{}, errors.New("it broke")
	}
	op := runbook.Operation{ID: "do", Kind: "run_job", Stage: runbook.Change, Sentence: "do it", Undo: "undo it", Estimate: 10 * time.Minute, Offline: c.Type == "mail_cutover"}
	return plan.Procedure{Book: runbook.Runbook{Name: c.Address, Version: 1, Operations: []runbook.Operation{op}}, Known: true, Undoes: c.Action == plan.Delete}, nil
}

// order gives the resources of a plan with their actions and starts, in minutes.
func order(t *testing.T, text string) []string {
	t.Helper()
	p, err := plan.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	d, err := plan.Compose(t.Context(), p, minutes{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range d.Resources {
		got = append(got, strconv.Itoa(int(time.Duration(r.Start).Minutes()))+" "+string(r.Action)+" "+r.Address)
	}
	return append(got, d.Notes...)
}

// change is an element of resource_changes.
func change(address, actions string) string {
	parts := strings.Split(address, ".")
	kind := ""
	for _, part := range parts {
		if strings.HasPrefix(part, "mail_") || strings.HasPrefix(part, "other_") {
			kind = part
		}
	}
	list, _ := json.Marshal(strings.Split(actions, ","))
	quoted, _ := json.Marshal(address)
	return `{"address":` + string(quoted) + `,"mode":"managed","type":"` + kind + `","name":"x","provider_name":"registry.terraform.io/terraform-provider-mail/mail","change":{"actions":` +
		string(list) + `,"before":null,"after":null,"after_unknown":{},"before_sensitive":false,"after_sensitive":false}}`
}

func configured(address, expressions string) string {
	return `{"address":"` + address + `","mode":"managed","type":"` + strings.Split(address, ".")[0] + `","name":"x","expressions":` + expressions + `}`
}

func whole(changes []string, resources []string, more, state string) string {
	return `{"format_version":"1.2","terraform_version":"1.11.4","resource_changes":[` + strings.Join(changes, ",") + `],"configuration":{"root_module":{"resources":[` +
		strings.Join(resources, ",") + `]` + more + `}},"prior_state":{"format_version":"1.0","values":{"root_module":{"resources":[` + state + `]}}}}`
}

func stated(address string, needs ...string) string {
	list, _ := json.Marshal(needs)
	return `{"address":"` + address + `","mode":"managed","type":"` + strings.Split(address, ".")[0] + `","name":"x","values":{},"depends_on":` + string(list) + `}`
}

func refers(to ...string) string {
	list, _ := json.Marshal(to)
	return `{"x":{"references":` + string(list) + `}}`
}

func TestOrder(t *testing.T) {
	t.Parallel()
	const inner = `,"module_calls":{"m":{"expressions":{"host":{"references":["mail_host.a.id","mail_host.a"]}},"depends_on":["mail_file.z"],"module":{
		"resources":[` + `{"address":"mail_sync.s","mode":"managed","type":"mail_sync","name":"s","expressions":{"source":{"references":["var.host"]}}}` + `],
		"outputs":{"sync":{"expression":{"references":["mail_sync.s"]}},"none":{"expression":{"constant_value":1}}}}}}`
	for name, test := range map[string]struct {
		text string
		want []string
	}{
		"side by side, in the order of names": {
			whole([]string{change("mail_sync.b", "create"), change("mail_sync.a", "create")}, []string{configured("mail_sync.a", `{}`), configured("mail_sync.b", `{}`)}, "", ""),
			[]string{"0 create mail_sync.a", "0 create mail_sync.b"},
		},
		"what is referred to comes first": {
			whole([]string{change("mail_cutover.a", "create"), change("mail_sync.b", "create"), change("mail_host.c", "create")},
				[]string{configured("mail_cutover.a", refers("mail_sync.b")), configured("mail_sync.b", refers("mail_host.c.id", "mail_host.c")), configured("mail_host.c", `{}`)}, "", ""),
			[]string{"0 create mail_host.c", "10 create mail_sync.b", "20 create mail_cutover.a"},
		},
		"through what does not change, and other providers": {
			whole([]string{change("mail_cutover.a", "update"), change("mail_sync.b", "update"), change("other_thing.c", "no-op")},
				[]string{configured("mail_cutover.a", refers("other_thing.c.x", "other_thing.c")), configured("other_thing.c", refers("mail_sync.b.id")), configured("mail_sync.b", `{}`)}, "", ""),
			[]string{"0 update mail_sync.b", "10 update mail_cutover.a"},
		},
		"instances": {
			whole([]string{change("mail_cutover.a", "create"), change(`mail_sync.b["x.y"]`, "create"), change(`mail_sync.b["\"]."]`, "create")},
				[]string{configured("mail_cutover.a", refers(`mail_sync.b["x.y"].id`)), configured("mail_sync.b", `{}`)}, "", ""),
			[]string{`0 create mail_sync.b["\"]."]`, `0 create mail_sync.b["x.y"]`, "10 create mail_cutover.a"},
		},
		"through modules": {
			whole([]string{change("mail_cutover.a", "create"), change("module.m.mail_sync.s", "create"), change("mail_host.a", "create"), change("mail_file.z", "create"), change("mail_job.j", "create")},
				[]string{configured("mail_cutover.a", refers("module.m.sync", "module.m")), configured("mail_host.a", `{}`), configured("mail_file.z", refers("mail_host.a.id")), configured("mail_job.j", refers("module.m.none", "module.m"))}, inner, ""),
			[]string{"0 create mail_host.a", "0 create mail_job.j", "10 create mail_file.z", "20 create module.m.mail_sync.s", "30 create mail_cutover.a"},
		},
		"destroys are reversed": {
			whole([]string{change("mail_host.a", "delete"), change("mail_sync.b", "delete"), change("mail_cutover.c", "delete")}, nil, "",
				stated("mail_host.a")+","+stated("mail_sync.b", "mail_host.a")+","+stated("mail_cutover.c", "mail_host.a", "mail_sync.b")),
			[]string{"0 delete mail_cutover.c", "0 delete mail_sync.b", "0 delete mail_host.a"},
		},
		"replacement": {
			whole([]string{change("mail_sync.a", "delete,create"), change("mail_cutover.b", "update")}, []string{configured("mail_sync.a", `{}`), configured("mail_cutover.b", refers("mail_sync.a"))}, "",
				stated("mail_sync.a")+","+stated("mail_cutover.b", "mail_sync.a")),
			[]string{"0 delete mail_sync.a", "0 create mail_sync.a", "10 update mail_cutover.b"},
		},
		"replacement, creation first": {
			whole([]string{change("mail_sync.a", "create,delete"), change("mail_cutover.b", "update")}, []string{configured("mail_sync.a", `{}`), configured("mail_cutover.b", refers("mail_sync.a"))}, "",
				stated("mail_sync.a")+","+stated("mail_cutover.b", "mail_sync.a")),
			[]string{"0 create mail_sync.a", "10 update mail_cutover.b", "20 delete mail_sync.a"},
		},
		"local values hide references; the state helps": {
			whole([]string{change("mail_cutover.a", "update"), change("mail_sync.b", "update")}, []string{configured("mail_cutover.a", refers("local.syncs")), configured("mail_sync.b", `{}`)}, "",
				stated("mail_cutover.a", "mail_sync.b")),
			[]string{
				"0 update mail_sync.b", "10 update mail_cutover.a",
				"A plan does not show what local values refer to (local.syncs). The place in the order of what refers to them is that of the last apply, as far as there was one: mail_cutover.a.",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, order(t, test.text)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Nobody is served while one of two moves runs; the time is counted once.
func TestOutageIsCountedOnce(t *testing.T) {
	t.Parallel()
	p, err := plan.Parse([]byte(whole([]string{change("mail_cutover.a", "update"), change("mail_cutover.b", "update")}, nil, "", "")))
	if err != nil {
		t.Fatal(err)
	}
	d, err := plan.Compose(t.Context(), p, minutes{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if ten := plan.Seconds(10 * time.Minute); d.Totals.Outage != ten || d.Totals.Work != ten || len(d.Down) != 1 {
		t.Errorf("%+v %v", d.Totals, d.Down)
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ text, want string }{
		"empty":          {"", "it is empty"},
		"no JSON":        {"Terraform will perform", "it is not JSON"},
		"half of it":     {`{"resource_changes":[`, "it is not JSON"},
		"a list":         {`[]`, "it is not JSON"},
		"a state":        {`{"format_version":"1.0","terraform_version":"1.11.4","values":{}}`, "it is a state"},
		"a state file":   {`{"version":4,"serial":1}`, "it is a state"},
		"something else": {`{"a":1}`, "neither planned_values nor resource_changes"},
		"no version":     {`{"resource_changes":[]}`, "format version"},
		"later version":  {`{"format_version":"9.0","resource_changes":[]}`, "unsupported plan format version"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := plan.Parse([]byte(test.text))
			if !errors.Is(err, plan.ErrInput) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v; want %q", err, test.want)
			}
		})
	}
}

func TestComposeSaysWhichResourceIsAtFault(t *testing.T) {
	t.Parallel()
	p, err := plan.Parse([]byte(whole([]string{change("mail_broken.a", "create")}, nil, "", "")))
	if err != nil {
		t.Fatal(err)
	}
	if _, err = plan.Compose(t.Context(), p, minutes{}, 0); err == nil || err.Error() != "mail_broken.a: it broke" {
		t.Error(err)
	}
}

// Whatever is given, it is read or refused.
func FuzzPlan(f *testing.F) {
	f.Add(whole([]string{change("mail_sync.a", "delete,create"), change(`mail_cutover.b["x"]`, "update")}, []string{configured("mail_cutover.b", refers("mail_sync.a", "var.x", "module.m", "data.a.b.c"))}, "", stated("mail_sync.a", "mail_sync.a")))
	f.Add(`{"format_version":"1.2","resource_changes":[null,{"type":"mail_host","change":null},{"type":"mail_host","change":{"after":{"id":1}}}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		p, err := plan.Parse([]byte(text))
		if err != nil {
			return
		}
		plan.ProductFiles(p)
		if _, err := plan.Compose(t.Context(), p, minutes{}, 0); err != nil && err.Error() == "" {
			t.Error("an error without words")
		}
	})
}
