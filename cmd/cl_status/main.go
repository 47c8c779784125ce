// Command cl_status asks the daemon of this node how the cluster is. It is a program of its own
// and not one more name of heartbeat: it is installed with the group haclient's rights, so that
// every user may run it, and nothing else should have them.
package main

import (
	"os"

	"systole/pkg/clstatus"
)

func main() { os.Exit(clstatus.Main(os.Args, os.Stdin, os.Stdout, os.Stderr, os.Environ())) }
