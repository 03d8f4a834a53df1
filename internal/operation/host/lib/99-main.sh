# shellcheck shell=sh
# tpm SUBCOMMAND ...: $0 is journal_dir/lib/<version>/tpm.
SELF=$0
J=${0%/lib/*}
_sub=${1:-status}
[ "$#" = 0 ] || shift
case $_sub in
lock | beat | unlock | prepare | run | wait | exec | undo | revert | retract | gate | decide | guard | timer | hasten | finish | moves | record | close | open | done | continue | break | release | facts | status | job | expire | rsync) "cmd_$_sub" "$@" ;;
*) die "unknown: $_sub" ;;
esac
