package proc

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// ErrRunning says that another daemon holds the pid file.
var ErrRunning = errors.New("already running")

// ReadPID reads a pid file; leading blanks are usual (tools spec 4.1).
func ReadPID(path string) (int, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	pid, err := strconv.Atoi(string(bytes.TrimSpace(text)))
	if err != nil || pid <= 0 {
		return 0, fmt.Errorf("%s: not a pid: %q", path, text)
	}
	return pid, nil
}

// Alive says whether a process exists, whoever owns it.
func Alive(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}

// Runs says whether a living process's command line contains word. A pid file whose process
// is something else is stale; the original believes any living process to be its daemon.
func Runs(pid int, word string) bool {
	if !Alive(pid) {
		return false
	}
	cmdline, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	return err == nil && strings.Contains(string(cmdline), word) && !zombie(pid)
}

func zombie(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return true
	}
	_, rest, ok := bytes.Cut(stat, []byte(") "))
	return ok && len(rest) > 0 && rest[0] == 'Z'
}

// TakePIDFile writes our pid, in heartbeat's form of ten columns, unless the file names a
// living process whose command line contains word: then it returns ErrRunning.
func TakePIDFile(path, word string) error {
	if pid, err := ReadPID(path); err == nil && pid != os.Getpid() && Runs(pid, word) {
		return fmt.Errorf("%s: pid %d: %w", path, pid, ErrRunning)
	}
	return WriteFile(path, fmt.Appendf(nil, "%10d\n", os.Getpid()), 0o644)
}

// RemovePIDFile removes the file if it still names this process.
func RemovePIDFile(path string) {
	if pid, err := ReadPID(path); err == nil && pid == os.Getpid() {
		os.Remove(path)
	}
}

// WriteFile replaces a file in one step that survives a power cut: the new text is on disk
// before the old name points to it.
func WriteFile(path string, text []byte, mode os.FileMode) error {
	tmp := fmt.Sprintf("%s.%d", path, os.Getpid())
	if err := writeSynced(tmp, text, mode); err != nil {
		os.Remove(tmp)
		return err
	}
	if err := os.Rename(tmp, path); err != nil {
		os.Remove(tmp)
		return err
	}
	return syncDir(filepath.Dir(path))
}

func writeSynced(path string, text []byte, mode os.FileMode) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
