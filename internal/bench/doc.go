// Package bench measures outages on the lab's hosts as a client sees them: the same migration by the procedure's own
// commands in a shell script, and by this project, in one run. Its benchmarks need root and the build tag "lab".
package bench
