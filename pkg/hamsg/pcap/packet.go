package pcap

import (
	"encoding/binary"
	"net/netip"
)

// linkLayer is where the protocol number stands and how long the header is.
type linkLayer struct{ proto, size int }

const noProto = -1 // raw IP: the version is in the first byte

// linkLayers knows the link types of the tcpdump registry.
func linkLayers(number uint32) (linkLayer, bool) {
	switch number {
	case 1: // Ethernet
		return linkLayer{12, 14}, true
	case 12, 14, 101: // raw IP
		return linkLayer{noProto, 0}, true
	case 113: // Linux cooked
		return linkLayer{14, 16}, true
	case 276: // Linux cooked v2
		return linkLayer{0, 20}, true
	}
	return linkLayer{}, false
}

const (
	protoIPv4 = 0x0800
	protoIPv6 = 0x86dd
	protoVLAN = 0x8100
	protoQinQ = 0x88a8
)

// network takes the link layer off a packet; its protocol is 0 if the packet is too short.
func (l linkLayer) network(packet []byte) (proto uint16, rest []byte) {
	if len(packet) < l.size || len(packet) == 0 {
		return 0, nil
	}
	if l.proto == noProto {
		if packet[0]>>4 == 6 {
			return protoIPv6, packet
		}
		return protoIPv4, packet
	}
	proto = binary.BigEndian.Uint16(packet[l.proto:])
	rest = packet[l.size:]
	for (proto == protoVLAN || proto == protoQinQ) && len(rest) >= 4 {
		proto, rest = binary.BigEndian.Uint16(rest[2:]), rest[4:]
	}
	return proto, rest
}

// datagram takes a packet apart. It says false for anything but UDP and ICMP, and for a fragment
// as long as others of its datagram are missing.
func (r *Reader) datagram(packet []byte) (*Datagram, bool) {
	var p ipPacket
	ok := false
	switch proto, rest := r.link.network(packet); proto {
	case protoIPv4:
		p, ok = parseIPv4(rest)
	case protoIPv6:
		p, ok = parseIPv6(rest)
	}
	if !ok {
		return nil, false
	}
	pieces := 0
	if p.fragmented {
		if p.payload, pieces, ok = r.parts.add(p); !ok {
			return nil, false
		}
	}
	d, ok := p.transport()
	if ok {
		d.Fragments = pieces
	}
	return d, ok
}

// ipPacket is the part of an IP header that matters here, of either version.
type ipPacket struct {
	src, dst   netip.Addr
	proto      Protocol
	fragmented bool
	id         uint32
	offset     int // of a fragment, in bytes
	more       bool
	payload    []byte
}

func parseIPv4(b []byte) (p ipPacket, ok bool) {
	if len(b) < 20 || b[0]>>4 != 4 {
		return p, false
	}
	head, total := int(b[0]&15)*4, int(binary.BigEndian.Uint16(b[2:]))
	if head < 20 || total < head || total > len(b) {
		return p, false
	}
	bits := binary.BigEndian.Uint16(b[6:])
	p = ipPacket{
		src:     netip.AddrFrom4([4]byte(b[12:16])),
		dst:     netip.AddrFrom4([4]byte(b[16:20])),
		proto:   Protocol(b[9]),
		id:      uint32(binary.BigEndian.Uint16(b[4:])),
		offset:  int(bits&0x1fff) * 8,
		more:    bits&0x2000 != 0,
		payload: b[head:total],
	}
	p.fragmented = p.more || p.offset > 0
	return p, true
}

// IPv6 extension headers (RFC 8200).
const (
	hopByHop    Protocol = 0
	routing     Protocol = 43
	fragment    Protocol = 44
	destOptions Protocol = 60
)

func parseIPv6(b []byte) (p ipPacket, ok bool) {
	if len(b) < 40 || b[0]>>4 != 6 {
		return p, false
	}
	size := int(binary.BigEndian.Uint16(b[4:]))
	if 40+size > len(b) {
		return p, false
	}
	p = ipPacket{
		src:     netip.AddrFrom16([16]byte(b[8:24])),
		dst:     netip.AddrFrom16([16]byte(b[24:40])),
		proto:   Protocol(b[6]),
		payload: b[40 : 40+size],
	}
	for p.extension() {
	}
	return p, true
}

// extension takes one extension header off the payload, and says false if there is none.
func (p *ipPacket) extension() bool {
	b, size := p.payload, 8
	if len(b) < size || p.fragmented {
		return false
	}
	switch p.proto {
	case hopByHop, routing, destOptions:
		size += int(b[1]) * 8
	case fragment:
		bits := binary.BigEndian.Uint16(b[2:])
		p.id, p.offset, p.more = binary.BigEndian.Uint32(b[4:]), int(bits&^7), bits&1 != 0
		p.fragmented = p.more || p.offset > 0
	default:
		return false
	}
	if size > len(b) {
		return false
	}
	p.proto, p.payload = Protocol(b[0]), b[size:]
	return true
}

// transport reads the header of a whole UDP or ICMP datagram.
func (p *ipPacket) transport() (*Datagram, bool) {
	b := p.payload
	if len(b) < 8 {
		return nil, false
	}
	d := &Datagram{
		Protocol: p.proto,
		Src:      netip.AddrPortFrom(p.src, 0),
		Dst:      netip.AddrPortFrom(p.dst, 0),
		Payload:  b[8:],
	}
	switch p.proto {
	case UDP:
		size := int(binary.BigEndian.Uint16(b[4:]))
		if size < 8 || size > len(b) {
			return nil, false
		}
		d.Src = netip.AddrPortFrom(p.src, binary.BigEndian.Uint16(b))
		d.Dst = netip.AddrPortFrom(p.dst, binary.BigEndian.Uint16(b[2:]))
		d.Payload = b[8:size]
	case ICMP, ICMPv6:
		d.Type, d.ID, d.Seq = b[0], binary.BigEndian.Uint16(b[4:]), binary.BigEndian.Uint16(b[6:])
	default:
		return nil, false
	}
	return d, true
}
