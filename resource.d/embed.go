// Package resourced holds the entry points of /etc/ha.d/resource.d as they are shipped. The
// daemon compares the installed files with them: one that is byte-identical runs in-process,
// any other is executed, so that an edited or foreign script always wins.
package resourced

import "embed"

// Files are the shipped entry points by name.
//
//go:embed IPaddr IPaddr2
var Files embed.FS

// Link is an entry point that is installed as a symbolic link: a program that understands
// "ARGS OPERATION" itself. It is always executed.
type Link struct {
	Name   string
	Target string
}

// Links returns the entry points that are links.
func Links() []Link {
	return []Link{
		{Name: "ldirectord", Target: "/usr/sbin/ldirectord"}, // a daemon of its own
	}
}
