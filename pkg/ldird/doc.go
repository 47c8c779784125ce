// Package ldird is the ldirectord program: its command line, its daemon, and the wires between
// the pure machine of package director and the world.
//
//	command ─▶ options ─▶ CONFIG look-up ─▶ parse ─▶ start│stop│restart│reload│status
//	                                                  │
//	                                 spawns itself, waits for the daemon's word
//	                                                  ▼
//	  signals ─┐                              ┌─▶ kernel worker    ReadTable, Apply
//	  file     ├─▶ events ─▶ Machine.Step ────┼─▶ check goroutines StartCheck
//	  results ─┘                              ├─▶ writer           Log, Monitor
//	                                          └─▶ mailer, shells   Mail, commands
//
// One goroutine owns the machine and never blocks: everything that can runs in another one, and
// its outcome comes back as an event.
//
// The texts and exit codes are the original's (ldirectord spec 1). Unlike the original, start
// returns when the table is set up, stop when it is gone; stop works with a broken or missing
// file; no command removes the pid file of a living daemon.
//
//	$ ldirectord ldirectord.cf status
//	ldirectord for /etc/ha.d/ldirectord.cf is running with pid: 24
package ldird
