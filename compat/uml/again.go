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
// they skip what needs root. before is done on this machine ahead of the boot (see
// Installed).
func Main(m interface{ Run() int }, before ...func(context.Context) error) int {
	if Inside() || os.Geteuid() != 0 || HasIPVS() {
		return m.Run()
	}
	ctx := context.Background()
	machine, self, err := again(ctx, before)
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

// Installed makes the layer of flavour Systole: there is no Go tool chain in
// User-Mode Linux.
func Installed(ctx context.Context) error {
	_, err := lab.EnsureInstalled(ctx)
	return err
}

// Elsewhere runs the calling test, which must not be a subtest, in User-Mode
// Linux if the kernel has no ip_vs, and says whether it did: then the caller has
// nothing more to do. before is done ahead of the boot, as by Main.
func Elsewhere(t lab.TB, before ...func(context.Context) error) bool {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	if Inside() || HasIPVS() {
		return false
	}
	machine, self, err := again(t.Context(), before)
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

// again prepares the machine to run this program in again, and returns it with the program's name.
func again(ctx context.Context, before []func(context.Context) error) (Machine, string, error) {
	for _, prepare := range before {
		if err := prepare(ctx); err != nil {
			return Machine{}, "", err
		}
	}
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
