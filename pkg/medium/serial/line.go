package serial

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"systole/pkg/medium/socket"
)

// Sizes of what goes out.
const (
	pieceSize = 512 // bytes that are written at once
	queueSize = 16  // messages that wait for the line; beyond them the oldest is lost
)

// errHungUp is the end of a line whose other end is gone.
var errHungUp = errors.New("the line was hung up")

// line is an open device with what waits to be written to it.
type line struct {
	file   *os.File
	unlock func()
	out    chan []byte
	stop   chan struct{}
	writer sync.WaitGroup
	once   sync.Once
}

func openLine(cfg Config) (*line, error) {
	speed, ok := speeds()[cfg.Baud]
	if !ok {
		return nil, fmt.Errorf("serial %s: no line has %d baud", cfg.Device, cfg.Baud)
	}
	unlock, err := lock(cfg.LockDir, cfg.Device)
	if err != nil {
		return nil, &socket.OpenError{Words: fmt.Sprintf("serial %s: %s", cfg.Device, err),
			Remedy: "another program uses the line", Err: err}
	}
	file, err := openRaw(cfg.Device, speed)
	if err != nil {
		unlock()
		return nil, &socket.OpenError{Words: fmt.Sprintf("serial %s: %s", cfg.Device, socket.Reason(err)),
			Remedy: "a serial line is needed; see: setserial -g " + cfg.Device, Err: err}
	}
	l := &line{file: file, unlock: unlock, out: make(chan []byte, queueSize), stop: make(chan struct{})}
	l.writer.Go(l.write)
	return l, nil
}

// openRaw opens a device that never waits for a carrier and passes all bytes as they are.
func openRaw(device string, speed uint32) (*os.File, error) {
	fd, err := unix.Open(device, unix.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	if err := makeRaw(fd, speed); err != nil {
		unix.Close(fd)
		return nil, err
	}
	return os.NewFile(uintptr(fd), device), nil
}

func makeRaw(fd int, speed uint32) error {
	t, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return err
	}
	t.Iflag, t.Oflag, t.Lflag = unix.IGNBRK|unix.IGNPAR, 0, 0
	t.Cflag = unix.CS8 | unix.CREAD | unix.CLOCAL | unix.CRTSCTS | speed
	t.Ispeed, t.Ospeed = speed, speed
	t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
	return unix.IoctlSetTermios(fd, unix.TCSETSF, t)
}

func speeds() map[int]uint32 {
	return map[int]uint32{9600: unix.B9600, 19200: unix.B19200, 38400: unix.B38400, 57600: unix.B57600,
		115200: unix.B115200, 230400: unix.B230400, 460800: unix.B460800}
}

// Send queues a message, which must not be changed afterwards. A line that takes nothing, for
// want of a cable, loses the oldest message for the newest: unix.EAGAIN.
func (l *line) Send(b []byte) error {
	select {
	case l.out <- b:
		return nil
	default:
	}
	select {
	case <-l.out:
	default:
	}
	select {
	case l.out <- b:
	default:
	}
	return unix.EAGAIN
}

// write puts the queue on the line until Close.
func (l *line) write() {
	for {
		select {
		case b := <-l.out:
			l.writePieces(b)
		case <-l.stop:
			return
		}
	}
}

// writePieces gives up at an error: the reader finds out why.
func (l *line) writePieces(b []byte) {
	for len(b) > 0 {
		n, err := l.file.Write(b[:min(len(b), pieceSize)])
		if err != nil {
			return
		}
		b = b[n:]
	}
}

// Receive hands over the messages that come in, until Close.
func (l *line) Receive(deliver func([]byte, netip.Addr, time.Time)) error {
	var s splitter
	buf := make([]byte, 4096)
	for {
		n, err := l.file.Read(buf)
		at := time.Now()
		s.feed(buf[:n], func(b []byte) { deliver(b, netip.Addr{}, at) })
		switch {
		case errors.Is(err, os.ErrClosed):
			return nil
		case errors.Is(err, io.EOF):
			return errHungUp
		case err != nil:
			return err
		}
	}
}

// Check: a line that is gone ends Receive.
func (*line) Check() error { return nil }

// Close loses what is not written yet: without that the kernel would wait for it.
func (l *line) Close() {
	l.once.Do(func() {
		if raw, err := l.file.SyscallConn(); err == nil {
			raw.Control(func(fd uintptr) { unix.IoctlSetInt(int(fd), unix.TCFLSH, unix.TCOFLUSH) })
		}
		l.file.Close()
		close(l.stop)
		l.writer.Wait()
		l.unlock()
	})
}
