// Package ipvstest runs the tests of package systole/pkg/ipvs/kernel where they mean something: in
// a kernel that has ip_vs, beside the real ipvsadm.
package ipvstest

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"systole/compat/lab"
	"systole/compat/uml"
)

func TestMain(m *testing.M) {
	lab.Main()
	os.Exit(m.Run())
}

// TestKernel builds the test program here and runs it in User-Mode Linux: none of its tests may
// fail, nor be skipped.
func TestKernel(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	build, err := lab.BuildDir()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := filepath.Abs("../../pkg/ipvs/kernel")
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(build, "kernel.test")
	compile := exec.Command("go", "test", "-c", "-o", program, ".")
	compile.Dir, compile.Env = dir, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := compile.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var out bytes.Buffer
	code, err := uml.Machine{Dir: dir, Output: &out}.Run(t.Context(), program, "-test.v")
	if err != nil || code != 0 || strings.Contains(out.String(), "--- SKIP") || !strings.Contains(out.String(), "\nPASS") {
		t.Fatalf("exit %d, %v\n%s", code, err, out.String())
	}
}
