// Package resourced holds the entry points of /etc/ha.d/resource.d as they are shipped. The
// daemon compares the installed files with them: one that is byte-identical runs in-process,
// any other is executed, so that an edited or foreign script always wins.
package resourced

import "embed"

// Files are the shipped entry points by name.
//
//go:embed AudibleAlarm Delay Filesystem ICP IPaddr IPaddr2 IPsrcaddr IPv6addr LVM LVSSyncDaemonSwap LinuxSCSI MailTo OCF Raid1 SendArp ServeRAID WAS WinPopup Xinetd
//go:embed apache db2 ids ipvs-sync portblock
var Files embed.FS

// Names lists the entry points, sorted.
func Names() []string {
	entries, err := Files.ReadDir(".")
	if err != nil {
		return nil // cannot happen: the files are part of the program
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

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
