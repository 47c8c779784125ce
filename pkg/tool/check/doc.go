// Package check is the verb "systole check": it reads the configuration of one node or of both,
// offline and without privileges, and says what will go wrong.
//
//	/etc/ha.d/haresources:1: error HA-401: the owner of ldirectord::ldirectord.cf is … here and … in …
//	    original: the group belongs to both: both start it and both hold the address …
//	    instead:  write on both nodes: lvsactive.gunnm.xyz ldirectord::ldirectord.cf …
//
// What is found and what it means is in package findings, the files are read by findings/source; this
// package has the options and prints.
package check
