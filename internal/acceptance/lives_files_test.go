//go:build lab

package acceptance_test

// fileLives are those of single files and of accounts.
func fileLives() []life {
	return []life{fileLife()}
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
