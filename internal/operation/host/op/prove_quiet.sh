# shellcheck shell=sh
# prove_quiet PORTS TREES: nothing serves, nobody writes: no listener on the ports, no open file in the trees.
prove_quiet_probe() { false; }
prove_quiet_do() {
	ss -Htlnp >"$OD/listeners"
	for _port in $1; do
		_line=$(grep -E "[^ ]:$_port +[^ ]+:[*]" "$OD/listeners" | head -n 1)
		[ -z "$_line" ] || die "port $_port still listens: $_line"
	done
	if _user=$(trees_in_use "$2"); then die "a source tree is in use by $_user"; fi
}
prove_quiet_verify() { :; }
