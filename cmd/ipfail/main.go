// Command ipfail moves the resources to the node that reaches more ping nodes. The daemon keeps it
// running all its life, so it is a program of its own and not one more name of heartbeat: it needs a
// third of the memory.
package main

import (
	"os"

	"systole/pkg/ipfail/ipfaild"
)

func main() { os.Exit(ipfaild.Main(os.Args, os.Stdin, os.Stdout, os.Stderr, os.Environ())) }
