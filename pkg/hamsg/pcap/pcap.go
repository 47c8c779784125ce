// Package pcap reads the UDP and ICMP datagrams out of a packet capture.
//
//	pcap file -> record -> link layer -> IPv4 / IPv6 -> fragments put together -> UDP, ICMP, ICMPv6
//
// It reads what tcpdump -w writes on Linux: classic pcap of either byte order, with microseconds
// or nanoseconds, of Ethernet (also with VLAN tags), raw IP, and the "any" device (cooked v1 and
// v2). It is as much as is needed to look at the messages of a heartbeat cluster; anything else
// in a capture is skipped. Checksums are not looked at, because captures of a sending machine
// hold unfinished ones.
package pcap

import (
	"encoding/binary"
	"fmt"
	"io"
	"net/netip"
	"time"
)

// Protocol is the IP protocol number of a datagram.
type Protocol uint8

// The protocols read.
const (
	ICMP   Protocol = 1
	UDP    Protocol = 17
	ICMPv6 Protocol = 58
)

// Datagram is what one UDP datagram or ICMP message carries.
type Datagram struct {
	Frame    int       // number of the (last) packet in the file, from 1
	At       time.Time // when it was captured
	Protocol Protocol
	Src, Dst netip.AddrPort // the ports of ICMP are 0

	// Of ICMP and ICMPv6: echo requests are types 8 and 128, replies 0 and 129. ID and Seq
	// are those of an echo, as big-endian numbers.
	Type    uint8
	ID, Seq uint16

	Payload   []byte // of an ICMP message: what follows the 8 bytes of the header
	Fragments int    // of IP that it came in; 0: whole
}

// Echo tells whether the datagram is an echo request or reply.
func (d *Datagram) Echo() bool {
	switch d.Protocol {
	case ICMP:
		return d.Type == 8 || d.Type == 0
	case ICMPv6:
		return d.Type == 128 || d.Type == 129
	}
	return false
}

// Error is a class of errors.
type Error string

// ErrFormat is the error for a file that is not a pcap file of a known link type.
const ErrFormat Error = "not a pcap file this package reads"

// Error returns the class in words.
func (e Error) Error() string { return string(e) }

// maxRecord bounds a packet; tcpdump takes no more than 262144 bytes of one.
const maxRecord = 1 << 20

// Reader reads a capture packet by packet.
type Reader struct {
	r     io.Reader
	order binary.ByteOrder
	tick  time.Duration // of the second half of a time stamp
	link  linkLayer
	frame int
	parts fragments
}

// formats are the magic numbers as they stand in the file.
func formats(magic [4]byte) (order binary.ByteOrder, tick time.Duration, ok bool) {
	switch magic {
	case [4]byte{0xd4, 0xc3, 0xb2, 0xa1}:
		return binary.LittleEndian, time.Microsecond, true
	case [4]byte{0xa1, 0xb2, 0xc3, 0xd4}:
		return binary.BigEndian, time.Microsecond, true
	case [4]byte{0x4d, 0x3c, 0xb2, 0xa1}:
		return binary.LittleEndian, time.Nanosecond, true
	case [4]byte{0xa1, 0xb2, 0x3c, 0x4d}:
		return binary.BigEndian, time.Nanosecond, true
	}
	return nil, 0, false
}

// NewReader reads the header of a capture. The error is ErrFormat or that of r.
func NewReader(r io.Reader) (*Reader, error) {
	var head [24]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, fmt.Errorf("pcap header: %w", err)
	}
	order, tick, ok := formats([4]byte(head[:4]))
	if !ok {
		return nil, fmt.Errorf("magic number %x: %w", head[:4], ErrFormat)
	}
	number := order.Uint32(head[20:]) & 0xffff
	link, ok := linkLayers(number)
	if !ok {
		return nil, fmt.Errorf("link type %d: %w", number, ErrFormat)
	}
	return &Reader{r: r, order: order, tick: tick, link: link}, nil
}

// Next returns the next UDP or ICMP datagram, io.EOF after the last, and
// io.ErrUnexpectedEOF if the file is cut.
func (r *Reader) Next() (*Datagram, error) {
	for {
		at, packet, err := r.record()
		if err != nil {
			return nil, err
		}
		r.frame++
		if d, ok := r.datagram(packet); ok {
			d.Frame, d.At = r.frame, at
			return d, nil
		}
	}
}

// record reads one packet with its time.
func (r *Reader) record() (at time.Time, packet []byte, err error) {
	var head [16]byte
	if _, err = io.ReadFull(r.r, head[:]); err != nil {
		return at, nil, err
	}
	size := r.order.Uint32(head[8:])
	if size > maxRecord {
		return at, nil, fmt.Errorf("packet %d of %d bytes: %w", r.frame+1, size, ErrFormat)
	}
	packet = make([]byte, size)
	if _, err = io.ReadFull(r.r, packet); err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	rest := time.Duration(r.order.Uint32(head[4:])) * r.tick
	return time.Unix(int64(r.order.Uint32(head[:])), int64(rest)), packet, err
}

// Incomplete returns how many datagrams still wait for fragments: at the end of a capture, those
// of which parts are missing.
func (r *Reader) Incomplete() int { return len(r.parts.pending) }

// ReadAll returns all datagrams of a capture. Those read before an error come with it.
func ReadAll(r io.Reader) ([]*Datagram, error) {
	in, err := NewReader(r)
	if err != nil {
		return nil, err
	}
	var all []*Datagram
	for {
		d, err := in.Next()
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		all = append(all, d)
	}
}
