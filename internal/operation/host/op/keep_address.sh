# shellcheck shell=sh
# keep_address ADDRESS: the host gets the address at every boot.
keep_address_probe() { address_kept "$1"; }
keep_address_do() { address_keep "$1"; }
keep_address_verify() { address_kept "$1"; }
keep_address_undo() { address_unkeep "$1"; }
