package kernel

import (
	"context"
	"fmt"
	"time"

	"github.com/mdlayher/netlink"

	"systole/pkg/ipvs"
)

// Info is what the first line of ipvsadm's listing says.
type Info struct {
	Version string // "1.2.1"
	Size    int    // of the connection table, in hash buckets
}

// String returns the first line of ipvsadm's listing.
func (i Info) String() string {
	return fmt.Sprintf("IP Virtual Server version %s (size=%d)", i.Version, i.Size)
}

// Info returns the version of ip_vs and the size of its connection table.
func (h *Handle) Info(ctx context.Context) (Info, error) {
	info, err := call(ctx, h, (*conn).info)
	if err != nil {
		return Info{}, fmt.Errorf("read ip virtual server version: %w", explainSystem(err))
	}
	return info, nil
}

func (c *conn) info() (Info, error) {
	var info Info
	err := c.askNumbers(cmdGetInfo, func(attr uint16, n uint32) {
		switch attr {
		case infoVersion:
			info.Version = fmt.Sprintf("%d.%d.%d", n>>16&0xff, n>>8&0xff, n&0xff)
		case infoSize:
			info.Size = int(n)
		}
	})
	return info, err
}

// maxTimeout is the longest timeout ipvsadm accepts.
const maxTimeout = 31 * 24 * time.Hour

// Timeouts are the lifetimes of idle connections, whole seconds.
type Timeouts struct {
	TCP time.Duration // established
	FIN time.Duration // after a FIN
	UDP time.Duration
}

// String returns the line of "ipvsadm -L --timeout".
func (t Timeouts) String() string {
	return fmt.Sprintf("Timeout (tcp tcpfin udp): %d %d %d", t.TCP/time.Second, t.FIN/time.Second, t.UDP/time.Second)
}

// Timeouts returns the lifetimes of idle connections.
func (h *Handle) Timeouts(ctx context.Context) (Timeouts, error) {
	t, err := call(ctx, h, (*conn).timeouts)
	if err != nil {
		return Timeouts{}, fmt.Errorf("read connection timeouts: %w", explainSystem(err))
	}
	return t, nil
}

func (c *conn) timeouts() (Timeouts, error) {
	var t Timeouts
	err := c.askNumbers(cmdGetConfig, func(attr uint16, n uint32) {
		switch attr {
		case attrTimeoutTCP:
			t.TCP = time.Duration(n) * time.Second
		case attrTimeoutFin:
			t.FIN = time.Duration(n) * time.Second
		case attrTimeoutUDP:
			t.UDP = time.Duration(n) * time.Second
		}
	})
	return t, err
}

// SetTimeouts sets the lifetimes of idle connections; 0 leaves one as it is.
func (h *Handle) SetTimeouts(ctx context.Context, t Timeouts) error {
	for _, d := range []time.Duration{t.TCP, t.FIN, t.UDP} {
		if d < 0 || d > maxTimeout || d%time.Second != 0 {
			return fmt.Errorf("set connection timeouts: %s is not whole seconds from 0 to %d", d, maxTimeout/time.Second)
		}
	}
	attrs, err := encode(func(e *netlink.AttributeEncoder) {
		e.Uint32(attrTimeoutTCP, uint32(t.TCP/time.Second))
		e.Uint32(attrTimeoutFin, uint32(t.FIN/time.Second))
		e.Uint32(attrTimeoutUDP, uint32(t.UDP/time.Second))
	})
	if err == nil {
		err = order(ctx, h, func(c *conn) error { return c.tell(cmdSetConfig, attrs) })
	}
	if err != nil {
		return fmt.Errorf("set connection timeouts: %w", explainSystem(err))
	}
	return nil
}

// Zero sets the counters of the given services to zero, of all services if none is given.
func (h *Handle) Zero(ctx context.Context, ids ...ipvs.ServiceID) error {
	if len(ids) == 0 {
		return zeroed("all services", order(ctx, h, func(c *conn) error { return c.tell(cmdZero, nil) }))
	}
	for _, id := range ids {
		attrs, err := encodeService(id.Normal())
		if err == nil {
			err = order(ctx, h, func(c *conn) error { return c.tell(cmdZero, attrs) })
		}
		if err != nil {
			return zeroed(id.String(), err)
		}
	}
	return nil
}

func zeroed(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("zero counters of %s: %w", what, explainSystem(err))
}

// tell sends one command that is answered with an acknowledgement only.
func (c *conn) tell(cmd uint8, attrs []byte) error {
	_, err := c.ask(cmd, netlink.Acknowledge, attrs)
	return err
}

// askNumbers sends one command without arguments and visits the 32-bit numbers of its answer.
func (c *conn) askNumbers(cmd uint8, visit func(attr uint16, n uint32)) error {
	msgs, err := c.ask(cmd, 0, nil)
	if err != nil {
		return err
	}
	for _, m := range msgs {
		err := decodeEach(m.Data, func(d *netlink.AttributeDecoder) error {
			visit(d.Type(), d.Uint32())
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
