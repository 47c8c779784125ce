package connector

import (
	"context"
	"errors"
	"net"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

const (
	eventsMax = 64  // looked at together
	together  = 8   // connections begun before the first one's answer is looked for
	keptIdle  = 128 // sockets of a family that wait for their next use
)

// open makes the poller and starts the goroutine. The poller's own descriptor is waited for by Go's.
func (c *Connector) open() {
	if c.Socket == nil {
		c.Socket = unix.Socket
	}
	var err error
	if c.fd, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		c.err = os.NewSyscallError("epoll_create1", err)
		return
	}
	if c.wake, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		c.err = errors.Join(os.NewSyscallError("eventfd", err), unix.Close(c.fd))
		return
	}
	_ = unix.EpollCtl(c.fd, unix.EPOLL_CTL_ADD, c.wake, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(c.wake)})
	_ = unix.SetNonblock(c.fd, true) // or package os would not give it to the runtime's poller
	c.epoll = os.NewFile(uintptr(c.fd), "epoll")
	c.poll, _ = c.epoll.SyscallConn()
	c.sockets, c.events = map[int32]*socket{}, make([]unix.EpollEvent, eventsMax)
	go c.run()
}

// run is the goroutine.
func (c *Connector) run() {
	for {
		begun, given, closed := c.take()
		for i, a := range begun {
			c.begin(a)
			if i%together == together-1 && c.look() {
				c.handle()
			}
		}
		for _, a := range given {
			if a.socket != nil {
				c.finish(a.socket, context.Canceled)
			}
		}
		if closed {
			c.leave()
			return
		}
		c.await()
	}
}

// await waits for an event or a deadline, and handles it.
func (c *Connector) await() {
	err := c.poll.Read(func(uintptr) bool { return c.look() })
	switch {
	case err == nil:
		c.handle()
	case errors.Is(err, os.ErrDeadlineExceeded):
		for c.look() { // answers that came in time and were not looked at, because this process had to wait
			c.handle()
		}
		c.expire(time.Now())
	}
}

// look asks for events, without waiting.
func (c *Connector) look() bool {
	n, _ := unix.EpollWait(c.fd, c.events, 0)
	c.arrived = max(n, 0)
	return n > 0
}

// expire ends what has exceeded its limit, and sets the next deadline.
func (c *Connector) expire(now time.Time) {
	var next time.Time
	for _, s := range c.sockets {
		if s.attempt == nil || s.attempt.Limit == 0 {
			continue
		}
		end := s.attempt.began.Add(s.attempt.Limit)
		switch {
		case !now.Before(end):
			c.finish(s, os.ErrDeadlineExceeded)
		case next.IsZero() || end.Before(next):
			next = end
		}
	}
	c.wakeAt(next)
}

// wakeAt sets when expire has something to do; zero: never.
func (c *Connector) wakeAt(t time.Time) {
	c.deadline = t
	_ = c.epoll.SetReadDeadline(t)
}

// leave ends everything.
func (c *Connector) leave() {
	for _, s := range c.sockets {
		if s.attempt != nil {
			c.finish(s, net.ErrClosed)
		} else {
			c.free(s)
		}
	}
	_ = c.epoll.Close()
	_ = unix.Close(c.wake)
}

// handle looks at the events.
func (c *Connector) handle() {
	for _, ev := range c.events[:c.arrived] {
		if int(ev.Fd) == c.wake {
			var count [8]byte
			_, _ = unix.Read(c.wake, count[:])
			continue
		}
		s := c.sockets[ev.Fd]
		switch {
		case s == nil || s.attempt == nil: // what is left of a connection that was ended
		case ev.Events&(unix.EPOLLERR|unix.EPOLLHUP) != 0:
			c.finish(s, s.failure())
		case ev.Events&unix.EPOLLOUT != 0:
			c.finish(s, nil)
		}
	}
}
