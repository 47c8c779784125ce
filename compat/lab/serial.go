package lab

import (
	"errors"
	"fmt"
	"os"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// Cable is a null modem cable between two serial ports. What is written into one
// end comes out of the other, as fast as pseudo terminals go: the speed that the
// hosts set means nothing. There are no modem lines.
type Cable struct {
	A, B *Tty
	cut  atomic.Bool
}

// Tty is an end of a cable, to be named in a Spec.
type Tty struct {
	master *os.File // the lab's side
	slave  *os.File // the host's side; held open, or reading the master would fail while no host has it open
}

// Cable makes a null modem cable; it lives as long as the lab.
func (l *Lab) Cable() (*Cable, error) {
	a, err := newTty()
	if err != nil {
		return nil, fmt.Errorf("serial cable: %w", err)
	}
	b, err := newTty()
	if err != nil {
		a.close()
		return nil, fmt.Errorf("serial cable: %w", err)
	}
	c := &Cable{A: a, B: b}
	go c.carry(a.master, b.master)
	go c.carry(b.master, a.master)
	l.mu.Lock()
	l.cables = append(l.cables, c)
	l.mu.Unlock()
	return c, nil
}

// Cut loses what is written from now on; Mend ends that.
func (c *Cable) Cut() { c.cut.Store(true) }

// Mend mends the cable.
func (c *Cable) Mend() { c.cut.Store(false) }

func (c *Cable) carry(from, to *os.File) {
	b := make([]byte, 4096)
	for {
		n, err := from.Read(b)
		if err != nil {
			return
		}
		if !c.cut.Load() {
			to.Write(b[:n])
		}
	}
}

func (c *Cable) close() error { return errors.Join(c.A.close(), c.B.close()) }

// newTty makes a pseudo terminal that passes all bytes as they are.
func newTty() (*Tty, error) {
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	slave, err := openSlave(master)
	if err != nil {
		master.Close()
		return nil, err
	}
	return &Tty{master, slave}, nil
}

func openSlave(master *os.File) (*os.File, error) {
	raw, err := master.SyscallConn() // not Fd: it would make reading block a thread
	if err != nil {
		return nil, err
	}
	var number int
	var failed error
	err = raw.Control(func(fd uintptr) {
		number, failed = unix.IoctlGetInt(int(fd), unix.TIOCGPTN)
		failed = errors.Join(failed, unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0))
	})
	if err = errors.Join(err, failed); err != nil {
		return nil, err
	}
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		return nil, err
	}
	return slave, makeRaw(int(slave.Fd()))
}

// makeRaw is cfmakeraw(3).
func makeRaw(fd int) error {
	t, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return err
	}
	t.Iflag &^= unix.IGNBRK | unix.BRKINT | unix.PARMRK | unix.ISTRIP | unix.INLCR | unix.IGNCR | unix.ICRNL | unix.IXON
	t.Oflag &^= unix.OPOST
	t.Lflag &^= unix.ECHO | unix.ECHONL | unix.ICANON | unix.ISIG | unix.IEXTEN
	t.Cflag = t.Cflag&^(unix.CSIZE|unix.PARENB) | unix.CS8
	return unix.IoctlSetTermios(fd, unix.TCSETS, t)
}

func (t *Tty) close() error { return errors.Join(t.master.Close(), t.slave.Close()) }
