# shellcheck shell=sh
# make_key NAME: on the host that may log in elsewhere: a key pair for that, and nothing else.
make_key_probe() {
	[ -s "$(login_dir "$1")/key" ] && [ -s "$(login_dir "$1")/key.pub" ] || return 1
	make_key_tell "$1"
}
make_key_tell() {
	report question "$(cut -d' ' -f1,2 "$(login_dir "$1")/key.pub")"
	report key "$(login_dir "$1")/key"
}
make_key_do() {
	mkdir -p "$(login_dir "$1")"
	rm -f "$(login_dir "$1")/key" "$(login_dir "$1")/key.pub"
	ssh-keygen -q -t ed25519 -N '' -C "$1" -f "$(login_dir "$1")/key" </dev/null
	flush "$(login_dir "$1")"/key*
	make_key_tell "$1"
}
make_key_verify() { [ -s "$(login_dir "$1")/key.pub" ]; }
make_key_undo() {
	rm -f "$(login_dir "$1")/key" "$(login_dir "$1")/key.pub"
	rmdir "$(login_dir "$1")" "$J/access" 2>/dev/null || :
}
