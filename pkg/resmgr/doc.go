// Package resmgr starts and stops resource groups: the original's ResourceManager and the
// scripts around it (failover spec 3 to 5).
//
//	daemon --t=status st=dead----> harc status ------> mach_down NODE --+
//	       --t=ip-request-resp---> harc ip-request-resp ----------------+--> takegroup KEY
//	       --hb_takeover---------> harc hb_takeover --> hb_standby X    |      status, start: left to right
//	       --own groups----------> req_resource KEY                     |      a failure: givegroup, and
//	       --standby, shutdown-------------------------------------------+      30 s later hb_standby
//	                                                                    +--> givegroup KEY
//	                                                                           stop: right to left, retried
//
// In the original each of these is a shell process that writes its cluster messages into the
// FIFO. Here they are methods of Manager, called in-process by the daemon, and the messages are
// what they return; the shell scripts of rc.d run only when somebody has changed them. The
// functions named …Main are the same as commands, which write into the FIFO.
//
// Log lines, their order and exit codes are the original's. What differs (failover spec 19): a
// failed group is handed over by the type that holds it instead of always "foreign"; keys are
// compared literally; nobody blocks on a FIFO without a daemon.
//
// haresources is read afresh for every operation, so that an edit counts at once.
package resmgr
