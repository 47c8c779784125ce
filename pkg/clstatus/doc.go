// Package clstatus is the command cl_status: it asks the daemon of this node about nodes, links,
// clients, resources and parameters, for people and for monitoring scripts.
//
//	$ cl_status nodestatus beta          $ cl_status nodestatus -m beta
//	active                               The cluster node beta is active
//
// Only the first argument selects; options and parameters come after it. Everything but the text
// of the help is the original's, to the byte (tools spec 7): scripts compare lines, and the exit
// code tells the answer:
//
//	0 yes or done   1 a normal no: dead, offline, not set, not running   2 join   3 leave
//	11 wrong call   12 no answer within 5 seconds in all                  13 other failures
//
// It is a casual client of the API (package hbapi), so any user may run it who may reach the
// socket and belongs to the group that apiauth's entry anon names.
package clstatus
