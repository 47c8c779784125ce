package agent

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// A process that has ended before its pid is written has removed its file: none comes back.
func TestPidOfEndedProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rsctmp", "send_arp-"+theVIP)
	f, err := openPid(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := writePid(path, os.Getpid()); err != nil {
		t.Fatal(err)
	}
	dropPid(path)
	if err := closePid(f, os.Getpid()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("pid file left: %v", err)
	}
}

// The pid of a process that runs replaces an older, longer one, and only its process removes it.
func TestPidOfRunningProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "send_arp-"+theVIP)
	if err := writePid(path, 1234567); err != nil {
		t.Fatal(err)
	}
	f, err := openPid(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := closePid(f, 42); err != nil {
		t.Fatal(err)
	}
	if pid, ok := readPid(path); !ok || pid != 42 {
		t.Errorf("pid %d %v", pid, ok)
	}
	dropPid(path)
	if pid, ok := readPid(path); !ok || pid != 42 {
		t.Errorf("somebody else's pid file is gone: %d %v", pid, ok)
	}
}
