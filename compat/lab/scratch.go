package lab

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// scratchName is the directory of all labs of this machine; each lab has in it
// a directory and beside it NAME.lock, locked as long as its program lives.
const scratchName = "systole-lab"

// upperMagics are the file systems that an overlay's upper directory may lie on.
var upperMagics = []int64{unix.TMPFS_MAGIC, unix.EXT4_SUPER_MAGIC, unix.XFS_SUPER_MAGIC, unix.BTRFS_SUPER_MAGIC, unix.F2FS_SUPER_MAGIC}

// newScratch makes a directory for a lab's disks and takes away what programs
// that died have left. The function it returns removes the directory.
func newScratch() (string, func(), error) {
	parent, err := scratchParent()
	if err != nil {
		return "", nil, err
	}
	sweep(parent)
	for {
		dir, release, err := claim(parent)
		if errors.Is(err, errSwept) {
			continue
		}
		return dir, release, err
	}
}

// scratchParent finds a place that an overlay can have its upper directory on:
// not an overlay (a container's own root) and not User-Mode Linux's hostfs.
func scratchParent() (string, error) {
	for _, at := range []string{os.TempDir(), "/var/tmp", "/dev/shm"} {
		var s unix.Statfs_t
		if unix.Statfs(at, &s) != nil || !slices.Contains(upperMagics, int64(s.Type)) {
			continue
		}
		dir := filepath.Join(at, scratchName)
		return dir, os.MkdirAll(dir, 0o700)
	}
	return "", errors.New("neither the temporary directory nor /var/tmp nor /dev/shm is on a file system that can carry an overlay")
}

// errSwept: another program took our fresh lock file for a stale one.
var errSwept = errors.New("lock file swept away")

func claim(parent string) (string, func(), error) {
	lock, err := os.CreateTemp(parent, "*.lock")
	if err != nil {
		return "", nil, err
	}
	var st unix.Stat_t
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX); err != nil {
		return "", nil, fmt.Errorf("lock %s: %w", lock.Name(), err)
	}
	if err := unix.Fstat(int(lock.Fd()), &st); err != nil || st.Nlink == 0 {
		lock.Close()
		return "", nil, errSwept
	}
	dir := strings.TrimSuffix(lock.Name(), ".lock")
	release := func() {
		os.RemoveAll(dir)
		os.Remove(lock.Name())
		lock.Close()
	}
	return dir, release, os.Mkdir(dir, 0o700)
}

// sweep removes the directories whose lock nobody holds any more.
func sweep(parent string) {
	locks, _ := filepath.Glob(filepath.Join(parent, "*.lock"))
	for _, name := range locks {
		f, err := os.Open(name)
		if err != nil {
			continue
		}
		if unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) == nil {
			os.RemoveAll(strings.TrimSuffix(name, ".lock"))
			os.Remove(name)
		}
		f.Close()
	}
}
