// Package source reads what package findings reviews: the files of a tree, and where they belong to
// this machine its addresses and settings. It asks a network only with Online.
//
//	/etc/ha.d/…, /etc/hosts ──▶ Open, Environment ──▶ findings.Review ──▶ systole check
//	                                                        └──▶ Advice ──▶ the daemons' logs
//
// A tree that lies in DIR/etc/ha.d is part of a system with the root DIR: its resource scripts and
// the settings of its sysctl.conf(5) are looked at too. /etc/ha.d itself is that of this machine.
package source
