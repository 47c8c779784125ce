// Package entry holds what users' own scripts call in /etc/ha.d, as it is shipped: harc, the
// scripts of rc.d and the shell library shellfuncs (failover spec 5 and 6, agents spec 1.1).
//
// The daemon compares the installed files with these bytes. A message of type T means
// "/etc/ha.d/harc T", which sources shellfuncs and becomes rc.d/T:
//
//	message t=status st=dead src=b
//	      |
//	      v              all of Parts("status") as shipped?
//	harc status  --------------- yes ------------> the same in-process
//	      |
//	      no
//	      v
//	/bin/sh /etc/ha.d/harc status  ->  shellfuncs  ->  rc.d/status  ->  mach_down b
//
// So an edited file, or a file for a type of the administrator's own, always wins, and a usual
// cluster starts no shell. Run as scripts they do the same work: they call ResourceManager,
// mach_down and hb_standby in /usr/share/heartbeat, which are links to our program.
package entry

import (
	"bytes"
	"embed"
	"io/fs"
)

//go:embed harc shellfuncs README.config rc.d
var files embed.FS

// Files returns the shipped files by their path below /etc/ha.d, such as "harc" and
// "rc.d/status". The caller owns the map.
func Files() map[string][]byte {
	out := make(map[string][]byte)
	walk := func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			out[path], err = files.ReadFile(path)
		}
		return err
	}
	if err := fs.WalkDir(files, ".", walk); err != nil {
		return nil // cannot happen: the files are part of the program
	}
	return out
}

// RC returns the shipped scripts for messages by name, which is the type of the message.
func RC() fs.FS {
	rc, _ := fs.Sub(files, "rc.d") // cannot fail: rc.d is a valid path
	return rc
}

// Shipped says whether content is what we ship at that path below /etc/ha.d.
func Shipped(path string, content []byte) bool {
	want, err := files.ReadFile(path)
	return err == nil && bytes.Equal(want, content)
}

// Parts lists the files, by their path below /etc/ha.d, that decide what happens when a message
// of that type arrives. While all of them are Shipped the daemon need not run them.
func Parts(messageType string) []string {
	return []string{"harc", "shellfuncs", "rc.d/" + messageType}
}
