// Package agents holds the native resource agents to the original ones: the same commands are run
// on two hosts of a lab, one with resource-agents 4.12 as Debian packages it, one with what this
// project installs.
//
//	testdata/commands.txt        host "original"            host "ours"
//	$ ./Delay 1 stop       --->  stdout, exit code,   ==?   stdout, exit code,
//	                             reasons, log lines,        reasons, log lines,
//	                             addresses, routes,         addresses, routes,
//	                             mounts, rules, files       mounts, rules, files
//
// A line "! reason" before a command says that ours does something else, and why; a command that
// has one and does the same is a failure too, so that the list is the list of differences.
package agents
