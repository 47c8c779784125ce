package drpath

import (
	"net"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/bpf"
)

// segments are one of each family, as a server answers.
func segments() []segment {
	at := netip.MustParseAddrPort
	return []segment{
		{from: at("10.1.0.70:80"), to: at("10.1.0.1:61042"), seq: 0xfffffffe, ack: 7, flags: flagSYN | flagACK},
		{from: at("[fd00::70]:80"), to: at("[fd00::1]:65535"), seq: 1, ack: 0x80000000, flags: flagRST | flagACK},
	}
}

var (
	here  = net.HardwareAddr{2, 0, 0, 0, 0, 1}
	there = net.HardwareAddr{2, 0, 0, 0, 0, 2}
)

// A frame reads as what was written, and its checksums add up (RFC 1071: with the sum in place, 0).
func TestFrames(t *testing.T) {
	for _, s := range segments() {
		b := s.frame(here, there)
		got, ok := parse(b)
		if !ok || got != s {
			t.Errorf("%+v reads as %+v, %v", s, got, ok)
		}
		if d := cmp.Diff(append(there[:6:6], here...), net.HardwareAddr(b[:12])); d != "" {
			t.Error(d)
		}
		tcp := b[len(b)-tcpHeader:]
		if s.to.Addr().Is4() && checksum(b[ethernetHeader:ethernetHeader+ipv4Header]) != 0 {
			t.Errorf("IPv4 checksum of %x", b)
		}
		if checksum(s.from.Addr().AsSlice(), s.to.Addr().AsSlice(), []byte{0, protocolTCP, 0, tcpHeader}, tcp) != 0 {
			t.Errorf("TCP checksum of %x", b)
		}
	}
}

// The filters let through answers to our ports, and nothing else.
func TestFilters(t *testing.T) {
	for i, filter := range [][]bpf.Instruction{filterIPv4(), filterIPv6()} {
		vm, err := bpf.NewVM(filter)
		if err != nil {
			t.Fatal(err)
		}
		answer := segments()[i]
		protocol := ethernetHeader + 9 - 3*i // 9 in IPv4, 6 in IPv6
		for _, c := range []struct {
			name     string
			port     uint16
			flags    byte
			protocol byte
			length   int
			passes   bool
		}{
			{"an answer", 61042, flagSYN | flagACK, protocolTCP, 54, true},
			{"at the first port", firstPort, flagSYN | flagACK, protocolTCP, 54, true},
			{"at the last port", 65535, flagSYN | flagACK, protocolTCP, 54, true},
			{"at a port of the kernel", firstPort - 1, flagSYN | flagACK, protocolTCP, 54, false},
			{"RST", 61042, flagRST, protocolTCP, 54, true},
			{"data", 61042, flagACK, protocolTCP, 54, false},
			{"UDP", 61042, flagSYN, 17, 54, false},
			{"half a packet", 61042, flagSYN, protocolTCP, 34, false},
		} {
			answer.to, answer.flags = netip.AddrPortFrom(answer.to.Addr(), c.port), c.flags
			b := answer.frame(here, there)
			b[protocol] = c.protocol
			n, err := vm.Run(b[:min(len(b), c.length+20*i)])
			if err != nil || n > 0 != c.passes {
				t.Errorf("family %d: %s: %d, %v", i, c.name, n, err)
			}
		}
	}
	vm, err := bpf.NewVM(filterIPv4())
	if err != nil {
		t.Fatal(err)
	}
	fragment := segments()[0].frame(here, there)
	fragment[ethernetHeader+7] = 1
	if n, _ := vm.Run(fragment); n > 0 {
		t.Error("a fragment passes")
	}
}

// An answer goes to whom it is for: the number must be acknowledged.
func TestDeliver(t *testing.T) {
	l := &link{waiting: map[place]question{}}
	s := segments()[0]
	answer := make(chan byte, 1)
	at, err := l.expect(s.from, question{seq: 41, answer: answer})
	if err != nil {
		t.Fatal(err)
	}
	s.to = netip.AddrPortFrom(s.to.Addr(), at.port)
	for _, wrong := range []segment{
		{from: s.from, to: s.to, ack: 43, flags: flagSYN | flagACK},
		{from: s.from, to: s.to, ack: 42, flags: flagRST},
		{from: netip.AddrPortFrom(s.from.Addr(), 81), to: s.to, ack: 42, flags: flagSYN | flagACK},
		{from: s.from, to: netip.AddrPortFrom(s.to.Addr(), at.port-1), ack: 42, flags: flagSYN | flagACK},
	} {
		l.deliver(wrong)
	}
	if len(answer) > 0 {
		t.Fatal("somebody else's answer is taken")
	}
	right := segment{from: s.from, to: s.to, ack: 42, flags: flagSYN | flagACK}
	l.deliver(right)
	l.deliver(right) // repeated, and nobody waits any more
	if len(answer) != 1 || len(l.waiting) != 0 {
		t.Errorf("%d answers, %d wait", len(answer), len(l.waiting))
	}
}

// All ports can wait for one address, and one more is refused.
func TestPortsRunOut(t *testing.T) {
	l := &link{waiting: map[place]question{}}
	for range ports {
		if _, err := l.expect(virtual, question{}); err != nil {
			t.Fatal(err)
		}
	}
	if at, err := l.expect(virtual, question{}); err == nil {
		t.Errorf("port %d is given twice", at.port)
	}
	if _, err := l.expect(virtual6, question{}); err != nil {
		t.Error(err)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range segments() {
		b := s.frame(here, there)
		f.Add(b)
		f.Add(b[:len(b)-1])
		f.Add(b[:ethernetHeader+1])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		s, ok := parse(b)
		if !ok && s != (segment{}) {
			t.Errorf("%+v of %x", s, b)
		}
		if ok && (!s.from.IsValid() || !s.to.IsValid()) {
			t.Errorf("no addresses: %+v of %x", s, b)
		}
	})
}
