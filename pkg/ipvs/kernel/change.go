package kernel

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"slices"
	"time"

	"github.com/mdlayher/netlink"

	"systole/pkg/ipvs"
)

// Apply makes the changes in their order, without anyone else's call in between, and goes on
// after one that fails. The result has one error for each change, nil where it was made; an error
// names the change in ipvsadm's words, and errors.Is finds ipvs.ErrNoService and its like,
// ErrNoScheduler, ErrHung and the errno in it. ctx bounds them all, Options.Limit each batch.
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
	for start := 0; start < len(changes); start += batchMax {
		end := min(start+batchMax, len(changes))
		l.apply(ctx, changes[start:end], errs[start:end])
	}
	return errs
}

// apply sends a batch, without the changes that no kernel could make. When the batch as a whole fails
// nobody knows which of them were made.
func (l *line) apply(ctx context.Context, changes []ipvs.Change, errs []error) {
	var batch []netlink.Message
	var sent []int
	for i, c := range changes {
		m, err := message(c)
		if err != nil {
			errs[i] = explain(c, err)
			continue
		}
		batch, sent = append(batch, m), append(sent, i)
	}
	if len(batch) == 0 {
		return
	}
	refused, err := run(ctx, l, func(c *conn) ([]error, error) { return c.exchange(batch) })
	for n, i := range sent {
		if err != nil {
			errs[i] = explain(changes[i], err)
		} else if refused[n] != nil {
			errs[i] = explain(changes[i], refused[n])
		}
	}
}

// command is how an operation is sent.
type command struct {
	number  uint8
	service func(*netlink.AttributeEncoder, ipvs.Service)
	dest    func(*netlink.AttributeEncoder, ipvs.Dest) // nil: none
}

// commands are those that change the table.
var commands = map[ipvs.Op]command{
	ipvs.AddService:  {cmdNewService, wholeService, nil},
	ipvs.EditService: {cmdSetService, wholeService, nil},
	ipvs.DelService:  {cmdDelService, nameService, nil},
	ipvs.AddDest:     {cmdNewDest, nameService, wholeDest},
	ipvs.EditDest:    {cmdSetDest, nameService, wholeDest},
	ipvs.DelDest:     {cmdDelDest, nameService, nameDest},
}

// message builds the request for a change, without the family's number.
func message(c ipvs.Change) (netlink.Message, error) {
	if err := c.Validate(); err != nil {
		return netlink.Message{}, err
	}
	cmd, known := commands[c.Op]
	if !known {
		return netlink.Message{}, fmt.Errorf("operation %d is not known", uint8(c.Op))
	}
	service := c.Service.Normal()
	attrs, err := encode(func(e *netlink.AttributeEncoder) {
		nest(e, attrService, func(e *netlink.AttributeEncoder) { cmd.service(e, service) })
		if cmd.dest != nil {
			nest(e, attrDest, func(e *netlink.AttributeEncoder) { cmd.dest(e, c.Dest) })
		}
	})
	return netlink.Message{Data: slices.Concat([]byte{cmd.number, version, 0, 0}, attrs)}, err
}

// wholeService writes a service with its settings. The flags replace all of the kernel's but the
// "hashed" bit, which the kernel keeps to itself.
func wholeService(e *netlink.AttributeEncoder, s ipvs.Service) {
	nameService(e, s)
	e.String(svcScheduler, s.Scheduler)
	bits := binary.NativeEndian.AppendUint32(nil, flags(s))
	e.Bytes(svcFlags, binary.NativeEndian.AppendUint32(bits, ^uint32(0)))
	e.Uint32(svcTimeout, uint32(s.Persistent/time.Second))
	e.Uint32(svcNetmask, netmask(s))
}

// nameService writes which service is meant.
func nameService(e *netlink.AttributeEncoder, s ipvs.Service) { nameOf(e, s.ServiceID) }

// wholeDest writes a destination with its settings.
func wholeDest(e *netlink.AttributeEncoder, d ipvs.Dest) {
	nameDest(e, d)
	e.Uint32(destForward, uint32(d.Forward))
	e.Uint32(destWeight, uint32(d.Weight))
	e.Uint32(destUpper, d.Upper)
	e.Uint32(destLower, d.Lower)
}

// nameDest writes which destination of a service is meant. Its family is the service's.
func nameDest(e *netlink.AttributeEncoder, d ipvs.Dest) {
	e.Bytes(destAddr, d.Addr.Addr().Unmap().AsSlice())
	e.Bytes(destPort, binary.BigEndian.AppendUint16(nil, d.Addr.Port()))
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
