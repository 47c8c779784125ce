package kernel

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"net/netip"
	"time"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"systole/pkg/ipvs"
)

// rawService is a service as its attributes come, before family and flags give them sense.
type rawService struct {
	family, protocol, port uint16
	addr, flags            []byte
	mark, timeout          uint32
	netmask                []byte
	scheduler              string
	stats                  ipvs.Stats
	wide                   bool // stats are 64-bit already
}

// decodeService reads one answer of GET_SERVICE.
func decodeService(b []byte) (ipvs.Service, ipvs.Stats, error) {
	var raw rawService
	if err := decodeNested(b, attrService, raw.attribute); err != nil {
		return ipvs.Service{}, ipvs.Stats{}, fmt.Errorf("service from the kernel: %w", err)
	}
	s, err := raw.service()
	if err != nil {
		return ipvs.Service{}, ipvs.Stats{}, fmt.Errorf("service from the kernel: %w", err)
	}
	return s, raw.stats, nil
}

func (r *rawService) attribute(d *netlink.AttributeDecoder) (err error) {
	switch d.Type() {
	case svcFamily:
		r.family = d.Uint16()
	case svcProtocol:
		r.protocol = d.Uint16()
	case svcAddr:
		r.addr = d.Bytes()
	case svcPort:
		r.port, err = decodePort(d.Bytes())
	case svcFWMark:
		r.mark = d.Uint32()
	case svcScheduler:
		r.scheduler = d.String()
	case svcFlags:
		r.flags = d.Bytes()
	case svcTimeout:
		r.timeout = d.Uint32()
	case svcNetmask:
		r.netmask = d.Bytes()
	case svcStats, svcStats64:
		decodeStats(d, d.Type() == svcStats64, &r.stats, &r.wide)
	}
	return err
}

func (r *rawService) service() (ipvs.Service, error) {
	id, err := r.id()
	if err != nil {
		return ipvs.Service{}, err
	}
	if len(r.flags) < 4 || len(r.netmask) != 4 {
		return ipvs.Service{}, fmt.Errorf("flags of %d bytes, netmask of %d", len(r.flags), len(r.netmask))
	}
	flags := binary.NativeEndian.Uint32(r.flags)
	s := ipvs.Service{
		ServiceID: id, Scheduler: r.scheduler,
		SchedFlags: ipvs.SchedFlagNames(r.scheduler, flags),
		OnePacket:  flags&flagOnePacket != 0,
	}
	if flags&flagPersistent != 0 {
		s.Persistent = time.Duration(r.timeout) * time.Second
		s.Netmask = decodeMask(r.family, r.netmask)
	}
	return s.Normal(), nil
}

func (r *rawService) id() (ipvs.ServiceID, error) {
	if r.family != unix.AF_INET && r.family != unix.AF_INET6 {
		return ipvs.ServiceID{}, fmt.Errorf("address family %d", r.family)
	}
	if r.mark != 0 {
		return ipvs.MarkService(r.mark, r.family == unix.AF_INET6), nil
	}
	addr, err := decodeAddr(r.family, r.addr)
	if err != nil {
		return ipvs.ServiceID{}, err
	}
	return ipvs.AddrService(ipvs.Protocol(r.protocol), netip.AddrPortFrom(addr, r.port)), nil
}

// decodeMask reads the mask of persistence: for IPv4 an address mask in network order, for IPv6 a
// prefix length. What is no prefix is HolesMask.
func decodeMask(family uint16, b []byte) int {
	if family == unix.AF_INET6 {
		if n := binary.NativeEndian.Uint32(b); n <= 128 {
			return int(n)
		}
		return ipvs.HolesMask
	}
	mask := binary.BigEndian.Uint32(b)
	n := bits.LeadingZeros32(^mask)
	if mask == 0 || mask<<n != 0 {
		return ipvs.HolesMask
	}
	return n
}

// rawDest is a destination as its attributes come.
type rawDest struct {
	family, port uint16
	addr         []byte
	dest         ipvs.Dest
	stats        ipvs.Stats
	wide         bool
}

// decodeDest reads one answer of GET_DEST about a service. Kernels before 3.18 give no family:
// there it is the service's.
func decodeDest(b []byte, id ipvs.ServiceID) (ipvs.Dest, ipvs.Stats, error) {
	raw := rawDest{family: family(id)}
	err := decodeNested(b, attrDest, raw.attribute)
	var addr netip.Addr
	if err == nil {
		addr, err = decodeAddr(raw.family, raw.addr)
	}
	if err != nil {
		return ipvs.Dest{}, ipvs.Stats{}, fmt.Errorf("destination of %s from the kernel: %w", id, err)
	}
	raw.dest.Addr = netip.AddrPortFrom(addr, raw.port)
	return raw.dest, raw.stats, nil
}

func (r *rawDest) attribute(d *netlink.AttributeDecoder) (err error) {
	switch d.Type() {
	case destAddr:
		r.addr = d.Bytes()
	case destPort:
		r.port, err = decodePort(d.Bytes())
	case destFamily:
		r.family = d.Uint16()
	case destForward:
		r.dest.Forward = ipvs.Forward(d.Uint32() & forwardMask)
	case destWeight:
		r.dest.Weight = int(d.Int32())
	case destUpper:
		r.dest.Upper = d.Uint32()
	case destLower:
		r.dest.Lower = d.Uint32()
	case destActive:
		r.stats.Active = d.Uint32()
	case destInactive:
		r.stats.Inactive = d.Uint32()
	case destPersistent:
		r.stats.Persistent = d.Uint32()
	case destStats, destStats64:
		decodeStats(d, d.Type() == destStats64, &r.stats, &r.wide)
	}
	return err
}

// decodeStats reads a block of counters. The 64-bit block (since Linux 4.1) wins over the 32-bit
// one, in whichever order they come.
func decodeStats(d *netlink.AttributeDecoder, isWide bool, s *ipvs.Stats, haveWide *bool) {
	if *haveWide && !isWide {
		return
	}
	*haveWide = isWide
	counters := [...]*uint64{
		1: &s.Conns, 2: &s.InPkts, 3: &s.OutPkts, 4: &s.InBytes, 5: &s.OutBytes,
		6: &s.CPS, 7: &s.InPPS, 8: &s.OutPPS, 9: &s.InBPS, 10: &s.OutBPS,
	}
	d.Nested(func(d *netlink.AttributeDecoder) error {
		for d.Next() {
			if n := int(d.Type()); n >= 1 && n < len(counters) {
				*counters[n] = decodeCounter(d)
			}
		}
		return nil
	})
}

// decodeCounter reads a counter of either width: even the 32-bit block holds bytes in 64.
func decodeCounter(d *netlink.AttributeDecoder) uint64 {
	var n uint64
	d.Do(func(b []byte) error {
		switch len(b) {
		case 4:
			n = uint64(binary.NativeEndian.Uint32(b))
		case 8:
			n = binary.NativeEndian.Uint64(b)
		default:
			return fmt.Errorf("counter of %d bytes", len(b))
		}
		return nil
	})
	return n
}

// decodeNested calls visit for each attribute inside the wanted top-level one.
func decodeNested(b []byte, want uint16, visit func(*netlink.AttributeDecoder) error) error {
	return decodeEach(b, func(top *netlink.AttributeDecoder) error {
		if top.Type() != want {
			return nil
		}
		top.Nested(func(d *netlink.AttributeDecoder) error {
			for d.Next() {
				if err := visit(d); err != nil {
					return err
				}
			}
			return nil
		})
		return nil
	})
}

// decodeEach calls visit for each top-level attribute.
func decodeEach(b []byte, visit func(*netlink.AttributeDecoder) error) error {
	d, err := netlink.NewAttributeDecoder(b)
	if err != nil {
		return err
	}
	for d.Next() {
		if err := visit(d); err != nil {
			return err
		}
	}
	return d.Err()
}
