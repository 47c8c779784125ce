package uml

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"systole/compat/lab"
)

// Main runs a package's tests: here if the kernel has ip_vs, in User-Mode Linux
// if not. It returns the exit code. Ordinary users' tests always run here, as
// they skip what needs root. before is done on this machine ahead of the boot
// (lab.EnsureInstalled, say); there is no Go tool chain in there.
func Main(m interface{ Run() int }, before ...func(context.Context) error) int {
	if Inside() || os.Geteuid() != 0 || HasIPVS() {
		return m.Run()
	}
	ctx := context.Background()
	for _, prepare := range before {
		if err := prepare(ctx); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	machine, self, err := again()
	if err == nil {
		var code int
		machine.Output = os.Stdout
		if code, err = machine.Run(ctx, append([]string{self}, os.Args[1:]...)...); err == nil {
			return code
		}
	}
	fmt.Fprintln(os.Stderr, err)
	return 1
}

// Elsewhere runs the calling test, which must not be a subtest, in User-Mode
// Linux if the kernel has no ip_vs, and says whether it did: then the caller has
// nothing more to do.
func Elsewhere(t lab.TB) bool {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	if Inside() || HasIPVS() {
		return false
	}
	machine, self, err := again()
	if err != nil {
		t.Fatalf("%v", err)
	}
	var out bytes.Buffer
	machine.Output = &out
	argv := []string{self, "-test.run=^" + t.Name() + "$", "-test.v"}
	for _, a := range os.Args[1:] {
		if strings.HasPrefix(a, "-test.timeout=") {
			argv = append(argv, a)
		}
	}
	code, err := machine.Run(t.Context(), argv...)
	t.Logf("in User-Mode Linux:\n%s", out.Bytes())
	if err != nil || code != 0 {
		t.Fatalf("in User-Mode Linux: exit code %d, error %v", code, err)
	}
	return true
}

// again is the machine to run this program in again, and the program's name.
func again() (Machine, string, error) {
	self, err := os.Executable()
	if err != nil {
		return Machine{}, "", err
	}
	wd, err := os.Getwd()
	if err != nil {
		return Machine{}, "", err
	}
	return Machine{Dir: wd, Share: []string{filepath.Dir(self)}, Memory: 1024, Limit: 20 * time.Minute}, self, nil
}
