//go:build lab

package acceptance_test

// fileLives are those of single files and of accounts.
func fileLives() []life {
	return []life{fileLife(), accountsLife()}
}

// fileLife edits a file that is reached by a link, and that a service reads: sshd takes the change, and refuses a bad one.
func fileLife() life {
	body := "  host = mail_host.new.id\n  path = \"/etc/ssh/sshd_config.d/odd.conf\"\n  owner = \"root:mail\"\n  mode = \"0640\"\n  reload = \"ssh\"\n"
	return life{
		kind: "mail_file", name: "odd",
		beforeNew: `mkdir -p /srv/odd; printf '# own\nMaxAuthTries 5' >/srv/odd/real; chmod 600 /srv/odd/real; ln -s /srv/odd/real /etc/ssh/sshd_config.d/odd.conf
touch -d @1000000000 /srv/odd/real`,
		hcl: body + "  lines = [\"MaxAuthTries 5\", \"Banner none\"]\n", id: "NEW,/etc/ssh/sshd_config.d/odd.conf",
		effect:   "readlink /etc/ssh/sshd_config.d/odd.conf; stat -c '%a %U:%G' /srv/odd/real; cat /srv/odd/real; ls -A /srv/odd; sshd -T | grep -i -e '^banner' -e '^maxauthtries'",
		wants:    "/srv/odd/real\n640 root:mail\n# own\nMaxAuthTries 5\nBanner none\nreal\nmaxauthtries 5\nbanner none\n",
		gone:     "sed -i '/^Banner/d' /srv/odd/real; chmod 644 /srv/odd/real; chgrp root /srv/odd/real",
		update:   body + "  replace = [{ from = \"MaxAuthTries 5\", to = \"MaxAuthTries 4\" }, { from = \"# own\", to = \"# ours\" }]\n",
		sabotage: "mkdir -p /run/systemd/system/ssh.service.d; printf '[Service]\\nExecReload=\\nExecReload=/bin/false\\n' >/run/systemd/system/ssh.service.d/fails.conf; systemctl daemon-reload",
		repair:   "rm -r /run/systemd/system/ssh.service.d; systemctl daemon-reload",
		fails:    []string{"edit_file", "ssh did not take the change", "is as it was before"},
		updated:  "/srv/odd/real\n640 root:mail\n# ours\nMaxAuthTries 4\nreal\nmaxauthtries 4\nbanner none\n",
	}
}

// accountsLife brings people over, with groups of their own and of the system, and odd passwords; whom the target has stays as he is.
func accountsLife() life {
	const people = `for u in odd-ana odd-bo odd-gate; do useradd -M -u "$((40001 + ${n:=0}))" -d /home/$u -c 'Odd, 1 "x"' -s /bin/bash $u; n=$((n + 1)); done
groupadd -g 40050 odd-list; usermod -aG odd-list,mail odd-bo; printf '%s\n' 'odd-ana:$6$a.b/c$'"'"'"$HOME' 'odd-bo:!locked' | chpasswd -e; chage -M 90 odd-bo
`
	body := pair + "  exclude = [\"odd-g*\"]\n  on_destroy = \"restore\"\n"
	shows := "grep -h -e ^odd- -e ^own: -e '^mail:' /etc/passwd /etc/group /etc/shadow /etc/gshadow | grep -v odd-gate | sort; ls /etc/*.lock /etc/*.edit 2>/dev/null || true"
	// Nothing of a password is anywhere but in shadow.
	shows += "; grep -rl -F 'a.b/c' /var/lib/terraform-provider-mail /var/log /tmp || true"
	return life{
		kind: "mail_accounts", name: "odd",
		before: people, beforeNew: "useradd -M -u 40100 own; printf '%s\n' 'own:own-hash' | chpasswd -e",
		hcl: body + "  uid_range = { from = 40000, to = 40999 }\n", id: "OLD,NEW,40000-40999",
		effect: shows, origin: "useradd -M -u 40100 own; printf '%s\n' 'own:own-hash' | chpasswd -e; " + shows + "; userdel own",
		gone:    "userdel odd-ana; usermod -s /bin/false odd-bo; gpasswd -d odd-bo odd-list",
		update:  body + "  uid_range = { from = 40000, to = 40999 }\n  transport = \"relay\"\n",
		prepare: "usermod -s /bin/sh odd-ana; useradd -M -u 40007 odd-cy; printf '%s\n' 'odd-cy:cy-hash' | chpasswd -e",
		// Somebody else edits the file, and does not end.
		sabotage: "setsid sleep 300 >/dev/null 2>&1 </dev/null & echo $! >/etc/passwd.lock", repair: "kill $(cat /etc/passwd.lock); rm /etc/passwd.lock",
		fails: []string{"copy_accounts", "/etc/passwd cannot be changed", "locked"},
	}
}
