package compile_test

import (
	"fmt"
	"time"

	"pgregory.net/rapid"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
)

// drawCutover draws a declaration that can be compiled.
func drawCutover(t *rapid.T) declare.Cutover {
	c := declare.Cutover{
		Name: "move", Source: oldHost, Target: newHost, Active: rapid.SampledFrom([]string{declare.Source, declare.Target}).Draw(t, "active"),
		Services: map[string]declare.Service{},
		Ports:    rapid.SliceOfNDistinct(rapid.IntRange(1, 65535), 1, 4, rapid.ID).Draw(t, "ports"),
		LateMail: "refuse",
	}
	c.SMTPPorts = c.Ports[:1]
	c.StopOrder, c.StartOrder = drawOrders(t, &c)
	for i := range rapid.IntRange(0, 2).Draw(t, "syncs") {
		c.Syncs = append(c.Syncs, drawSync(t, i))
	}
	for i := range rapid.IntRange(0, 2).Draw(t, "dumps") {
		c.Dumps = append(c.Dumps, declare.Dump{
			Name: fmt.Sprint("dump", i), Source: oldHost, Target: newHost, Engine: "postgresql",
			Databases: []string{fmt.Sprint("db", i), fmt.Sprint("db-", i)}, Password: rapid.Bool().Draw(t, "password"),
		})
	}
	for i := range rapid.IntRange(0, 2).Draw(t, "files") {
		c.Files = append(c.Files, declare.FileSet{Name: fmt.Sprint("files", i), Source: oldHost, Target: newHost, Paths: []string{fmt.Sprintf("/etc/f%d/**", i)}})
	}
	for i := range rapid.IntRange(0, 2).Draw(t, "accounts") {
		c.Accounts = append(c.Accounts, declare.Accounts{Name: fmt.Sprint("accounts", i), Source: oldHost, Target: newHost, UIDFrom: 1000 * (i + 1), UIDTo: 1000*(i+1) + 999})
	}
	if rapid.Bool().Draw(t, "queue") {
		c.Queue = &declare.Queue{Kind: "postfix", Directory: "/var/spool/postfix", Service: "s0"}
	}
	c.Identity.Mode = "none"
	if rapid.Bool().Draw(t, "take over") {
		c.Identity = declare.Identity{Mode: "take_over", Addresses: []string{"192.0.2.25/24", "2001:db8::25/64"}[:rapid.IntRange(1, 2).Draw(t, "addresses")]}
		if rapid.Bool().Draw(t, "park") {
			c.Identity.ParkAddress = "192.0.2.121/24"
			if rapid.Bool().Draw(t, "exchange") {
				exchanging(&c)
			}
		}
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "checks") {
		c.Checks = append(c.Checks, declare.Check{Name: fmt.Sprint("check", i), Kind: "tcp", Address: fmt.Sprint("192.0.2.25:", c.Ports[0])})
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "jobs") {
		c.Jobs = append(c.Jobs, declare.Job{
			Host: rapid.SampledFrom([]string{oldHost, newHost, otherHost}).Draw(t, "job's host"), Command: []string{"job", fmt.Sprint(i), "it's"},
			BeforeOpen: rapid.Bool().Draw(t, "before open"),
		})
	}
	if rapid.Bool().Draw(t, "quiesce") {
		c.Quiesce = []declare.Placed{{Host: otherHost, Service: "portal"}}
	}
	c.HoldBefore = rapid.SampledFrom([]string{"", "freeze", "identity", "commit"}).Draw(t, "hold before")
	c.Window.ConfirmWithin = time.Duration(rapid.IntRange(0, 30).Draw(t, "confirm within")) * time.Minute
	return c
}

// drawOrders draws services, and the ranks in which they stop on the source and start on the target.
func drawOrders(t *rapid.T, c *declare.Cutover) ([][]declare.Placed, [][]declare.Placed) {
	var names []string
	for i := range rapid.IntRange(1, 4).Draw(t, "services") {
		name := fmt.Sprint("s", i)
		names = append(names, name)
		c.Services[name] = declare.Service{Name: name, StopEstimate: time.Duration(i) * time.Second, StartEstimate: time.Second}
	}
	ranked := func(host, label string) [][]declare.Placed {
		var order [][]declare.Placed
		for i, name := range rapid.Permutation(names).Draw(t, label) {
			if i == 0 || rapid.Bool().Draw(t, label+": new rank") {
				order = append(order, nil)
			}
			order[len(order)-1] = append(order[len(order)-1], declare.Placed{Host: host, Service: name})
		}
		return order
	}
	stop, start := ranked(oldHost, "stop order"), ranked(newHost, "start order")
	if rapid.Bool().Draw(t, "timed") {
		c.Services["nightly.timer"] = declare.Service{Name: "nightly.timer", Timed: true}
		stop[0] = append(stop[0], declare.Placed{Host: oldHost, Service: "nightly.timer"})
		start = append(start, []declare.Placed{{Host: newHost, Service: "nightly.timer"}})
	}
	return stop, start
}

func drawSync(t *rapid.T, i int) declare.Sync {
	s := declare.Sync{
		Name: fmt.Sprint("sync", i), Source: oldHost, Target: newHost, Paths: map[string]string{},
		Delete: rapid.Bool().Draw(t, "delete"), DeleteLimitPercent: 10, Usermap: map[string]string{"a": "x", "b": "x", "c": "y"},
	}
	for j := range rapid.IntRange(1, 4).Draw(t, "paths") {
		from := fmt.Sprintf("/var/s%d/t%d", i, j)
		to := rapid.SampledFrom([]string{from, fmt.Sprintf("/srv/s%d-%d", i, j)}).Draw(t, "to")
		if rapid.Bool().Draw(t, "slash") {
			from += "/"
		}
		s.Paths[from] = to
	}
	return s
}
