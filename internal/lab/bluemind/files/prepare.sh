#!/bin/sh
# Prepares a mail host's tree before its first boot. It runs in the tree.
# usage: prepare.sh HOST USERS DB_PASSWORD
set -eu
host=$1 users=$2 password=$3
usermod -aG mail postfix
usermod -aG sasl cyrus
i=1
while [ "$i" -le "$users" ]; do
	user=$(printf 'u%02d' "$i")
	printf 'pw-%s' "$user" | saslpasswd2 -p -c -u lab.test "$user"
	i=$((i + 1))
done
printf 'pw-cyrus' | saslpasswd2 -p -c -u lab.test cyrus
chown cyrus:sasl /etc/sasldb2
chmod 640 /etc/sasldb2
postconf -F 'lmtp/unix/chroot=n'
printf 'db.password=%s\n' "$password" >>/etc/bm/bm.ini
chmod 640 /etc/bm/bm.ini
# The product's user, and files that are not root's.
useradd --system --home-dir /var/lib/bm --shell /usr/sbin/nologin bm
chgrp bm /etc/bm/bm.ini
for tree in bm-hsm bm-elasticsearch bm-docs bm-filehosting; do
	install -d -o bm -g bm -m 750 "/var/spool/$tree"
done
openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj "/CN=mail.lab.test/O=$host" \
	-addext 'subjectAltName=DNS:mail.lab.test' -keyout /var/lib/bm-ca/private.key -out /etc/ssl/certs/bm_cert.pem 2>/dev/null
cp /etc/ssl/certs/bm_cert.pem /var/lib/bm-ca/cacert.pem
cat /var/lib/bm-ca/private.key >>/etc/ssl/certs/bm_cert.pem
chown -R bm:bm /var/lib/bm-ca
chmod 600 /var/lib/bm-ca/private.key
chmod 640 /etc/ssl/certs/bm_cert.pem
chgrp bm /etc/ssl/certs/bm_cert.pem
systemctl -q enable postgresql postfix cyrus-imapd bm-core
