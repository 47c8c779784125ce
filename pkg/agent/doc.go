// Package agent finds and runs resource agents: scripts of resource.d and init.d as the original
// runs them, and the agents built in.
//
//	haresources word     IPaddr2::121.254.175.70/32/eth0
//	look-up              /etc/ha.d/resource.d/IPaddr2, then /etc/init.d/IPaddr2
//	the file decides     byte-identical to ours: native, in this process
//	                     anything else: executed
//	call                 SCRIPT 121.254.175.70/32/eth0 start
//	answer               start, stop: exit code; status: what it prints (Held)
//
// A native agent writes the same log lines, keeps the same state files and returns the same
// codes as the shell agents of resource-agents 4.12, so that either can stop what the other
// started. It differs where agents spec 11.3 lists a defect. Its gratuitous ARP comes from a
// goroutine of the Runner instead of a background process, and goes on slowly for as long as
// the address is held.
//
// Executed scripts never get a pipe: one that leaves a daemon behind would keep it open, and
// whoever waits for its end waits for ever. The standard output of a status goes to a memory
// file, everything else to the debug log, as with the original (failover spec 3.2).
//
// The functions named …Main are the same agents as commands, for the shell entry points and for
// use by hand.
package agent
