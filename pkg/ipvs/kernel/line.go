package kernel

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/mdlayher/genetlink"
	"github.com/mdlayher/netlink"
)

// conn is a connection to the kernel, used by one goroutine at a time.
type conn struct {
	netlink *netlink.Conn
	gen     *genetlink.Conn // the same
	raw     syscall.RawConn // the same
	family  uint16          // the number of IPVS
}

// close also ends a receive that is waiting. Closing twice does no harm.
func (c *conn) close() { c.netlink.Close() }

// line is a connection that is made again whenever it was lost.
type line struct {
	limit time.Duration
	dial  func() (*conn, error)
	conn  *conn // nil after a failure
}

func (l *line) drop() {
	if l.conn != nil {
		l.conn.close()
		l.conn = nil
	}
}

// run lets f talk to the kernel for at most the line's limit. Only a success leaves the
// connection in use: after an error it may hold an answer that nobody read. When f overruns, its
// connection is closed under it, which ends it; what it still returns is lost.
func run[T any](ctx context.Context, l *line, f func(*conn) (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	none := result{}
	if ctx.Err() != nil {
		return none.value, context.Cause(ctx)
	}
	if l.conn == nil {
		c, err := l.dial()
		if err != nil {
			return none.value, err
		}
		l.conn = c
	}
	ctx, cancel := context.WithTimeoutCause(ctx, l.limit, fmt.Errorf("%w in %s", ErrHung, l.limit))
	defer cancel()
	c, done := l.conn, make(chan result, 1)
	go func() {
		v, err := f(c)
		done <- result{v, err}
	}()
	select {
	case r := <-done:
		if r.err != nil {
			l.drop()
		}
		return r.value, r.err
	case <-ctx.Done():
		l.drop()
		return none.value, context.Cause(ctx)
	}
}

// dial connects to the table of a network namespace ("" is our own).
func dial(netns string, limit time.Duration) (*conn, error) {
	c, err := dialGeneric(netns)
	if err != nil {
		return nil, err
	}
	if c.family, err = findFamily(c.gen, limit); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

func dialGeneric(netns string) (*conn, error) {
	var config netlink.Config
	if netns != "" {
		f, err := os.Open(netns)
		if err != nil {
			return nil, fmt.Errorf("network namespace: %w", err)
		}
		defer f.Close()
		config.NetNS = int(f.Fd())
	}
	c, err := netlink.Dial(genetlink.Protocol, &config)
	if err != nil {
		return nil, fmt.Errorf("generic netlink: %w", err)
	}
	raw, err := c.SyscallConn()
	if err != nil {
		c.Close()
		return nil, fmt.Errorf("generic netlink: %w", err)
	}
	return &conn{netlink: c, gen: genetlink.NewConn(c), raw: raw}, nil
}

func findFamily(gen *genetlink.Conn, limit time.Duration) (uint16, error) {
	if err := gen.SetDeadline(time.Now().Add(limit)); err != nil {
		return 0, fmt.Errorf("generic netlink: %w", err)
	}
	family, err := gen.GetFamily("IPVS")
	switch {
	case errors.Is(err, os.ErrNotExist):
		return 0, ErrNoIPVS
	case err != nil:
		return 0, fmt.Errorf("generic netlink family IPVS: %w", err)
	}
	return family.ID, gen.SetDeadline(time.Time{})
}
