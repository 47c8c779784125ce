package halog

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"sync"
	"syscall"
)

// Owner is who log files are given to: hacluster:haclient, so that ipfail may write them. The
// zero value leaves them alone.
type Owner struct{ UID, GID int }

// file is a sink that appends to a file and stays open until the file is renamed or removed.
// Only the writer goroutine uses it.
type file struct {
	path    string
	owner   Owner
	rotated func(path string) string // the line to write first into a file that replaces another
	failed  func(text string)        // gets what cannot be written; may be nil

	open *os.File
	info fs.FileInfo
}

func (f *file) write(text string) {
	moved := f.open != nil && !f.current()
	if moved {
		f.close()
	}
	if f.open == nil && !f.reopen() {
		f.fail(text)
		return
	}
	if moved && f.rotated != nil {
		text = f.rotated(f.path) + text
	}
	if _, err := f.open.WriteString(text); err != nil {
		f.close()
		f.fail(text)
	}
}

// current says whether the path still names the open file.
func (f *file) current() bool {
	info, err := os.Stat(f.path)
	return err == nil && os.SameFile(info, f.info)
}

func (f *file) reopen() bool {
	opened, err := openLog(f.path, f.owner)
	if err != nil {
		return false
	}
	if f.info, err = opened.Stat(); err != nil {
		opened.Close()
		return false
	}
	f.open = opened
	return true
}

func (f *file) fail(text string) {
	if f.failed != nil {
		f.failed(text)
	}
}

func (f *file) close() {
	if f.open != nil {
		f.open.Close()
		f.open = nil
	}
}

// openLog opens a log file for appending, made with mode 0644 whatever the umask. Without
// O_NONBLOCK a FIFO that nobody reads would hold up the writer for good.
func openLog(path string, owner Owner) (*os.File, error) {
	const flags = os.O_WRONLY | os.O_APPEND | syscall.O_NONBLOCK | syscall.O_NOCTTY
	f, err := os.OpenFile(path, flags, 0)
	if errors.Is(err, fs.ErrNotExist) {
		if f, err = os.OpenFile(path, flags|os.O_CREATE, 0o644); err == nil {
			_ = f.Chmod(0o644) // against a strict umask; no reason to lose the line
		}
	}
	if err == nil && owner != (Owner{}) {
		_ = f.Chown(owner.UID, owner.GID) // root alone can; the file works all the same
	}
	return f, err
}

// briefFile is a sink that opens its file anew for each text, as ldirectord and the scripts do.
type briefFile struct {
	path   string
	failed func(text string)
}

func (b briefFile) write(text string) {
	f, err := openLog(b.path, Owner{})
	if err == nil {
		_, err = f.WriteString(text)
		f.Close()
	}
	if err != nil && b.failed != nil {
		b.failed(text)
	}
}

func (briefFile) close() {}

// stream is a sink for stderr or stdout. It may be shared by logs.
type stream struct {
	mu sync.Mutex
	w  io.Writer
}

func (s *stream) write(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, _ = io.WriteString(s.w, text) // nobody left to tell
}

func (*stream) close() {}
