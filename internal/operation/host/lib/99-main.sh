# shellcheck shell=sh
main "$@"
