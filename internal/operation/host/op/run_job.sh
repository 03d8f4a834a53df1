# shellcheck shell=sh
# run_job COMMAND: a declared command; quoted words for eval.
run_job_probe() { false; }
run_job_do() { product "$1" </dev/null >&2; }
run_job_verify() { :; }
