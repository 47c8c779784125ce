// Package explain holds "systole explain" and "systole timeline" to real failovers. For each thing
// that moves resources a pair of hosts is made, with two paths and a gateway between them,
//
//	node1 ──eth0── lan ──eth0── node2      lan: the gateway, a ping node, and the group's address
//	      ──eth1─ cross ──eth1──
//
// the thing is done for real (a stop, a kill, a power cut, a cut wire, a deaf port, a command, a
// stopped process, a resource that does not start), and both nodes are asked why: each must name the
// cause, what it knew of the other by each path, what the other held, the commands that it ran and
// how long they took, and the lines of its log. The records must survive restarts of the daemon,
// spoilt files and a full disk.
package explain
