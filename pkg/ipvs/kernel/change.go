package kernel

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"time"

	moby "github.com/moby/ipvs"

	"systole/pkg/ipvs"
)

// Apply makes the changes in their order, without anyone else's call in between, and goes on
// after one that fails. The result has one error for each change, nil where it was made; an error
// names the change in ipvsadm's words, and errors.Is finds ipvs.ErrNoService and its like,
// ErrNoScheduler, ErrHung and the errno in it. ctx bounds the batch, Options.Limit each change.
//
// Destinations are written as they are: Plan has them normal already (ipvs.Normalise).
func (h *Handle) Apply(ctx context.Context, changes []ipvs.Change) []error {
	errs := make([]error, len(changes))
	l, err := h.take(ctx)
	if err != nil {
		for i, c := range changes {
			errs[i] = explain(c, err)
		}
		return errs
	}
	defer func() { h.turn <- l }()
	for i, c := range changes {
		if err := l.change(ctx, c); err != nil {
			errs[i] = explain(c, err)
		}
	}
	return errs
}

func (l *line) change(ctx context.Context, c ipvs.Change) error {
	if err := c.Validate(); err != nil {
		return err
	}
	_, err := run(ctx, l, func(conn *conn) (struct{}, error) { return struct{}{}, conn.change(c) })
	return err
}

func (c *conn) change(ch ipvs.Change) error {
	s := mobyService(ch.Service)
	switch ch.Op {
	case ipvs.AddService:
		return c.moby.NewService(s)
	case ipvs.EditService:
		return c.moby.UpdateService(s)
	case ipvs.DelService:
		return c.moby.DelService(s)
	}
	d := mobyDest(ch.Dest)
	switch ch.Op {
	case ipvs.AddDest:
		return c.moby.NewDestination(s, d)
	case ipvs.EditDest:
		return c.moby.UpdateDestination(s, d)
	case ipvs.DelDest:
		return c.moby.DelDestination(s, d)
	}
	return fmt.Errorf("operation %d is not known", uint8(ch.Op))
}

// mobyService returns the service as moby sends it. Its flags replace all of the kernel's but the
// "hashed" bit, which the kernel keeps to itself.
func mobyService(s ipvs.Service) *moby.Service {
	s = s.Normal()
	m := &moby.Service{
		AddressFamily: family(s.ServiceID),
		FWMark:        s.FWMark,
		SchedName:     s.Scheduler,
		Flags:         flags(s),
		Timeout:       uint32(s.Persistent / time.Second),
		Netmask:       netmask(s),
	}
	if s.FWMark == 0 {
		m.Address, m.Port, m.Protocol = s.Addr.Addr().AsSlice(), s.Addr.Port(), uint16(s.Protocol)
	}
	return m
}

func flags(s ipvs.Service) uint32 {
	bits, _ := ipvs.SchedFlagBits(s.Scheduler, s.SchedFlags) // Validate has refused the unknown
	if s.Persistent != 0 {
		bits |= flagPersistent
	}
	if s.OnePacket {
		bits |= flagOnePacket
	}
	return bits
}

// netmask is the full mask unless the service has one of its own; the kernel wants it without
// persistence too.
func netmask(s ipvs.Service) uint32 {
	n := s.Netmask
	switch {
	case s.Is6() && n <= 0:
		return 128
	case s.Is6():
		return uint32(n)
	case n <= 0:
		n = 32
	}
	return binary.NativeEndian.Uint32(net.CIDRMask(n, 32))
}

func mobyDest(d ipvs.Dest) *moby.Destination {
	return &moby.Destination{
		Address: d.Addr.Addr().Unmap().AsSlice(), Port: d.Addr.Port(),
		ConnectionFlags: uint32(d.Forward), Weight: d.Weight,
		UpperThreshold: d.Upper, LowerThreshold: d.Lower,
	}
}
