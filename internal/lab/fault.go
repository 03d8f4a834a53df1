package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Cut takes a host's cable out. With peers, only the packets between the host
// and each peer are dropped, both ways; other hosts still reach both.
func (l *Lab) Cut(ctx context.Context, host string, peers ...string) error {
	for _, h := range append([]string{host}, peers...) {
		if _, err := l.Host(h); err != nil && h != "ctl" {
			return err
		}
	}
	if len(peers) == 0 {
		_, err := run(ctx, "ip", "-n", l.netns("sw"), "link", "set", port(host), "nomaster")
		return err
	}
	rules := "add table bridge lab\nadd chain bridge lab cut { type filter hook forward priority 0; }\n"
	for _, p := range peers {
		for _, pair := range [][2]string{{host, p}, {p, host}} {
			rules += fmt.Sprintf("add rule bridge lab cut iifname %q oifname %q drop\n", port(pair[0]), port(pair[1]))
		}
	}
	return l.nft(ctx, rules)
}

// Heal undoes every Cut of the host, also those between it and a peer.
func (l *Lab) Heal(ctx context.Context, host string) error {
	if _, err := l.Host(host); err != nil && host != "ctl" {
		return err
	}
	if _, err := run(ctx, "ip", "-n", l.netns("sw"), "link", "set", port(host), "master", "br0"); err != nil {
		return err
	}
	listed, err := l.inSwitch(ctx, "nft", "--handle", "list", "ruleset")
	if err != nil {
		return err
	}
	rules := ""
	for _, handle := range RuleHandles(listed, port(host)) {
		rules += "delete rule bridge lab cut handle " + strconv.Itoa(handle) + "\n"
	}
	if rules == "" {
		return nil
	}
	return l.nft(ctx, rules)
}

// RuleHandles finds, in `nft --handle list ruleset`, the rules that name an interface.
func RuleHandles(listing, iface string) []int {
	var handles []int
	for _, line := range strings.Split(listing, "\n") {
		rule, handle, ok := strings.Cut(line, "# handle ")
		n, err := strconv.Atoi(strings.TrimSpace(handle))
		if ok && err == nil && strings.Contains(rule, strconv.Quote(iface)) {
			handles = append(handles, n)
		}
	}
	return handles
}

// Lose drops a part of the packets that arrive at a host, in percent; 0 stops it.
func (l *Lab) Lose(ctx context.Context, host string, percent int) error {
	if percent < 0 || percent > 100 {
		return fmt.Errorf("lose %d percent: want 0 to 100", percent)
	}
	if _, err := l.Host(host); err != nil {
		return err
	}
	table := "loss-" + host
	rules := fmt.Sprintf("add table bridge %[1]s\ndelete table bridge %[1]s\n", table)
	if percent > 0 {
		// "At or above what is kept": nft takes no comparison that always holds.
		chance := ""
		if percent < 100 {
			chance = fmt.Sprintf("numgen random mod 100 >= %d ", 100-percent)
		}
		rules += fmt.Sprintf("add table bridge %[1]s\nadd chain bridge %[1]s f { type filter hook forward priority 0; }\n"+
			"add rule bridge %[1]s f oifname %[2]q %[3]sdrop\n", table, port(host), chance)
	}
	return l.nft(ctx, rules)
}

func (l *Lab) nft(ctx context.Context, rules string) error {
	cmd := program(ctx, "ip", "netns", "exec", l.netns("sw"), "nft", "-f", "-")
	_, err := runCmd(cmd, strings.NewReader(rules))
	return err
}

func (l *Lab) inSwitch(ctx context.Context, argv ...string) (string, error) {
	return run(ctx, append([]string{"ip", "netns", "exec", l.netns("sw")}, argv...)...)
}

const fillName = ".lab-fill"

var errNoDisk = errors.New("the host has no disk of its own: filling it would fill the machine's")

// Fill uses up the space below a folder of the host, to the last block.
func (l *Lab) Fill(ctx context.Context, host, dir string) error {
	h, err := l.Host(host)
	if err != nil {
		return err
	}
	if h.spec.DiskMiB == 0 {
		return fmt.Errorf("fill %s: %w", host, errNoDisk)
	}
	// dd ends with an error when the disk is full: that is what is wanted. Small
	// blocks at the end take what a large one left.
	script := `f="$1/` + fillName + `"; dd if=/dev/zero of="$f" bs=1M 2>/dev/null
dd if=/dev/zero of="$f" bs=1k oflag=append conv=notrunc 2>&1 | grep -q 'No space left'`
	_, err = h.Run(ctx, nil, "sh", "-c", script, "fill", dir)
	return err
}

// Unfill gives the space back.
func (l *Lab) Unfill(ctx context.Context, host, dir string) error {
	h, err := l.Host(host)
	if err != nil {
		return err
	}
	_, err = h.Run(ctx, nil, "rm", "-f", "--", filepath.Join(dir, fillName))
	return err
}

// Freeze stops every process of the host where it is, until Thaw: a host that hangs. Commands from outside are not its own: what enters a frozen group
// stands still before it has begun, and whoever starts it with it.
func (l *Lab) Freeze(ctx context.Context, host string) error {
	if err := l.setFrozen(host, true); err != nil {
		return err
	}
	group, err := l.payload(host)
	if err != nil {
		return err
	}
	return poll(ctx, 20*time.Millisecond, func() (bool, error) { return l.frozen(group), nil })
}

// Thaw lets a frozen host go on.
func (l *Lab) Thaw(host string) error { return l.setFrozen(host, false) }

func (l *Lab) setFrozen(host string, frozen bool) error {
	if _, err := l.Host(host); err != nil {
		return err
	}
	group, err := l.payload(host)
	if err != nil {
		return err
	}
	value := "0"
	if frozen {
		value = "1"
	}
	f, err := os.OpenFile(filepath.Join(group, "cgroup.freeze"), os.O_WRONLY, 0) //nolint:gosec // cgroupfs
	if err != nil {
		return err
	}
	_, err = f.WriteString(value)
	return errors.Join(err, f.Close())
}

func (l *Lab) frozen(group string) bool {
	events, err := os.ReadFile(filepath.Join(group, "cgroup.events")) //nolint:gosec // cgroupfs
	return err == nil && strings.Contains(string(events), "frozen 1")
}
