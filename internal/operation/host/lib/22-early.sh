# shellcheck shell=sh
# An operation begins with these; they need nothing that follows, and sh takes as long to read all of it as a small operation takes.
case ${1:-} in run | wait) main "$@"; exit ;; esac
