// Package decision is why something happened to the resources of a node: one Record for each
// occasion, with what was known, what was done, how long it took, and the log lines.
//
//	begin (cause) ──▶ Record open ──lines, jobs──▶ at rest ──▶ Record done
//	     └──▶ file            (an occasion within an occasion is a step of it)  └──▶ file
//
// A Recorder is fed by the daemon with what the cluster machine is told and answers; it decides
// nothing and is never asked. A Record is written when it begins and again when it ends, so a
// machine that loses power in between still says what it was doing. Package ring keeps the last
// ones on disk; Text tells one in words.
package decision
