// Package demo moves a live mail server to another host and back, on hosts of the
// lab and by the Terraform CLI, while a client sends and reads mail all the time
// and keeps its own account of every message. It tells what it does in short
// lines, and ends with that account.
package demo
