#!/bin/sh
# Installs packages into a new overlay layer. It runs in mount and process
# namespaces of its own, so that no mount outlives it.
# usage: build_layer.sh BASE UPPER WORK MERGED APT_CONF PACKAGE...
set -eu
base=$1 upper=$2 work=$3 merged=$4 conf=$5
shift 5
mount -t overlay lab-layer -o "lowerdir=$base,upperdir=$upper,workdir=$work" "$merged"
mount -t proc proc "$merged/proc"
mount --bind /dev "$merged/dev"
cp "$conf" "$merged/etc/apt/apt.conf.d/99lab-build"
cp -L /etc/resolv.conf "$merged/etc/resolv.conf"
printf '#!/bin/sh\nexit 101\n' >"$merged/usr/sbin/policy-rc.d"
chmod 755 "$merged/usr/sbin/policy-rc.d"
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin
chroot "$merged" apt-get -q update
chroot "$merged" apt-get -q -y --no-install-recommends install "$@"
chroot "$merged" apt-get clean
rm -rf "$merged/usr/sbin/policy-rc.d" "$merged/etc/apt/apt.conf.d/99lab-build"
find "$merged/var/lib/apt/lists" -type f -delete
sync
