package proc

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// Watchdog is a device of linux/watchdog.h: it restarts the machine if nobody writes to it in
// time, also when its writer ended without a word.
type Watchdog struct{ file *os.File }

// magicClose is what disarms the device when it is closed next.
const magicClose = "V"

// OpenWatchdog arms a device, rounding the time up to seconds. A device that cannot be told a time
// keeps its own; the second error says so, and the watchdog is good nevertheless.
func OpenWatchdog(path string, timeout time.Duration) (w *Watchdog, untimed, err error) {
	fd, err := unix.Open(path, unix.O_WRONLY|unix.O_NONBLOCK|unix.O_CLOEXEC|unix.O_NOCTTY, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("watchdog %s: %w", path, err)
	}
	seconds := int((timeout + time.Second - 1) / time.Second)
	if err := unix.IoctlSetPointerInt(fd, unix.WDIOC_SETTIMEOUT, seconds); err != nil {
		untimed = fmt.Errorf("watchdog %s: timeout of %d s: %w", path, seconds, err)
	}
	return &Watchdog{os.NewFile(uintptr(fd), path)}, untimed, nil
}

// Kick gives the machine another timeout to live. It never waits.
func (w *Watchdog) Kick() error {
	_, err := w.write([]byte{0})
	return err
}

// Close disarms the device: the one who wrote to it stops on purpose.
func (w *Watchdog) Close() error {
	_, err := w.write([]byte(magicClose))
	if closing := w.file.Close(); err == nil {
		err = closing
	}
	return err
}

// write bypasses the poller of os.File, which would wait for room.
func (w *Watchdog) write(b []byte) (n int, err error) {
	raw, err := w.file.SyscallConn()
	if err != nil {
		return 0, err
	}
	var failed error
	if err := raw.Control(func(fd uintptr) { n, failed = unix.Write(int(fd), b) }); err != nil {
		return 0, err
	}
	return n, failed
}
