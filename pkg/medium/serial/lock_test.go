package serial

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

func TestLock(t *testing.T) {
	for _, c := range []struct {
		name, before string
		held         bool
	}{
		{"free", "", false},
		{"of a living process", fmt.Sprintf("%10d\n", os.Getppid()), true},
		{"of a dead process", "   4194305\n", false}, // above pid_max
		{"of this process", fmt.Sprintf("%10d\n", os.Getpid()), false},
		{"rubbish", "rubbish\n", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "LCK..ttyS0")
			if c.before != "" {
				must(t, os.WriteFile(path, []byte(c.before), 0o644))
			}
			unlock, err := lock(dir, "/dev/ttyS0")
			if (err != nil) != c.held {
				t.Fatalf("%v", err)
			}
			if c.held {
				return
			}
			text, err := os.ReadFile(path)
			if want := fmt.Sprintf("%10d\n", os.Getpid()); err != nil || string(text) != want {
				t.Errorf("lock file %q, %v, want %q", text, err, want)
			}
			unlock()
			if left, _ := filepath.Glob(dir + "/*"); len(left) != 0 {
				t.Errorf("left over: %q", left)
			}
		})
	}
}

func TestNoDirectoryForLocks(t *testing.T) {
	unlock, err := lock(filepath.Join(t.TempDir(), "none"), "/dev/ttyS0")
	must(t, err)
	unlock()
}
