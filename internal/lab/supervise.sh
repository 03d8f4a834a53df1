#!/bin/sh
# Runs one host of a lab: boots it, and boots it again when it asks for a reboot.
# The network namespace outlives a boot; it is emptied, so that the host's own
# configuration decides what it has.
# Its machine's name is that of its namespace: systemd-nspawn keeps a folder by that
# name, which hosts of two labs must not share.
# usage: supervise.sh HOSTNAME TREE NETNS CGROUP...
set -u
hostname=$1 tree=$2 netns=$3
shift 3
for group in "$@"; do
	echo $$ >"$group/cgroup.procs" || exit 1
done
empty_network() {
	ip -n "$netns" link set eth0 down
	ip -n "$netns" link set lo down
	ip -n "$netns" addr flush dev eth0
	ip -n "$netns" route flush table main 2>/dev/null # an error where there never was a route
	ip -n "$netns" neigh flush all
	ip netns exec "$netns" nft flush ruleset
	# As systemd has it on every host (sysctl.d/50-default.conf), which cannot set it in here: /proc/sys is read-only.
	ip netns exec "$netns" sh -c 'echo 1 >/proc/sys/net/ipv4/conf/eth0/promote_secondaries'
}
while :; do
	empty_network
	read -r up _ </proc/uptime
	code=0
	# A time namespace: uptime and the monotonic clocks start anew with each boot.
	unshare -T --boottime "-${up%%.*}" systemd-nspawn --quiet --register=no --keep-unit --settings=no \
		--link-journal=no --resolv-conf=off --timezone=off --capability=CAP_NET_ADMIN --kill-signal=SIGRTMIN+3 \
		--machine="$netns" --hostname="$hostname" --directory="$tree" --network-namespace-path="/run/netns/$netns" \
		--boot --console=pipe </dev/null || code=$?
	echo "host ended with code $code"
	empty_network # or the kernel would go on to answer for a host that is off
	[ "$code" = 133 ] || exit "$code" # 133: the host asked for a reboot
done
