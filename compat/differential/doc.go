// Package differential runs the real ldirectord and ours side by side: the same configuration, the
// same servers, the same events, each with an IPVS table of its own. They are compared after
// every event.
//
//	   servers  10.0.N.11 to .15, fallback .19: played by the test, each well, wrong, hanging or gone;
//	      |     fd00::N:11 to :19 are the same; .19 takes mail
//	------+--------------- 10.0.0.0/8, fd00::/64
//	  |              |
//	original        ours       scenario N is one file, /etc/ha.d/NAME.cf, with the virtuals 10.0.N.100 and up;
//	10.0.0.1        10.0.0.2   scenarios of one machine run at the same time, each with a daemon of its own on both hosts
//
// A step of a scenario is an event and the table that must come of it, on both. Then the whole logs
// must say the same of every server, virtual and daemon, in the same order for each; so must exit codes, monitor
// files, letters and what commands were told. What may differ is the table of allowances in allowance_test.go, each with
// its line of docs/differences.md.
//
// The tests need ip_vs and run in User-Mode Linux where the kernel has none: four machines at once, each
// with several scenarios at once. A process costs some 15 ms there, a command of the original 1 s and each of its
// changes of the table 0.2 s. Therefore a scenario has few servers, daemons are told by signals where
// the command itself is not the matter, and the tables are watched without processes.
package differential
