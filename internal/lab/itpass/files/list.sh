#!/bin/sh
# Makes the mailing list of the group, which mlmmj plays for ezmlm. It runs in the tree.
set -eu
list=/home/itpass/ml address=itpass-ml@itpass.scitec.kobe-u.ac.jp
mkdir -p $list/ml-ctrl
for folder in incoming queue queue/discarded archive text subconf unsubconf bounce control moderation subscribers.d digesters.d requeue nomailsubs.d; do mkdir $list/$folder; done
cp -r /usr/share/mlmmj/text.skel/en/. $list/text/
touch $list/index
printf '%s\n' $address >$list/control/listaddress
printf 'itpadmin@itpass.scitec.kobe-u.ac.jp\n' >$list/control/owner
printf '%s' - >$list/control/delimiter
printf '127.0.0.1\n' >$list/control/relayhost
printf '10027\n' >$list/control/smtpport
printf 'itp01@itpass.scitec.kobe-u.ac.jp\nfriend@outside.example\n' >$list/subscribers.d/i
# The one from before: mail that comes back is thrown away.
printf '|true\n' >$list/ml-ctrl/bouncer
printf '|/usr/local/bin/ezmlm/ezmlm-send %s\n' $list >/home/itpass/.qmail-ml
ln -s $list/ml-ctrl/bouncer /home/itpass/.qmail-ml-bounces-default
chown -hR itpass: /home/itpass
