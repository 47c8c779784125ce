package hbapi

import (
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"systole/pkg/hamsg"
)

// Bounds of the queue of a client, in messages (tools spec 8.10).
const (
	defaultQueue = 64
	maxQueue     = 16384
)

// Bounds in bytes of what waits: a client with more than modestQueue unread is removed when all
// together have more than maxUnread.
const (
	modestQueue = 512 << 10
	maxUnread   = 64 << 20
)

// lingering is how long a client may take to read what was sent before its connection is closed.
const lingering = 2 * time.Second

// conn is one connection: a goroutine that reads and one that writes from the queue.
type conn struct {
	id     Conn
	socket *net.UnixConn
	cred   Credentials
	pidfd  int // of the client's process, -1 if it is gone or the kernel has no such thing

	netstring bool // everything goes out in netstring form
	pace      *pace
	unread    *atomic.Int64 // bytes in the queues of all connections
	over      chan struct{} // closed when closing is set

	mu      sync.Mutex
	changed sync.Cond // queue or closing
	queue   [][]byte  // frames to write
	bytes   int64     // in queue
	limit   int
	closing bool   // nothing more is queued; close when all is written
	reason  string // why we closed it, if so
}

func newConn(id Conn, socket *net.UnixConn, cred Credentials, pidfd int) *conn {
	c := &conn{id: id, socket: socket, cred: cred, pidfd: pidfd, limit: defaultQueue, pace: new(pace), unread: new(atomic.Int64), over: make(chan struct{})}
	c.changed.L = &c.mu
	return c
}

// peer asks the kernel who is at the other end. The pidfd makes sure that a signal never reaches
// a later process of the same number; the original may hit one.
func peer(socket *net.UnixConn) (Credentials, int, error) {
	raw, err := socket.SyscallConn()
	if err != nil {
		return Credentials{}, -1, err
	}
	var cred *unix.Ucred
	var failed error
	err = raw.Control(func(fd uintptr) {
		cred, failed = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	})
	if err := errors.Join(err, failed); err != nil {
		return Credentials{}, -1, err
	}
	pidfd, err := unix.PidfdOpen(int(cred.Pid), 0)
	if err != nil {
		pidfd = -1 // Linux before 5.3: the client can have no signals
	}
	return Credentials{PID: int(cred.Pid), UID: cred.Uid, GID: cred.Gid}, pidfd, nil
}

func closePidfd(fd int) {
	if fd >= 0 {
		unix.Close(fd)
	}
}

// run reads until the connection ends, and waits for the writer.
func (c *conn) run(handle func(Event)) {
	var writer sync.WaitGroup
	writer.Go(c.write)
	handle(Opened{c.id, c.cred})
	err := c.read(handle)
	gone := Gone{Conn: c.id, Reason: c.why()}
	if errors.Is(err, ErrMagic) || errors.Is(err, ErrTooLong) {
		gone.Err = err
	}
	handle(gone)
	c.finish()
	writer.Wait()
	c.mu.Lock()
	closePidfd(c.pidfd)
	c.pidfd = -1
	c.mu.Unlock()
}

func (c *conn) read(handle func(Event)) error {
	frames := NewReader(c.socket)
	for {
		body, err := frames.Next()
		if err != nil {
			return err
		}
		m, err := ParseBody(body)
		if err != nil {
			m = nil
		}
		if !c.pace.wait(clusterUnits(m, len(body)), c.over) {
			return net.ErrClosed
		}
		handle(Frame{c.id, m})
	}
}

func (c *conn) why() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.reason != "" {
		return c.reason
	}
	return "EOF"
}

// write sends what is queued until the connection is to be closed, or fails.
func (c *conn) write() {
	defer c.dropQueue()
	defer c.socket.Close()
	for {
		frame := c.next()
		if frame == nil {
			return
		}
		if _, err := c.socket.Write(frame); err != nil {
			return
		}
	}
}

// dropQueue forgets what will not be written any more.
func (c *conn) dropQueue() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.queue = nil
	c.count(-int(c.bytes))
	if !c.closing {
		c.closing = true
		close(c.over)
	}
}

// next waits for a frame to write, nil when there will be none.
func (c *conn) next() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.queue) == 0 && !c.closing {
		c.changed.Wait()
	}
	if len(c.queue) == 0 {
		return nil
	}
	frame := c.queue[0]
	c.queue = c.queue[1:]
	c.count(-len(frame))
	return frame
}

// reply queues a message. One that no frame can carry is left out.
func (c *conn) reply(m *hamsg.Message) {
	if c == nil {
		return
	}
	frame, err := appendFrame(nil, m, c.netstring || onlyNetstring(m))
	if err != nil {
		return
	}
	c.mu.Lock()
	full := !c.closing && (len(c.queue) >= c.limit || c.bytes > modestQueue && c.unread.Load() > maxUnread)
	if !c.closing && !full {
		c.queue = append(c.queue, frame)
		c.count(len(frame))
		c.changed.Signal()
	}
	c.mu.Unlock()
	if full {
		c.abort("sendfail")
	}
}

// count notes that the queue has become longer or, with n below 0, shorter.
func (c *conn) count(n int) {
	c.bytes += int64(n)
	c.unread.Add(int64(n))
}

// finish lets the writer send what is queued and close; the reader stops at once.
func (c *conn) finish() {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing {
		return
	}
	c.closing = true
	close(c.over)
	c.changed.Signal()
	c.socket.SetReadDeadline(time.Unix(1, 0))
	c.socket.SetWriteDeadline(time.Now().Add(lingering))
}

// drain lets the reader come to the end of what was sent.
func (c *conn) drain() {
	if c != nil {
		c.socket.CloseRead()
	}
}

// abort closes without sending what is queued.
func (c *conn) abort(reason string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.reason == "" {
		c.reason = reason
	}
	if !c.closing {
		close(c.over)
	}
	c.closing = true
	c.queue = nil
	c.count(-int(c.bytes))
	c.changed.Signal()
	c.socket.Close()
}

func (c *conn) setLimit(n int) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.limit = min(max(n, defaultQueue), maxQueue)
}

// signal tells the client's process that it has a message. Failures mean that it is gone, which
// its socket tells too.
func (c *conn) signal(n int) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pidfd >= 0 {
		unix.PidfdSendSignal(c.pidfd, unix.Signal(n), nil, 0)
	}
}
