package agent

import (
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func mkfifo(path string) error { return unix.Mkfifo(path, 0o600) }

// kill ends a process that a script under test started.
func kill(t *testing.T, pid string) {
	t.Helper()
	n, err := strconv.Atoi(pid)
	if err != nil || n < 2 {
		t.Fatalf("pid %q", pid)
	}
	if err := unix.Kill(n, unix.SIGKILL); err != nil {
		t.Errorf("kill %d: %v", n, err)
	}
}

// awaitGone waits until a process has ended; a zombie has.
func awaitGone(t *testing.T, pid string) {
	t.Helper()
	await(t, "the end of process "+pid, func() bool {
		text, err := os.ReadFile("/proc/" + pid + "/stat")
		return err != nil || len(text) > 0 && zombie(string(text))
	})
}

func zombie(stat string) bool {
	for i := len(stat) - 1; i > 0; i-- {
		if stat[i] == ')' {
			return i+2 < len(stat) && stat[i+2] == 'Z'
		}
	}
	return false
}

// await waits for something that another process does.
func await(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !is(); runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("waited for %s in vain", what)
		}
	}
}
