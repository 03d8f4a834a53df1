#!/bin/sh
# Prepares a host of the procedure before its first boot. It runs in the tree.
# usage: prepare.sh old|new USERS
set -eu
role=$1 users=$2
domain=scitec.kobe-u.ac.jp
chmod 755 /etc/init.d/qmail /etc/init.d/tcpserver /etc/init.d/bind /usr/local/bin/* /usr/local/qpopper/popper /usr/local/lib/itpass/* /var/qmail/bin/*

# Accounts: those of both, and those of one.
groupadd --system pop
useradd --system --gid pop --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin pop
person() { # person NAME UID
	useradd --create-home --uid "$2" --shell /bin/sh --password "\$6\$of.$role\$$1" "$1"
	printf './Mailbox\n' >"/home/$1/.qmail"
	: >"/home/$1/Mailbox"
	chmod 600 "/home/$1/Mailbox"
	chown "$1:$1" "/home/$1/.qmail" "/home/$1/Mailbox"
}
person itpass 1000
person itpadmin 1001
person gate 1500
install -d -o www-data -g www-data /home/gate/accounts
printf 'seen on %s' "$role" >/home/gate/accounts/known
chown www-data: /home/gate/accounts/known
install -d -o www-data -g www-data /home/wiki /home/wiki/pages
printf 'quota of %s\n' "$role" >/home/aquota.user
if [ "$role" = old ]; then
	i=1
	while [ "$i" -le "$users" ]; do
		name=$(printf 'itp%02d' "$i")
		person "$name" $((2000 + i))
		printf '%s:pw-%s\n' "$name" "$name" >>/usr/local/qpopper/pop.auth
		printf '%s\n' "$i 4 * * * true # nightly, of $name" >"/var/spool/cron/crontabs/$name"
		chown "$name:crontab" "/var/spool/cron/crontabs/$name"
		chmod 600 "/var/spool/cron/crontabs/$name"
		i=$((i + 1))
	done
	printf 'The wiki of years.\n' >/home/wiki/pages/FrontPage
	chown www-data: /home/wiki/pages/FrontPage
	mkdir /home/scratch
	printf 'tmpfs /home/scratch tmpfs size=1m 0 0\n' >>/etc/fstab
	sh /usr/local/lib/itpass-list
else
	person newown 3001
	printf 'newown:pw-newown\n' >/usr/local/qpopper/pop.auth
	printf '7 4 * * * true # nightly, of newown\n' >/var/spool/cron/crontabs/newown
	chown newown:crontab /var/spool/cron/crontabs/newown
	chmod 600 /var/spool/cron/crontabs/newown
	for n in 1 2; do
		person "chikuwa$n" $((4000 + n))
		printf 'chikuwa%s ALL=(ALL) NOPASSWD: ALL\n' "$n" >>/etc/sudoers
	done
	# As the procedure finds it.
	sed -i 's/^#PermitRootLogin .*/PermitRootLogin no\nPermitRootLogin forced-commands-only/' /etc/ssh/sshd_config
fi
rm -f /usr/local/lib/itpass-list
chown pop:mail /usr/local/qpopper/pop.auth
chmod 640 /usr/local/qpopper/pop.auth

# Nobody is let in as root from outside to move the service: a user is, and sudo makes him root.
useradd --system --create-home --home-dir /var/lib/mover --shell /bin/sh mover
install -d -m 700 -o mover -g mover /var/lib/mover/.ssh
install -m 600 -o mover -g mover /root/.ssh/authorized_keys /var/lib/mover/.ssh/authorized_keys
printf 'mover ALL=(ALL) NOPASSWD: ALL\n' >/etc/sudoers.d/mover
chmod 440 /etc/sudoers.d/mover

# qmail, which Postfix plays.
postconf -F '*/*/chroot=n'
postconf -MX smtp/inet
postconf -M '127.0.0.1:10025/inet=127.0.0.1:10025 inet n - n - - smtpd -o smtpd_upstream_proxy_protocol=haproxy'
postconf -M '127.0.0.1:10027/inet=127.0.0.1:10027 inet n - n - - smtpd'
# POP3 under inetd.
printf 'pop3 stream tcp nowait root /usr/local/qpopper/popper popper -s\n' >/etc/inetd.conf
# The web.
openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj "/CN=itpass.$domain" -addext "subjectAltName=DNS:itpass.$domain" \
	-keyout /etc/ssl/itpass.key -out /etc/ssl/itpass.pem 2>/dev/null
cat /etc/ssl/itpass.key >>/etc/ssl/itpass.pem
chmod 600 /etc/ssl/itpass.key /etc/ssl/itpass.pem
rm -f /etc/apache2/sites-enabled/*
a2enmod -q cgid ssl
a2ensite -q itpass
printf 'itpass, on the web\n' >/var/www/html/index.html
# BIND keeps its secondary zone in namedb, too.
chown -R bind:bind /usr/local/bind/etc/namedb

# The network by ifupdown; what serves is started by init scripts.
rm -f /etc/systemd/network/eth0.network
systemctl -q disable systemd-networkd named dovecot apache2 inetd openbsd-inetd 2>/dev/null || :
systemctl -q enable networking cron
if [ "$role" = old ]; then
	systemctl -q enable apache2
	for service in qmail tcpserver openbsd-inetd; do update-rc.d "$service" defaults && update-rc.d "$service" enable; done
	systemctl -q enable inetd 2>/dev/null || :
else
	for service in qmail tcpserver; do update-rc.d "$service" defaults && update-rc.d "$service" disable; done
	update-rc.d bind defaults && update-rc.d bind enable
fi >/dev/null 2>&1
