// Package kernel reads and changes the virtual server table of the running kernel.
//
//	Open --> family "IPVS" known? --no--> modprobe ip_vs --> known? --no--> ErrNoIPVS
//	              | yes                                        | yes
//	              v                                            |
//	         +---------+  <------------------------------------+
//	         |  conn   |  one generic netlink socket
//	         +---------+
//	              |
//	       one call at a time, each with a limit; a call that overruns it, or fails in any way,
//	       takes its conn with it, and the next call dials a fresh one
//
// A table is changed in batches, many requests in one datagram (batch.go): of thousands of servers
// whose weights change, the kernel's own work is what it costs. Options only are sent, never the
// kernel's own flag bits; mixed families, which it would store as garbage where it is old, are refused by
// ipvs.Change.Validate before anything is sent. The family's number is asked for at each dial: if
// the module was removed and loaded again the first call fails, and the next one works.
//
// A message is a generic netlink header and attributes (linux/ip_vs.h; agents spec 9.6):
//
//	command 8 GET_DEST, version 1 | 1 SERVICE { 1 AF, 2 PROTOCOL, 3 ADDR, 4 PORT }
package kernel

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// ErrNoIPVS is returned when the kernel has no IPVS, neither built in nor as a module.
var ErrNoIPVS = errors.New("ip virtual server is not in this kernel (module ip_vs)")

// ErrHung is returned when the kernel did not answer in time. Whether the call took effect is
// not known: read the table.
var ErrHung = errors.New("no answer from the kernel")

// DefaultLimit is the time that one batch of changes, or one reading of the table, may take.
const DefaultLimit = 5 * time.Second

// Options are how to reach the kernel's table. The zero value is what a daemon wants.
type Options struct {
	NetNS    string        // path of a network namespace; "" is the calling process's own
	Limit    time.Duration // of one call to the kernel; 0 is DefaultLimit
	Modprobe Modprobe      // nil is LoadModule
}

// Modprobe loads a kernel module. It is called only if the kernel has no IPVS yet.
type Modprobe func(ctx context.Context, module string) error

// LoadModule loads a kernel module with modprobe(8).
func LoadModule(ctx context.Context, module string) error {
	out, err := exec.CommandContext(ctx, "modprobe", "--", module).CombinedOutput()
	if err != nil {
		return fmt.Errorf("modprobe %s: %w: %s", module, err, strings.TrimSpace(string(out)))
	}
	return nil
}

// Handle is the kernel's table of one network namespace. It may be used by many goroutines; they
// are served one at a time.
type Handle struct {
	turn   chan *line // holds the line while nobody uses it
	closed chan struct{}
	once   sync.Once
}

// Open connects to the kernel's table, loading the module if need be. The error is ErrNoIPVS if
// there is none to be had, or a system error (EPERM without CAP_NET_ADMIN).
func Open(ctx context.Context, o Options) (*Handle, error) {
	if o.Limit == 0 {
		o.Limit = DefaultLimit
	}
	if o.Modprobe == nil {
		o.Modprobe = LoadModule
	}
	c, err := dialLoading(ctx, o)
	if err != nil {
		return nil, err
	}
	redial := func() (*conn, error) { return dial(o.NetNS, o.Limit) }
	return newHandle(&line{limit: o.Limit, dial: redial, conn: c}), nil
}

func newHandle(l *line) *Handle {
	h := &Handle{turn: make(chan *line, 1), closed: make(chan struct{})}
	h.turn <- l
	return h
}

// dialLoading loads the module only when the kernel lacks the family: a kernel with IPVS built in
// needs no modprobe.
func dialLoading(ctx context.Context, o Options) (*conn, error) {
	c, err := dial(o.NetNS, o.Limit)
	if !errors.Is(err, ErrNoIPVS) {
		return c, err
	}
	if loadErr := o.Modprobe(ctx, "ip_vs"); loadErr != nil {
		return nil, fmt.Errorf("%w: %w", err, loadErr)
	}
	return dial(o.NetNS, o.Limit)
}

// Close gives the connection back. It waits for the call under way; later calls fail with
// net.ErrClosed.
func (h *Handle) Close() error {
	h.once.Do(func() {
		l := <-h.turn
		close(h.closed)
		l.drop()
	})
	return nil
}

// take waits for the turn. What it returns goes back into h.turn.
func (h *Handle) take(ctx context.Context) (*line, error) {
	select {
	case l := <-h.turn:
		return l, nil
	case <-h.closed:
		return nil, fmt.Errorf("ip virtual server: %w", net.ErrClosed)
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// call runs f as the only one to talk to the kernel.
func call[T any](ctx context.Context, h *Handle, f func(*conn) (T, error)) (T, error) {
	l, err := h.take(ctx)
	if err != nil {
		var none T
		return none, err
	}
	defer func() { h.turn <- l }()
	return run(ctx, l, f)
}

// order is call for what has no result.
func order(ctx context.Context, h *Handle, f func(*conn) error) error {
	_, err := call(ctx, h, func(c *conn) (struct{}, error) { return struct{}{}, f(c) })
	return err
}
