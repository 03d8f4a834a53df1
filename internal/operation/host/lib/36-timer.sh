# shellcheck shell=sh
# The timer: a host that waits for a commit takes the move back by itself when none comes. Its state is three files of the run:
#   deadline   "<boot id> <uptime> <wall clock> <total>": when, on this boot's clock; after a boot the wall clock says what is left
#   timer      revert | ask | done: what happens then
#   decision   revert | commit, made once, on the target: whoever writes it first has decided for both sides. The source writes down what it has heard
#              of it, so that nobody who comes later takes its side of a committed move back
UNIT_DIR=/etc/systemd/system

timer_mode() { cat "$RD/timer" 2>/dev/null || echo "done"; }
timer_set() { printf '%s\n' "$1" | put "$RD/timer"; }

deadline_set() { # SECONDS FROM NOW
	printf '%s %s %s %s\n' "$(boot_id)" "$(($(uptime_seconds) + $1))" "$(($(wall_seconds) + $1))" "$1" | put "$RD/deadline"
}
# deadline_left: seconds; after a boot it is taken over from the wall clock once, and never grows beyond the total.
deadline_left() {
	read -r _boot _up _wall _total <"$RD/deadline" || return 1
	if [ "$_boot" != "$(boot_id)" ]; then
		_left=$((_wall - $(wall_seconds)))
		[ "$_left" -le "$_total" ] || _left=$_total
		[ "$_left" -ge 0 ] || _left=0
		printf '%s %s %s %s\n' "$(boot_id)" "$(($(uptime_seconds) + _left))" "$_wall" "$_total" | put "$RD/deadline"
		echo "$_left"
		return 0
	fi
	echo $((_up - $(uptime_seconds)))
}

# decide WHAT: prints what has been decided; the first one to ask decides.
decide() {
	# A link appears whole or not at all: nobody ever reads a decision that is still being written. Where the timer was armed both are there to be linked,
	# so that a full disk does not keep anybody from deciding.
	[ -s "$RD/decision.$1" ] || printf '%s\n' "$1" | put "$RD/decision.$1"
	ln "$RD/decision.$1" "$RD/decision" 2>/dev/null || :
	flush "$RD/decision" "$RD"
	cat "$RD/decision"
}
decided() { cat "$RD/decision" 2>/dev/null || echo open; }

# cmd_decide RUN: the source asks, by its own leased key, whether it may take service back.
cmd_decide() {
	use_run "$1"
	[ -d "$RD" ] || { echo unknown; return 0; }
	decide revert
}

# timer_units: a guard before the network and the mail services, and the timer itself.
timer_install() { # UNITS
	systemd || die "the timer needs systemd on this host"
	put "$UNIT_DIR/terraform-provider-mail-guard.service" <<-END
		[Unit]
		Description=Keeps mail clients out while a mail move waits for its commit
		DefaultDependencies=no
		RequiresMountsFor=$J
		Wants=network-pre.target
		After=local-fs.target
		Before=network-pre.target $(for _u in $1; do case $_u in *.service | *.timer | *.socket | *.path) printf '%s ' "$_u" ;; *) printf '%s.service ' "$_u" ;; esac; done)

		[Service]
		Type=oneshot
		RemainAfterExit=yes
		ExecStart=/bin/sh $SELF guard $RUN

		[Install]
		WantedBy=sysinit.target
	END
	put "$UNIT_DIR/terraform-provider-mail-timer.service" <<-END
		[Unit]
		Description=Takes a mail move back unless it is committed in time
		After=terraform-provider-mail-guard.service network.target

		[Service]
		ExecStart=/bin/sh $SELF timer $RUN
		Restart=on-failure
		RestartSec=1
		KillMode=process

		[Install]
		WantedBy=multi-user.target
	END
	chmod 644 "$UNIT_DIR/terraform-provider-mail-guard.service" "$UNIT_DIR/terraform-provider-mail-timer.service"
	for _u in guard timer; do
		ln -sf "$UNIT_DIR/terraform-provider-mail-$_u.service" "$UNIT_DIR/$(timer_wants $_u).wants/terraform-provider-mail-$_u.service" 2>/dev/null || {
			mkdir -p "$UNIT_DIR/$(timer_wants $_u).wants"
			chmod 755 "$UNIT_DIR/$(timer_wants $_u).wants"
			ln -sf "$UNIT_DIR/terraform-provider-mail-$_u.service" "$UNIT_DIR/$(timer_wants $_u).wants/terraform-provider-mail-$_u.service"
		}
	done
	flush "$UNIT_DIR" "$UNIT_DIR"/*.wants
	systemctl daemon-reload
	systemctl start terraform-provider-mail-timer.service
}
timer_wants() { if [ "$1" = guard ]; then echo sysinit.target; else echo multi-user.target; fi; }
# timer_other: prints the run of another cutover whose timer waits on this host; there is one unit for all.
timer_other() {
	_other=$(sed -n 's/^ExecStart=.* timer \([^ ]*\)$/\1/p' "$UNIT_DIR/terraform-provider-mail-timer.service" 2>/dev/null)
	[ -n "$_other" ] && [ "$_other" != "$RUN" ] && [ "$(cat "$J/runs/$_other/timer" 2>/dev/null || echo "done")" != "done" ] && printf '%s\n' "$_other"
}
timer_installed() { [ -e "$UNIT_DIR/multi-user.target.wants/terraform-provider-mail-timer.service" ]; }
timer_remove() {
	rm -f "$UNIT_DIR"/sysinit.target.wants/terraform-provider-mail-guard.service "$UNIT_DIR"/multi-user.target.wants/terraform-provider-mail-timer.service \
		"$UNIT_DIR"/terraform-provider-mail-guard.service "$UNIT_DIR"/terraform-provider-mail-timer.service
	flush "$UNIT_DIR"
}

# cmd_guard RUN: at boot, before the network and the mail services.
cmd_guard() {
	use_run "$1"
	EPOCH=$(epoch_now)
	journal_mend
	[ "$(timer_mode)" != "done" ] || return 0
	journal guard "" || :
	[ "$(decided)" = commit ] || [ ! -e "$RD/fence" ] || fence_load "$RD/fence"
}

# cmd_timer RUN: waits for the deadline or the end of the timer.
cmd_timer() {
	use_run "$1"
	EPOCH=$(epoch_now)
	if [ "$(timer_mode)" != "done" ] && [ "$(decided)" = commit ] && [ "$(cut -d' ' -f1 "$RD/deadline")" != "$(boot_id)" ]; then
		# The power went in the middle of the commit: it is brought to its end, however long the network takes to come up.
		until sh "$SELF" finish "$RUN"; do sleep 5; done
		return 0
	fi
	while :; do
		case $(timer_mode) in "done") return 0 ;; esac
		_left=$(deadline_left) || return 1
		if [ "$_left" -le 0 ]; then
			timer_act && return 0
			sleep 5
			continue
		fi
		if [ "$_left" -le 2 ]; then pause; else sleep 1; fi
	done
}

timer_act() {
	case $(timer_mode) in
	revert) timer_revert ;;
	ask)
		_answer=commit
		if [ "$(decided)" != commit ]; then
			_answer=$(timer_ask)
			journal asked "" ",\"answer\":\"$_answer\"" || :
		fi
		case $_answer in
		revert | unknown) timer_revert ;;
		commit) # What the commit leaves to be done here is done: nobody else may come for it.
			decide commit >/dev/null
			sh "$SELF" finish "$RUN"
			;;
		*) return 1 ;; # safety before service: nobody knows whether the target serves
		esac
		;;
	*) return 0 ;;
	esac
}
# timer_ask: prints what the target says; it may be found at another address than before.
timer_ask() {
	while IFS= read -r _at; do
		! _said=$(ssh -F none -T -i "$RD/ask.key" -o BatchMode=yes -o IdentitiesOnly=yes -o StrictHostKeyChecking=yes -o UserKnownHostsFile="$RD/ask.known" \
			-o HostKeyAlias=target -o HostName="$_at" -o Port="$(cat "$RD/ask.port")" -o User="$(cat "$RD/ask.user")" -o ConnectTimeout=5 -o LogLevel=ERROR target decide </dev/null 2>/dev/null) || {
			printf '%s\n' "$_said"
			return 0
		}
	done <"$RD/ask.address"
	echo silent
}

# timer_revert: raises the epoch, so that no controller goes on; then everything of the run is taken back.
timer_revert() {
	case $(decide revert) in
	commit) # The commit came first: it is brought to its end.
		sh "$SELF" finish "$RUN"
		return $?
		;;
	esac
	EPOCH=$(($(epoch_now) + 1))
	# On a full disk the old epoch has to do: the decision keeps its controller from committing.
	printf '%s\n' "$EPOCH" | put "$J/epoch" || EPOCH=$(epoch_now)
	journal reverting "" || :
	IN_TIMER=1
	export IN_TIMER
	_rc=0
	sh "$SELF" revert "$RUN" "$EPOCH" >>"$RD/revert.log" 2>&1 || _rc=$?
	journal reverted "" ",\"rc\":$_rc" || :
	timer_set "done"
	printf '%s\n' "$_rc" | put "$RD/reverted"
	rm -rf "$J/lock" # its holder's epoch is over; whoever comes next need not wait for it to grow stale
	timer_remove
}

# timer_was_first: the host's own timer has taken this run back, whole; one that is about it is waited for.
timer_was_first() {
	grep -q '"event":"reverting"' "$RD/journal" 2>/dev/null || return 1
	await 300 test -e "$RD/reverted" && [ "$(cat "$RD/reverted")" = 0 ]
}

# cmd_hasten RUN: where addresses have been exchanged, the host's own timer takes the run back now: neither host could be stayed with meanwhile, and each needs
# that the other one does it, too. EXIT_RUNNING says that it is about it.
cmd_hasten() {
	use_run "$1"
	[ ! -e "$RD/reverted" ] && [ "$(timer_mode)" != "done" ] || return 0
	if ! grep -q '"event":"reverting"' "$RD/journal"; then
		journal_open_ops | grep -q '^exchange_address[.]' || return 0
		deadline_set 0
	fi
	return "$EXIT_RUNNING"
}

# cmd_finish RUN: a commit that was decided and interrupted (power cut, a controller that is gone) is brought to its end on this side: the address is there,
# the services run, the rest of the commit is made up for. The timer stands until all of it has been done; the source's question stays answerable until its
# key expires. Jobs are left to a controller.
cmd_finish() {
	use_run "$1"
	EPOCH=$(epoch_now)
	[ -e "$RD/ops" ] || return 0
	# shellcheck source=/dev/null
	. "$RD/ops"
	_missed=0 _disarm=
	FINISHING=1
	export FINISHING
	await 60 network_up || :
	for _id in $START $COMMIT; do
		case $_id in
		ask_timer.* | close_question.*) continue ;;
		disarm_timer.*)
			_disarm=$_id
			continue
			;;
		esac
		cmd_run "$RUN" "$EPOCH" "$_id" </dev/null || _missed=1
	done
	[ "$_missed" = 0 ] || return 1
	[ -z "$_disarm" ] || cmd_run "$RUN" "$EPOCH" "$_disarm" </dev/null || return 1
	disarm_timer_do
}
network_up() { [ -n "$(ip -o addr show scope global)" ]; }
