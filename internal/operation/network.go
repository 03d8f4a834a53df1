package operation

import (
	"strconv"
	"strings"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/shell"
)

// Fence modes.
const (
	FenceNew = "new" // connections that are open may end
	FenceAll = "all" // nobody gets in, no mail gets out
)

func ports(list []int) string {
	text := make([]string, len(list))
	for i, p := range list {
		text[i] = strconv.Itoa(p)
	}
	return strings.Join(text, ", ")
}

// RaiseFence keeps clients' packets out. Undo lowers it.
func RaiseFence(p Party, stage runbook.Stage, mode string, all, smtp []int) runbook.Operation {
	op := on("raise_fence", p, stage, mode)
	op.Args = []string{mode, ports(all), ports(smtp)}
	op.Touches = []string{"fence"}
	op.Sentence = "refuse new connections of mail clients on " + p.the()
	if mode == FenceAll {
		op.Sentence = "keep all mail clients out of " + p.the() + ", and mail in"
	}
	op.Undo = "let them in"
	op.ByHand = []string{"nft: reject tcp ports " + ports(all) + " with a reset"}
	op.UndoByHand = []string{"nft delete table inet terraform_provider_mail"}
	op.Renew = mode == FenceAll
	op.Estimate = stepEstimate
	return op
}

// LowerFence lets clients in.
func LowerFence(p Party, stage runbook.Stage) runbook.Operation {
	op := on("lower_fence", p, stage)
	op.Lasting = true
	op.Touches = []string{"fence"}
	op.Sentence = "let mail clients reach " + p.the()
	op.ByHand = []string{"nft delete table inet terraform_provider_mail"}
	op.Estimate = stepEstimate
	return op
}

// DrainConnections waits until mail transactions that were open have ended, at most for limit.
func DrainConnections(p Party, stage runbook.Stage, smtp []int, limit time.Duration) runbook.Operation {
	op := on("drain_connections", p, stage)
	var list []string
	for _, port := range smtp {
		list = append(list, strconv.Itoa(port))
	}
	op.Args = []string{strings.Join(list, " "), strconv.Itoa(int(limit.Seconds()))}
	op.Sentence = "let running mail transactions end on " + p.the() + " (at most " + limit.String() + ")"
	op.ByHand = []string{"ss -Htn state established"}
	op.Estimate = drainEstimate
	return op
}

// DropAddress gives an address up, now and at boot. Undo takes it back.
func DropAddress(p Party, stage runbook.Stage, address string) runbook.Operation {
	op := on("drop_address", p, stage, address)
	op.Lasting = true
	op.Args = []string{address}
	op.Touches = []string{"address:" + address}
	op.Sentence = "take the address " + address + " off " + p.the()
	op.Undo = "give it back"
	op.ByHand = []string{shell.Quote("ip", "addr", "del", address, "dev", "DEVICE")}
	op.UndoByHand = []string{shell.Quote("ip", "addr", "add", address, "dev", "DEVICE"), "for the boot: the network configuration as in @before"}
	op.Estimate = stepEstimate
	return op
}

// TakeAddress gives a host an address until its next boot, and announces it. Undo removes it.
func TakeAddress(p Party, stage runbook.Stage, address string) runbook.Operation {
	op := on("take_address", p, stage, address)
	op.Lasting = true
	op.Args = []string{address}
	op.Touches = []string{"address:" + address}
	op.Sentence = "give the address " + address + " to " + p.the() + " and announce it, not yet over a boot"
	op.Undo = "take it off"
	op.ByHand = []string{shell.Quote("ip", "addr", "add", address, "dev", "DEVICE"), "arping -U"}
	op.UndoByHand = []string{shell.Quote("ip", "addr", "del", address, "dev", "DEVICE")}
	op.Estimate = stepEstimate
	return op
}

// KeepAddress makes an address persistent over a boot. Undo makes it forgotten.
func KeepAddress(p Party, stage runbook.Stage, address string) runbook.Operation {
	op := on("keep_address", p, stage, address)
	op.Lasting = true
	op.Args = []string{address}
	op.Touches = []string{"boot-address:" + address}
	op.Sentence = "keep the address " + address + " on " + p.the() + " over a boot"
	op.Undo = "forget it"
	op.ByHand = []string{address + " in the host's network configuration: systemd-networkd, ifupdown or netplan"}
	op.UndoByHand = []string{"take " + address + " out of /etc/systemd/network, /etc/network/interfaces or /etc/netplan"}
	op.Estimate = stepEstimate
	return op
}

// AwaitPorts waits until something listens on every port.
func AwaitPorts(p Party, stage runbook.Stage, limit time.Duration, list []int) runbook.Operation {
	op := on("await_ports", p, stage)
	op.Args = append([]string{strconv.Itoa(int(limit.Seconds()))}, strings.Fields(strings.ReplaceAll(ports(list), ",", ""))...)
	op.Sentence = "see that " + p.the() + " listens on the ports " + ports(list)
	op.ByHand = []string{"ss -Htln"}
	op.Estimate = stepEstimate
	return op
}
