package hbapi

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"

	"systole/pkg/halog"
	"systole/pkg/hamsg"
)

// DefaultFIFO is where the scripts write.
const DefaultFIFO = "/var/lib/heartbeat/fifo"

// Logger takes a line for the log. It must not block for long.
type Logger func(level halog.Level, text string)

// FIFO is the command FIFO: root's scripts write messages for the cluster into it (tools spec 6.1).
type FIFO struct{ file *os.File }

// OpenFIFO opens the FIFO, making it with mode 0600 if need be. It is open for writing too, so
// that a reader is always there and the end of a writer is no end of file. A plain file at the
// path, left by a script that wrote before there was a FIFO, is replaced.
func OpenFIFO(path string, log Logger) (*FIFO, error) {
	made, err := ensureFIFO(path)
	if err != nil {
		return nil, fmt.Errorf("command FIFO: %w", err)
	}
	if made {
		log(halog.Info, fmt.Sprintf("Creating FIFO %s.", path))
	}
	file, err := os.OpenFile(path, os.O_RDWR|unix.O_NONBLOCK|unix.O_NOFOLLOW, 0)
	if err != nil {
		return nil, fmt.Errorf("command FIFO: %w", err)
	}
	if err := file.Chmod(0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("command FIFO: %w", err), file.Close())
	}
	return &FIFO{file}, nil
}

func ensureFIFO(path string) (made bool, err error) {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return false, err
	case info.Mode().Type() == fs.ModeNamedPipe:
		return false, nil
	case !info.Mode().IsRegular():
		return false, fmt.Errorf("%s is not a FIFO", path)
	default:
		if err := os.Remove(path); err != nil {
			return false, err
		}
	}
	if err := unix.Mkfifo(path, 0o600); err != nil {
		return false, &fs.PathError{Op: "mkfifo", Path: path, Err: err}
	}
	return true, nil
}

// Serve reads messages until the context ends and closes the FIFO, which stays in the file system
// for scripts to write to. Broken messages are logged in the original's words and skipped.
// deliver may block; it must return once the context has ended.
func (f *FIFO) Serve(ctx context.Context, deliver func(*hamsg.Message), log Logger) error {
	defer f.file.Close()
	stop := context.AfterFunc(ctx, func() { f.file.Close() })
	defer stop()
	var splitter hamsg.Splitter
	buf := make([]byte, 64<<10)
	for {
		n, err := f.file.Read(buf)
		splitter.Feed(buf[:n], func(m *hamsg.Message, err error) { accept(m, err, deliver, log) })
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return fmt.Errorf("command FIFO: %w", err)
		}
	}
}

func accept(m *hamsg.Message, err error, deliver func(*hamsg.Message), log Logger) {
	switch {
	case err != nil:
		complain(err, log)
	case m.Type() == "":
		log(halog.Error, "Invalid message in send_cluster_msg: "+unix.EINVAL.Error())
	default:
		deliver(m)
	}
}

func complain(err error, log Logger) {
	lines := hamsg.LogLines(err)
	for _, l := range lines {
		log(halog.Level(l.Level), l.Text)
	}
	if len(lines) == 0 {
		log(halog.Warn, fmt.Sprintf("command FIFO: %v", err))
	}
}
