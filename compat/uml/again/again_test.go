// Package again has one test, for what a package looks like whose tests run
// themselves again in User-Mode Linux.
package again

import (
	"os"
	"testing"

	"systole/compat/lab"
	"systole/compat/uml"
)

func TestMain(m *testing.M) {
	lab.Main()
	os.Exit(uml.Main(m))
}

func TestKernelHasIPVS(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	if !uml.HasIPVS() {
		t.Error("this kernel has no ip_vs")
	}
}
