package lab

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// Paths are resolved as the host resolves them: an absolute symbolic link
// (/var/run) leads into the host's root, never into the machine's own.

// openIn opens name as a process with root as its root directory would.
func openIn(root, name string, flags int, perm os.FileMode) (*os.File, error) {
	dir, err := unix.Open(root, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", root, err)
	}
	defer unix.Close(dir)
	how := unix.OpenHow{Flags: uint64(flags | unix.O_CLOEXEC), Resolve: unix.RESOLVE_IN_ROOT}
	if flags&unix.O_CREAT != 0 {
		how.Mode = uint64(perm.Perm())
	}
	fd, err := unix.Openat2(dir, name, &how)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: name, Err: err}
	}
	return os.NewFile(uintptr(fd), name), nil
}

// WriteFile writes a file on the running host, with the directories it needs. A
// file that is there is emptied first and keeps its owner.
func (h *Host) WriteFile(name string, text []byte, perm os.FileMode) error {
	g, err := h.running()
	if err != nil {
		return err
	}
	if err := mkdirIn(g.rootPath(), path.Dir(path.Clean(name))); err != nil {
		return fmt.Errorf("%s: %w", h.Name, err)
	}
	f, err := openIn(g.rootPath(), name, unix.O_WRONLY|unix.O_CREAT|unix.O_TRUNC, perm)
	if err != nil {
		return fmt.Errorf("%s: %w", h.Name, err)
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Chmod(perm), f.Close())
}

// mkdirIn makes a directory and its parents.
func mkdirIn(root, dir string) error {
	made := "/"
	for _, part := range strings.Split(strings.Trim(dir, "/"), "/") {
		parent, err := openIn(root, made, unix.O_PATH|unix.O_DIRECTORY, 0)
		if err != nil {
			return err
		}
		if part != "" {
			err = unix.Mkdirat(int(parent.Fd()), part, 0o755)
		}
		parent.Close()
		if err != nil && err != unix.EEXIST {
			return &os.PathError{Op: "mkdir", Path: path.Join(made, part), Err: err}
		}
		made = path.Join(made, part)
	}
	return nil
}

// ReadFile reads a file of the host. While the host is down it reads the disk:
// what lay in /run is gone.
func (h *Host) ReadFile(name string) ([]byte, error) {
	f, err := h.open(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", h.Name, err)
	}
	defer f.Close()
	return io.ReadAll(f)
}

// Install copies a file of this machine to the host.
func (h *Host) Install(from, to string, perm os.FileMode) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return h.WriteFile(to, text, perm)
}

func (h *Host) open(name string) (*os.File, error) {
	if g, err := h.running(); err == nil {
		return openIn(g.rootPath(), name, unix.O_RDONLY, 0)
	}
	var first error
	for _, layer := range append([]string{filepath.Join(h.dir, "upper")}, h.lower...) {
		f, err := openIn(layer, name, unix.O_RDONLY, 0)
		if err == nil {
			return f, nil
		}
		if first == nil {
			first = err
		}
	}
	return nil, first
}
