// Package monitor decides, as mon(8) does, when to run which monitor and which alert (agents spec
// 7.3 to 7.5). It is a pure machine: time comes in with events, effects go out as actions.
//
//	watch realNode-1                       Config, of compat/mon
//	    service http
//	        interval 5s          ──▶  RunMonitor http.monitor 129.254.203.146
//	        monitor http.monitor              │
//	        period wd {Sun-Sat}               │ Finished{exit 1, output}
//	            alert lvs.alert …        ◀────┘
//	            upalert lvs.alert …  ──▶  Log failure for realNode-1 http …, RunAlert lvs.alert -s http …
//
// A service is untested, then ok or failing. A failing run calls the alerts of every period that
// holds, as often as alertevery, alertafter and numalerts let it; the first good run after it calls
// the upalerts, of those periods that have alerted. What the documentation leaves open was seen at
// mon 1.3.6: a change of the summary overrides alertevery, a success forgets it, also with strict;
// an alert that exit= keeps back does not count.
//
// Not here: traps, dependencies, the client port, and views. Package mond runs a Machine.
package monitor
