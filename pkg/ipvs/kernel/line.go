package kernel

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/mdlayher/genetlink"
	"github.com/mdlayher/netlink"
	moby "github.com/moby/ipvs"
	"github.com/sirupsen/logrus"
	"golang.org/x/sys/unix"
)

// conn is a connection to the kernel, used by one goroutine at a time.
type conn struct {
	gen    *genetlink.Conn
	family uint16
	moby   *moby.Handle
}

// close also ends a receive that is waiting in either socket. Closing twice does no harm.
func (c *conn) close() {
	c.gen.Close()
	if c.moby != nil {
		c.moby.Close()
	}
}

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
	c, err := dialGeneric(netns, limit)
	if err != nil {
		return nil, err
	}
	if err := c.dialMoby(netns, limit); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

func dialGeneric(netns string, limit time.Duration) (*conn, error) {
	var config netlink.Config
	if netns != "" {
		f, err := os.Open(netns)
		if err != nil {
			return nil, fmt.Errorf("network namespace: %w", err)
		}
		defer f.Close()
		config.NetNS = int(f.Fd())
	}
	gen, err := genetlink.Dial(&config)
	if err != nil {
		return nil, fmt.Errorf("generic netlink: %w", err)
	}
	family, err := findFamily(gen, limit)
	if err != nil {
		gen.Close()
		return nil, err
	}
	return &conn{gen: gen, family: family}, nil
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

// dialMoby opens moby's handle; the family is known to exist. On its first New in a process it
// runs modprobe once more and complains on standard error, through a log that nothing else here
// uses, where there is none: the complaint would be false.
func (c *conn) dialMoby(netns string, limit time.Duration) error {
	logrus.SetOutput(io.Discard)
	h, err := moby.New(netns)
	if err != nil {
		return fmt.Errorf("ip virtual server socket: %w", err)
	}
	c.moby = h
	l := &line{limit: limit, conn: c}
	_, err = run(context.Background(), l, func(c *conn) (struct{}, error) { return struct{}{}, c.proveMoby() })
	return err
}

// proveMoby asks for a service of no address family. ip_vs answers EAFNOSUPPORT; any other
// answer, success above all, comes from something that is not ip_vs.
func (c *conn) proveMoby() error {
	_, err := c.moby.GetService(&moby.Service{AddressFamily: unix.AF_UNSPEC, FWMark: 1})
	switch {
	case errors.Is(err, unix.EAFNOSUPPORT):
		return nil
	case errors.Is(err, unix.EPERM):
		return explainSystem(err)
	}
	return fmt.Errorf("%w (%v)", ErrStale, err)
}
