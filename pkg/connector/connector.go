package connector

import (
	"context"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Attempt is one connection to make.
type Attempt struct {
	To    netip.AddrPort
	Limit time.Duration // for the answer; none if 0

	// Done is told, once, how it went: nil, the system's error, os.ErrDeadlineExceeded,
	// context.Canceled or net.ErrClosed, and how long it was from the SYN to the answer. It is called by
	// the connector's goroutine and must not wait for it.
	Done func(took time.Duration, err error)

	socket *socket // while it is on its way
	began  time.Time
}

// Connector makes connections and ends them at once. The zero value is ready and holds nothing until
// the first Begin. It may be used by many goroutines.
type Connector struct {
	// Socket makes a socket, as socket(2) does; nil: unix.Socket. It decides the network namespace.
	Socket func(domain, kind, protocol int) (fd int, err error)

	once sync.Once
	err  error // why there is no poller

	mu     sync.Mutex
	begun  []*Attempt // not taken by the goroutine yet
	given  []*Attempt // cancelled, and not taken yet
	told   bool       // the goroutine has been woken to take them
	closed bool

	fd       int      // of epoll
	epoll    *os.File // the same, for the runtime's poller
	poll     syscall.RawConn
	wake     int // eventfd
	sockets  map[int32]*socket
	idle     [families][]*socket // those that wait for their next use
	deadline time.Time           // when the goroutine is woken at the latest; zero: never
	events   []unix.EpollEvent
	arrived  int // events to look at
}

// Begin starts an attempt.
func (c *Connector) Begin(a *Attempt) {
	if c.once.Do(c.open); c.err != nil {
		go a.Done(0, c.err)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		go a.Done(0, net.ErrClosed)
		return
	}
	c.begun = append(c.begun, a)
	c.tell()
}

// Cancel ends an attempt, unless it is over.
func (c *Connector) Cancel(a *Attempt) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		c.given = append(c.given, a)
		c.tell()
	}
}

// Connect makes one attempt and waits for the outcome; it ends with the context at the latest, with
// the context's error.
func (c *Connector) Connect(ctx context.Context, to netip.AddrPort) error {
	outcome := make(chan error, 1)
	a := &Attempt{To: to, Done: func(_ time.Duration, err error) { outcome <- err }}
	c.Begin(a)
	select {
	case err := <-outcome:
		return err
	case <-ctx.Done():
		c.Cancel(a)
		return context.Cause(ctx)
	}
}

// Close ends all attempts and the goroutine.
func (c *Connector) Close() {
	c.once.Do(func() { c.err = net.ErrClosed })
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil && !c.closed {
		c.closed = true
		c.tell()
	}
}

// tell wakes the goroutine. The lock is held.
func (c *Connector) tell() {
	if !c.told {
		c.told = true
		_, _ = unix.Write(c.wake, []byte{1, 0, 0, 0, 0, 0, 0, 0}) // fails only for a counter that is full, and then it is awake
	}
}

// take gives the goroutine what was asked since.
func (c *Connector) take() (begun, given []*Attempt, closed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	begun, given, c.told = c.begun, c.given, false
	c.begun, c.given = nil, nil
	return begun, given, c.closed
}
