package resmgr

import (
	"errors"
	"fmt"
	"os"
	"time"

	"systole/pkg/hamsg"

	"golang.org/x/sys/unix"
)

// FIFO is where commands leave messages for the daemon.
const FIFO = "/var/lib/heartbeat/fifo"

// ErrNoDaemon says that no heartbeat reads the FIFO. The original's scripts wait then until one
// does (tools spec 6.2).
var ErrNoDaemon = errors.New("heartbeat is not running")

// fifoPatience is how long a full FIFO is waited for; the daemon empties it at once.
const fifoPatience = 5 * time.Second

// Post writes messages into the FIFO, each at once, and never waits for a daemon to come.
func Post(path string, messages ...*hamsg.Message) error {
	if len(messages) == 0 {
		return nil
	}
	f, err := openFIFO(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.SetWriteDeadline(time.Now().Add(fifoPatience)); err != nil {
		return fmt.Errorf("write to %s: %w", path, err)
	}
	for _, m := range messages {
		if _, err := f.Write(hamsg.AppendText(nil, m)); err != nil {
			return fmt.Errorf("write to %s: %w", path, err)
		}
	}
	return nil
}

func openFIFO(path string) (*os.File, error) {
	st, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%w (no %s)", ErrNoDaemon, path)
	}
	if err == nil && st.Mode()&os.ModeNamedPipe == 0 {
		return nil, fmt.Errorf("%s is not a FIFO", path)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|unix.O_NONBLOCK, 0)
	if errors.Is(err, unix.ENXIO) {
		return nil, fmt.Errorf("%w (nobody reads %s)", ErrNoDaemon, path)
	}
	if err != nil {
		return nil, fmt.Errorf("open FIFO: %w", err)
	}
	return f, nil
}
