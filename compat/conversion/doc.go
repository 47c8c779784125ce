// Package conversion is what the importers of foreign configurations share: an account of every
// line that was read, the files that were made, and the way they get onto the disk.
//
//	keepalived.conf ─┐                ┌─▶ Tree    node1/etc/ha.d/ha.cf, …   all of it or nothing
//	ipvsadm -Sn ─────┴─▶ (importer) ──┤
//	                                  └─▶ Report  line  grade         directive: what became of it
//
// A report grades each directive: equal, approximated (and how), or lost (and why). An importer
// that meets a line which it cannot account for has a defect. A Director is an ldirectord.cf in
// the making; before it is handed out, the reader of the daemon has read it.
package conversion
