package drpath

import (
	"encoding/binary"
	"net"
	"net/netip"
)

// TCP flags (RFC 9293 3.1).
const (
	flagSYN = 0x02
	flagRST = 0x04
	flagACK = 0x10
)

const (
	ethernetHeader = 14
	ipv4Header     = 20
	ipv6Header     = 40
	tcpHeader      = 20
	protocolTCP    = 6
	hops           = 2
	window         = 1024
)

// segment is a TCP segment without data.
type segment struct {
	from, to netip.AddrPort
	seq, ack uint32
	flags    byte
}

// frame returns the segment in an Ethernet frame.
func (s segment) frame(from, to net.HardwareAddr) []byte {
	b := append(make([]byte, 0, ethernetHeader+ipv6Header+tcpHeader), to...)
	b = append(b, from...)
	if s.to.Addr().Is4() {
		b = binary.BigEndian.AppendUint16(b, etherTypeIPv4)
		return append(append(b, s.ipv4()...), s.tcp()...)
	}
	b = binary.BigEndian.AppendUint16(b, etherTypeIPv6)
	return append(append(b, s.ipv6()...), s.tcp()...)
}

// ipv4 is the header of RFC 791, not to be fragmented.
func (s segment) ipv4() []byte {
	b := make([]byte, ipv4Header)
	b[0] = 0x45
	binary.BigEndian.PutUint16(b[2:], ipv4Header+tcpHeader)
	b[6], b[8], b[9] = 0x40, hops, protocolTCP
	copy(b[12:], s.from.Addr().AsSlice())
	copy(b[16:], s.to.Addr().AsSlice())
	binary.BigEndian.PutUint16(b[10:], checksum(b))
	return b
}

// ipv6 is the header of RFC 8200.
func (s segment) ipv6() []byte {
	b := make([]byte, ipv6Header)
	b[0], b[5], b[6], b[7] = 0x60, tcpHeader, protocolTCP, hops
	copy(b[8:], s.from.Addr().AsSlice())
	copy(b[24:], s.to.Addr().AsSlice())
	return b
}

// tcp is the header of RFC 9293 with its checksum.
func (s segment) tcp() []byte {
	b := make([]byte, tcpHeader)
	binary.BigEndian.PutUint16(b, s.from.Port())
	binary.BigEndian.PutUint16(b[2:], s.to.Port())
	binary.BigEndian.PutUint32(b[4:], s.seq)
	binary.BigEndian.PutUint32(b[8:], s.ack)
	b[12], b[13] = tcpHeader/4<<4, s.flags
	binary.BigEndian.PutUint16(b[14:], window)
	binary.BigEndian.PutUint16(b[16:], checksum(s.from.Addr().AsSlice(), s.to.Addr().AsSlice(), []byte{0, protocolTCP, 0, tcpHeader}, b))
	return b
}

// checksum is that of RFC 1071 over parts of even length.
func checksum(parts ...[]byte) uint16 {
	var sum uint32
	for _, b := range parts {
		for i := 0; i+1 < len(b); i += 2 {
			sum += uint32(binary.BigEndian.Uint16(b[i:]))
		}
	}
	for sum>>16 != 0 {
		sum = sum&0xffff + sum>>16
	}
	return ^uint16(sum)
}

// parse reads the segment of a received frame; ok is false for anything else, fragments among it.
// Its checksum is not looked at: the network card has done that, or will.
func parse(b []byte) (s segment, ok bool) {
	if len(b) < ethernetHeader+ipv4Header+tcpHeader {
		return s, false
	}
	kind, b := binary.BigEndian.Uint16(b[12:]), b[ethernetHeader:]
	switch {
	case kind == etherTypeIPv4 && b[0]>>4 == 4:
		return parseIPv4(b)
	case kind == etherTypeIPv6 && b[0]>>4 == 6:
		return parseIPv6(b)
	}
	return s, false
}

func parseIPv4(b []byte) (s segment, ok bool) {
	header := int(b[0]&15) * 4
	if header < ipv4Header || len(b) < header+tcpHeader || b[9] != protocolTCP || binary.BigEndian.Uint16(b[6:])&0x3fff != 0 {
		return s, false
	}
	return parseTCP(netip.AddrFrom4([4]byte(b[12:16])), netip.AddrFrom4([4]byte(b[16:20])), b[header:]), true
}

func parseIPv6(b []byte) (s segment, ok bool) {
	if len(b) < ipv6Header+tcpHeader || b[6] != protocolTCP {
		return s, false
	}
	return parseTCP(netip.AddrFrom16([16]byte(b[8:24])), netip.AddrFrom16([16]byte(b[24:40])), b[ipv6Header:]), true
}

func parseTCP(from, to netip.Addr, b []byte) segment {
	return segment{
		from: netip.AddrPortFrom(from, binary.BigEndian.Uint16(b)),
		to:   netip.AddrPortFrom(to, binary.BigEndian.Uint16(b[2:])),
		seq:  binary.BigEndian.Uint32(b[4:]), ack: binary.BigEndian.Uint32(b[8:]), flags: b[13],
	}
}
