package mon

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"systole/pkg/loopback"
	"systole/pkg/proc"
	"systole/pkg/tool"
	"systole/pkg/tool/tooltest"
)

// asCommand in the environment makes the test program the command, so that it can go into the
// background and be a process of its own.
const asCommand = "SYSTOLE_TEST_MON"

const patience = 20 * time.Second

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) == "" {
		os.Exit(m.Run())
	}
	args := os.Args[1:]
	if filepath.Base(os.Args[0]) == "mon" {
		args = append([]string{"mon"}, args...)
	}
	os.Exit(command().Run(args, tool.Streams{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr}))
}

func command() tool.Command {
	return tool.Command{Name: "systole", Verbs: []tool.Verb{Verb(), MonitorVerb()}}
}

func run(args ...string) (out, errs string, code int) { return tooltest.Call(command(), "", args...) }

func write(t *testing.T, path, text string, mode os.FileMode) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	return path
}

const good = "watch 127.0.0.1\n service s\n interval 1s\n monitor tcp.monitor\n period\n alert x.alert –a\n"

func TestCheck(t *testing.T) {
	dir := t.TempDir()
	file := write(t, filepath.Join(dir, "mon.cf"), "histlength = 5\n"+good, 0o644)
	_, errs, code := run("mon", "--check", "-c", file)
	if code != exitDone || strings.Count(errs, "\n") != 3 || !strings.Contains(errs, file+":7: warning: \"–a\" begins with an en dash") || !strings.Contains(errs, "histlength has no effect") {
		t.Errorf("exit code %d\n%s", code, errs)
	}
	blank := write(t, filepath.Join(dir, "blank.cf"), strings.ReplaceAll(good, "\n ", "\n\n "), 0o644)
	if _, errs, _ := run("mon", "--check", "-c", blank); !strings.Contains(errs, "ignored, as a blank line has ended the record") {
		t.Errorf("%s", errs)
	}
	if _, errs, code := run("mon", "--check", "--lenient", "-c", blank); strings.Contains(errs, "ignored") || code != exitDone {
		t.Errorf("lenient: exit code %d\n%s", code, errs)
	}
	refused := write(t, filepath.Join(dir, "refused.cf"), "frob = 1\n", 0o644)
	for _, c := range []struct {
		args string
		code int
	}{
		{"mon -c " + refused, exitRefused},
		{"mon -f -c " + refused, exitRefused},
		{"mon -c " + dir + "/none", exitFailed},
		{"mon -c " + dir + "/mon.m4", exitRefused},
		{"mon -r soon -c " + file, exitFailed},
		{"mon -c " + file + " more", tool.Usage},
		{"mon --frob", tool.Usage},
		{"monitor", tool.Usage},
		{"monitor no.monitor", tool.Usage},
	} {
		if _, errs, code := run(strings.Fields(c.args)...); code != c.code || errs == "" {
			t.Errorf("%s: exit code %d, want %d; %q", c.args, code, c.code, errs)
		}
	}
	if out, _, code := run("mon", "-v"); code != exitDone || out == "" {
		t.Errorf("-v: exit code %d, %q", code, out)
	}
}

// Options of a monitor are the monitor's.
func TestMonitor(t *testing.T) {
	l := loopback.Listen(t)
	port := fmt.Sprint(loopback.Addr(l).Port())
	if out, errs, code := run("monitor", "tcp.monitor", "-p", port, "127.0.0.1"); code != 0 || out+errs != "" {
		t.Errorf("exit code %d, %q, %q", code, out, errs)
	}
	if out, _, code := run("monitor", "http.monitor", "-t", "0.1", "-p", port, "127.0.0.1"); code != 1 || !strings.HasPrefix(out, "127.0.0.1\nHOST 127.0.0.1: timeout after 0.1 seconds") {
		t.Errorf("exit code %d, %q", code, out)
	}
}

// site is a directory where a real daemon runs.
type site struct {
	*testing.T
	dir, conf, pid string
}

func (s *site) mon(args ...string) (string, int) {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "/proc/self/exe", append([]string{"mon", "-c", s.conf, "-P", s.pid}, args...)...)
	cmd.Env = append(os.Environ(), asCommand+"=1")
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		s.Fatalf("mon %q does not return: %v", args, err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

func (s *site) await(what string, so func() bool) {
	s.Helper()
	for end := time.Now().Add(patience); !so(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			s.Fatalf("never: %s", what)
		}
	}
}

func (s *site) alerts(part string) func() bool {
	return func() bool {
		text, err := os.ReadFile(filepath.Join(s.dir, "alerts"))
		return err == nil && strings.Contains(string(text), part)
	}
}

// In the background: it returns when it runs, a second one fails and leaves it alone, HUP reads the
// file again, a file that is refused changes nothing, TERM ends it.
func TestDaemon(t *testing.T) {
	dir := t.TempDir()
	s := &site{T: t, dir: dir, conf: filepath.Join(dir, "mon.cf"), pid: filepath.Join(dir, "mon.pid")}
	write(t, filepath.Join(dir, "x.alert"), "#!/bin/sh\necho \"$*\" >>"+dir+"/alerts\n", 0o755)
	conf := fmt.Sprintf("alertdir = %s\nwatch 127.0.0.1\n service s\n interval 0.1s\n monitor no.monitor\n period\n startupalert x.alert first\n", dir)
	write(t, s.conf, conf, 0o644)
	out, code := s.mon("-f")
	pid, err := proc.ReadPID(s.pid)
	if code != exitDone || err != nil || pid == os.Getpid() {
		t.Fatalf("exit code %d, %v\n%s", code, err, out)
	}
	defer syscall.Kill(pid, syscall.SIGKILL)
	s.await("the first alert", s.alerts(" first\n"))
	if comm, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid)); err != nil || string(comm) != "mon\n" {
		t.Errorf("the process is called %q, %v", comm, err)
	}
	if out, code := s.mon("-f"); code != exitFailed || !strings.Contains(out, "already running") {
		t.Errorf("a second one: exit code %d\n%s", code, out)
	}
	write(t, s.conf, strings.Replace(conf, "first", "second", 1), 0o644)
	syscall.Kill(pid, syscall.SIGHUP)
	s.await("the second alert", s.alerts(" second\n"))
	write(t, s.conf, "frob = 1\n", 0o644)
	syscall.Kill(pid, syscall.SIGHUP)
	write(t, s.conf, strings.Replace(conf, "first", "third", 1), 0o644)
	syscall.Kill(pid, syscall.SIGHUP)
	s.await("the third alert", s.alerts(" third\n"))
	syscall.Kill(pid, syscall.SIGTERM)
	s.await("the end", func() bool { return !proc.Runs(pid, "mon") })
	if _, err := os.Stat(s.pid); !os.IsNotExist(err) {
		t.Errorf("the pid file is left: %v", err)
	}
}
