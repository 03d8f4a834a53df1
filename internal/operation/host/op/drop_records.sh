# shellcheck shell=sh
# drop_records CUTOVER: what the records were is not wanted any more.
drop_records_probe() { [ ! -e "$(records_file "$1")" ]; }
drop_records_do() { rm -f "$(records_file "$1")"; }
drop_records_verify() { [ ! -e "$(records_file "$1")" ]; }
