package serial

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"systole/pkg/halog"
	"systole/pkg/halog/halogtest"
)

// patience is how long an awaited event may take.
const patience = 20 * time.Second

// pty is a pseudo terminal: this test is the modem at the master's side.
type pty struct {
	t      *testing.T
	master *os.File
	path   string
}

func newPty(t *testing.T) *pty {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	must(t, err)
	t.Cleanup(func() { master.Close() })
	raw, err := master.SyscallConn()
	must(t, err)
	number := 0
	must(t, raw.Control(func(fd uintptr) {
		number, err = unix.IoctlGetInt(int(fd), unix.TIOCGPTN)
		must(t, err)
		must(t, unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0))
	}))
	return &pty{t, master, fmt.Sprintf("/dev/pts/%d", number)}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// cable passes on what either side writes.
func cable(a, b *pty) {
	for _, way := range [][2]*pty{{a, b}, {b, a}} {
		go func() {
			buf := make([]byte, 4096)
			for {
				n, err := way[0].master.Read(buf)
				if err != nil {
					return
				}
				way[1].master.Write(buf[:n])
			}
		}()
	}
}

// end is an open line with what it delivered and logged.
type end struct {
	*Medium
	t    *testing.T
	got  chan string
	logs halogtest.Lines
}

func open(t *testing.T, path, locks string) *end {
	t.Helper()
	e := &end{t: t, got: make(chan string, 100)}
	deliver := func(b []byte, from netip.Addr, at time.Time) {
		if from.IsValid() || at.IsZero() {
			t.Errorf("from %s at %s", from, at)
		}
		e.got <- string(b)
	}
	var err error
	e.Medium, err = Open(t.Context(), Config{Device: path, Baud: 19200, LockDir: locks}, deliver, e.log)
	must(t, err)
	t.Cleanup(func() { e.Close() })
	return e
}

func (e *end) log(level halog.Level, text string) { e.logs.Add(string(level) + " " + text) }

func (e *end) await(want string) {
	e.t.Helper()
	select {
	case got := <-e.got:
		if got != want {
			e.t.Fatalf("received %.100q, want %.100q", got, want)
		}
	case <-time.After(patience):
		e.t.Fatalf("%.100q never arrived; log:\n%s", want, e.logs.Text())
	}
}

func message(n int) string {
	return fmt.Sprintf(">>>\nt=status\nn=%d\ninfo=%s\n<<<\n", n, strings.Repeat("x", 300*n))
}

func TestPair(t *testing.T) {
	a, b := newPty(t), newPty(t)
	cable(a, b)
	one, two := open(t, a.path, t.TempDir()), open(t, b.path, t.TempDir())
	if one.Kind() != "serial" || one.Name() != a.path {
		t.Errorf("%s %s", one.Kind(), one.Name())
	}
	for n := range 8 { // up to five pieces
		must(t, one.Send([]byte(message(n))))
		two.await(message(n))
		must(t, two.Send([]byte(message(n))))
		one.await(message(n))
	}
	if want := fmt.Sprintf("info glib: Starting serial heartbeat on tty %s (19200 baud)", a.path); one.logs.Text() != want {
		t.Errorf("log %q, want %q", one.logs.Text(), want)
	}
}

func TestLineSettings(t *testing.T) {
	p := newPty(t)
	open(t, p.path, t.TempDir())
	slave, err := os.OpenFile(p.path, os.O_RDWR|unix.O_NOCTTY, 0)
	must(t, err)
	defer slave.Close()
	got, err := unix.IoctlGetTermios(int(slave.Fd()), unix.TCGETS)
	must(t, err)
	if want := uint32(unix.CS8 | unix.CREAD | unix.CLOCAL | unix.CRTSCTS | unix.B19200); got.Cflag != want {
		t.Errorf("control flags %#x, want %#x", got.Cflag, want)
	}
	if got.Oflag != 0 || got.Lflag != 0 || got.Iflag != unix.IGNBRK|unix.IGNPAR {
		t.Errorf("flags %#x %#x %#x", got.Iflag, got.Oflag, got.Lflag)
	}
}

// The device is hung up, and comes back under its name as another one.
func TestHangUp(t *testing.T) {
	device := filepath.Join(t.TempDir(), "ttyS0")
	first := newPty(t)
	must(t, os.Symlink(first.path, device))
	e := open(t, device, t.TempDir())
	first.master.WriteString(message(1))
	e.await(message(1))
	must(t, os.Remove(device))
	first.master.Close()
	e.logs.Await(e.t, patience, "waiting to open it again")
	if err := e.Send([]byte("lost")); !errors.Is(err, unix.ENODEV) {
		t.Errorf("send without line: %v", err)
	}
	second := newPty(t)
	must(t, os.Symlink(second.path, device))
	for tries := 0; ; tries++ { // what is sent before the line is open again is flushed
		second.master.WriteString(message(2))
		select {
		case got := <-e.got:
			if got != message(2) {
				t.Fatalf("received %q", got)
			}
			return
		case <-time.After(50 * time.Millisecond):
		}
		if tries > int(patience/(50*time.Millisecond)) {
			t.Fatalf("nothing came; log:\n%s", e.logs.Text())
		}
	}
}

// Nobody takes what is sent: no Send waits, the newest messages stay.
func TestNoCable(t *testing.T) {
	p := newPty(t)
	e := open(t, p.path, t.TempDir())
	sent := 0
	for err := error(nil); err == nil; sent++ {
		err = e.Send([]byte(message(sent % 20)))
		if err != nil && !errors.Is(err, unix.EAGAIN) {
			t.Fatal(err)
		}
	}
	last := ">>>\nlast=one\n<<<\n"
	e.Send([]byte(last))
	e.logs.Await(e.t, patience, "ERROR Write timeout on serial "+p.path+".: Resource temporarily unavailable")
	var s splitter
	buf := make([]byte, 4096)
	must(t, p.master.SetReadDeadline(time.Now().Add(patience)))
	for got := ""; got != last; {
		n, err := p.master.Read(buf)
		must(t, err)
		s.feed(buf[:n], func(b []byte) { got = string(b) })
	}
}

func TestCloseDoesNotWaitForTheLine(t *testing.T) {
	p := newPty(t)
	e := open(t, p.path, t.TempDir())
	for range 100 {
		e.Send(bytes.Repeat([]byte("x"), 1000))
	}
	closed := make(chan error)
	go func() { closed <- e.Close() }()
	select {
	case err := <-closed:
		must(t, err)
	case <-time.After(patience):
		t.Fatal("Close waits")
	}
}

func TestOpenRefusals(t *testing.T) {
	p, locks := newPty(t), t.TempDir()
	must(t, os.WriteFile(filepath.Join(locks, "LCK.."+filepath.Base(p.path)), fmt.Appendf(nil, "%10d\n", os.Getppid()), 0o644))
	for _, c := range []struct {
		cfg  Config
		want string
	}{
		{Config{Device: p.path, Baud: 19200, LockDir: locks}, "locked by process"},
		{Config{Device: p.path, Baud: 1234, LockDir: t.TempDir()}, "no line has 1234 baud"},
		{Config{Device: "/dev/null", Baud: 9600, LockDir: t.TempDir()}, "Inappropriate ioctl for device"},
		{Config{Device: "/no/such", Baud: 9600, LockDir: t.TempDir()}, "No such file or directory"},
	} {
		_, err := Open(context.Background(), c.cfg, nil, nil)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v", c.cfg, err)
		}
	}
}
