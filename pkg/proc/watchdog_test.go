package proc

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// fifo stands for the device: what is written to it can be read.
func fifo(t *testing.T) (path string, reader *os.File) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "watchdog")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	reader, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { reader.Close() })
	return path, reader
}

func TestWatchdog(t *testing.T) {
	path, device := fifo(t)
	w, untimed, err := OpenWatchdog(path, 10010*time.Millisecond)
	if err != nil || !errors.Is(untimed, unix.ENOTTY) || untimed.Error() != "watchdog "+path+": timeout of 11 s: inappropriate ioctl for device" {
		t.Fatalf("%v, %v", untimed, err)
	}
	for range 3 {
		if err := w.Kick(); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 10)
	n, err := device.Read(got)
	if err != nil || string(got[:n]) != "\x00\x00\x00V" {
		t.Errorf("written: %q, %v", got[:n], err)
	}
}

// A device that takes nothing holds nobody up.
func TestWatchdogFull(t *testing.T) {
	path, _ := fifo(t)
	w, _, err := OpenWatchdog(path, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for err == nil {
		err = w.Kick()
	}
	if !errors.Is(err, unix.EAGAIN) {
		t.Errorf("%v", err)
	}
}

func TestNoWatchdog(t *testing.T) {
	if _, _, err := OpenWatchdog(filepath.Join(t.TempDir(), "none"), time.Second); !errors.Is(err, unix.ENOENT) {
		t.Errorf("%v", err)
	}
}
