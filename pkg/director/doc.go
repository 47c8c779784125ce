// Package director decides which real servers are in the kernel's virtual server table.
//
// It is a pure machine: Step takes an event and the time it happened and returns what to do,
// Next says when it wants a Tick. There is no goroutine, clock, socket or file in it, and equal
// events give equal actions.
//
//	Configured ─▶ ReadTable ─▶ TableRead ─▶ Apply ─▶ Applied ─┐
//	                 ▲                                        │ after an error, every 30 s,
//	                 └────────────────────────────────────────┘ at a reload and at a stop
//
//	StartCheck ─▶ CheckResult ─▶ up/down of each (virtual, real) ─▶ wanted table ─▶ Apply
//
// The wanted table is a value made from the state of the reals; ipvs.Plan of the kernel's table
// and the wanted one is the only way to a change. So a failed command is retried, an entry
// removed by hand comes back, and a reload touches only what differs (the original runs a
// command per transition, believes it worked and never looks again; ldirectord spec 5).
//
// A real is down until its first check succeeds, unless the kernel already gives it weight: a
// table left by a crash stays in service until a check says otherwise (ldirectord spec 7).
// Equal identity strings share one check, but each virtual counts failures for itself.
//
// Directives of our own, all off by default, put conditions between a check and the table: several
// successes in a row to come back (comeback.go), a hold after too many falls, a weight that grows
// (slowstart.go), all servers while too few are up (panic.go), an answer for the virtual's own
// address (path.go).
//
// The first moments of a healthy server, as a trace:
//
//	> start
//	table read
//	> table
//	check start negotiate:http:tcp:10.1.0.11:80:::10:gate:\/gunnm\.lvs:gunnm (negotiate, 10s)
//	table apply -A -t 10.1.0.70:80 -s wlc -p 3600
//	> applied
//	log Added virtual server: 10.1.0.70:80
//	> up 10.1.0.11:80 200 OK
//	table apply -a -t 10.1.0.70:80 -r 10.1.0.11:80 -g -w 10
//	> applied
//	log Added real server: 10.1.0.11:80 (10.1.0.70:80) (Weight set to 10)
package director
