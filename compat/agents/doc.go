// Package agents holds the native resource agents to the original ones: the same commands are run
// on two hosts of a lab, one with resource-agents 4.12 as Debian packages it, one with what this
// project installs.
//
//	testdata/tables/Delay.txt    host "original"            host "ours"
//	$ ./Delay 1 stop       --->  stdout, exit code,   ==?   stdout, exit code,
//	                             reasons, log lines,        reasons, log lines,
//	                             addresses, links,          addresses, links,
//	                             routes, rules, mounts,     routes, rules, mounts,
//	                             files, frames sent         files, frames sent
//
// A line "! key: fields" before a call says in which fields of its transcript ours differs, and
// names the row of docs/differences.md that says why. All others must be equal; and fields that
// are to differ and do not are a failure too, so that the tables are the list of differences.
//
// Frames are what a host tells others of addresses: gratuitous ARP, unsolicited neighbour
// advertisements, and questions whether an address is taken. They are heard on the host's own
// cards. A frame of another kind is sent when a call is over; when it is heard, all are.
package agents
