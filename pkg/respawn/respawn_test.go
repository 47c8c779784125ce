package respawn

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"systole/pkg/halog"
)

// TestMain lets the test program stand for cl_respawn.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "cl_respawn" {
		os.Exit(Main(os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// program writes a script that notes each of its starts, and returns it and the notes' file.
func program(t *testing.T, then string) (path, notes string) {
	t.Helper()
	dir := t.TempDir()
	path, notes = dir+"/prog", dir+"/notes"
	if err := os.WriteFile(path, []byte("#!/bin/sh\necho $* >>"+notes+"\n"+then+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return path, notes
}

func starts(notes string) int {
	text, _ := os.ReadFile(notes)
	return strings.Count(string(text), "\n")
}

// The program is started again until it ends with the magic code.
func TestMagicCode(t *testing.T) {
	for _, c := range []struct{ option, last string }{{"", "100"}, {"-m3", "3"}} {
		path, notes := program(t, "[ $(wc -l <$1.notes 2>/dev/null || echo 0) -lt 3 ] && { echo >>$1.notes; exit $(($(wc -l <$1.notes) % 2)); }\nexit "+c.last)
		cmd := command{stdout: new(bytes.Buffer), stderr: new(bytes.Buffer), log: halog.NewDaemon(halog.DaemonConfig{}), pause: time.Millisecond, magic: magicCode}
		if wrong := cmd.parse(append(strings.Fields(c.option), path, path)); wrong != nil {
			t.Fatal(wrong)
		}
		if code := cmd.keep(); code != 0 || starts(notes) != 4 {
			t.Errorf("%q: exit code %d after %d starts", c.option, code, starts(notes))
		}
	}
}

// TERM ends the program and then cl_respawn; the pid file names it meanwhile and keeps a second
// one from starting.
func TestTerm(t *testing.T) {
	path, notes := program(t, "exec sleep 1000")
	pidfile := filepath.Join(t.TempDir(), "pid")
	self := filepath.Join(t.TempDir(), "cl_respawn")
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(exe, self); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "-p", pidfile, path, "-x", "word")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); starts(notes) == 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the program does not start")
		}
	}
	if text, err := os.ReadFile(pidfile); err != nil || string(text) != fmt.Sprintf("%10d\n", cmd.Process.Pid) {
		t.Errorf("pid file %q, %v", text, err)
	}
	second, err := exec.Command(self, "-p", pidfile, path).CombinedOutput()
	if err != nil || !strings.Contains(string(second), fmt.Sprintf("WARN: pidfile [%s] says we're already running as pid [%d]", pidfile, cmd.Process.Pid)) {
		t.Errorf("a second one: %v, %s", err, second)
	}
	if err := cmd.Process.Signal(unix.SIGHUP); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(unix.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("after TERM: %v", err)
	}
	if n := starts(notes); n != 1 {
		t.Errorf("%d starts", n)
	}
}
