// Command ldirectord keeps the kernel's virtual server table in step with the health of the real
// servers, as ldirectord(8) does. See package systole/pkg/ldird.
package main

import (
	"os"

	"systole/pkg/ldird"
)

func main() { os.Exit(ldird.New(os.Args).Run()) }
