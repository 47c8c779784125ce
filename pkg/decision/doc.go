// Package decision is why something happened to the resources of a node: one Record for each
// occasion, with what was known, what was done, how long it took, and the log lines.
//
//	begin (cause) ──▶ Record open ──lines, jobs, commands──▶ at rest ──▶ Record done
//	     └──▶ file      │ a stronger cause gives it its name,             └──▶ file
//	                    │ with what it began with as Follows
//	                    └ any other is a step of it
//
// A Recorder is fed by the daemon with what the cluster machine is told and answers; it decides
// nothing and is never asked. A Record is written when it begins and again when it ends, so a
// machine that loses power in between still says what it was doing; what the next daemon has to know
// of the one before is its Life. Package ring keeps the last ones on disk; Text tells one in words,
// and Chart draws it.
package decision
