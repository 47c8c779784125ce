package serial

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// lock makes the lock file of a device as UUCP does: ten columns with the process number. A lock
// whose process is gone, or is this one in a former life, is taken over. Where there is no
// directory for locks nobody else looks for them either.
func lock(dir, device string) (unlock func(), err error) {
	path := filepath.Join(dir, "LCK.."+filepath.Base(device))
	for range 2 {
		err = makeLock(path)
		switch {
		case err == nil:
			return func() { os.Remove(path) }, nil
		case errors.Is(err, fs.ErrNotExist):
			return func() {}, nil
		case !errors.Is(err, fs.ErrExist):
			return nil, fmt.Errorf("lock file: %w", err)
		}
		if owner, held := holder(path); held {
			return nil, fmt.Errorf("locked by process %d (%s)", owner, path)
		}
		os.Remove(path)
	}
	return nil, fmt.Errorf("lock file: %w", err)
}

// makeLock never shows a lock without its number: another program would take it for a stale one.
func makeLock(path string) error {
	draft := fmt.Sprintf("%s.%d", path, os.Getpid())
	if err := os.WriteFile(draft, fmt.Appendf(nil, "%10d\n", os.Getpid()), 0o644); err != nil {
		return err
	}
	defer os.Remove(draft)
	return os.Link(draft, path)
}

// holder says which living process has a lock.
func holder(path string) (pid int, held bool) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, false
	}
	pid, err = strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || pid <= 0 || pid == os.Getpid() {
		return pid, false
	}
	return pid, !errors.Is(unix.Kill(pid, 0), unix.ESRCH)
}
