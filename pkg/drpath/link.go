package drpath

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"

	"github.com/mdlayher/packet"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

const (
	etherTypeIPv4 = unix.ETH_P_IP
	etherTypeIPv6 = unix.ETH_P_IPV6
)

// The ports that are asked from: above what the kernel gives to connections by default
// (ip_local_port_range ends at 60999).
const (
	firstPort = 61000
	ports     = 65536 - firstPort
)

// link is a packet socket on one interface for one address family, and who waits at it.
type link struct {
	conn *packet.Conn
	mac  net.HardwareAddr // own
	name string
	done chan struct{} // closed when nobody reads any more

	mu      sync.Mutex
	waiting map[place]question
	port    int // counts up
}

// place is where an answer arrives: by whom and at which own port.
type place struct {
	virtual netip.AddrPort
	port    uint16
}

// question is a SYN that waits for its answer.
type question struct {
	seq    uint32
	answer chan<- byte // the flags
}

func openLink(index int, ipv6 bool) (*link, error) {
	ifi, err := net.InterfaceByIndex(index)
	if err != nil {
		return nil, fmt.Errorf("interface %d: %w", index, err)
	}
	if len(ifi.HardwareAddr) != 6 {
		return nil, fmt.Errorf("%s is not an Ethernet interface", ifi.Name)
	}
	filter, kind := filterIPv4(), etherTypeIPv4
	if ipv6 {
		filter, kind = filterIPv6(), etherTypeIPv6
	}
	raw, err := bpf.Assemble(filter)
	if err != nil {
		return nil, fmt.Errorf("assemble packet filter: %w", err)
	}
	conn, err := packet.Listen(ifi, packet.Raw, kind, &packet.Config{Filter: raw})
	if err != nil {
		return nil, fmt.Errorf("open packet socket on %s: %w", ifi.Name, err)
	}
	return &link{conn: conn, mac: ifi.HardwareAddr, name: ifi.Name, done: make(chan struct{}), waiting: map[place]question{}, port: rand.IntN(ports)}, nil
}

// filterIPv4 lets through SYN and RST to our ports that are whole packets.
func filterIPv4() []bpf.Instruction {
	return append([]bpf.Instruction{
		bpf.LoadAbsolute{Off: ethernetHeader + 9, Size: 1},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: protocolTCP, SkipTrue: 8},
		bpf.LoadAbsolute{Off: ethernetHeader + 6, Size: 2},
		bpf.JumpIf{Cond: bpf.JumpBitsSet, Val: 0x1fff, SkipTrue: 6},
		bpf.LoadMemShift{Off: ethernetHeader},
	}, filterTCP(ethernetHeader)...)
}

// filterIPv6 is the same for packets without extension headers.
func filterIPv6() []bpf.Instruction {
	return append([]bpf.Instruction{
		bpf.LoadAbsolute{Off: ethernetHeader + 6, Size: 1},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: protocolTCP, SkipTrue: 6},
		bpf.LoadConstant{Dst: bpf.RegX, Val: ipv6Header},
	}, filterTCP(ethernetHeader)...)
}

// filterTCP ends a filter; register X is the length of the IP header that begins at off.
func filterTCP(off uint32) []bpf.Instruction {
	return []bpf.Instruction{
		bpf.LoadIndirect{Off: off + 2, Size: 2},
		bpf.JumpIf{Cond: bpf.JumpLessThan, Val: firstPort, SkipTrue: 3},
		bpf.LoadIndirect{Off: off + 13, Size: 1},
		bpf.JumpIf{Cond: bpf.JumpBitsNotSet, Val: flagSYN | flagRST, SkipTrue: 1},
		bpf.RetConstant{Val: 256},
		bpf.RetConstant{Val: 0},
	}
}

// read gives answers to those who wait, until the socket is closed or its interface is gone.
func (l *link) read() {
	b := make([]byte, 256)
	for {
		n, _, err := l.conn.ReadFrom(b)
		if err != nil {
			return
		}
		if s, ok := parse(b[:n]); ok {
			l.deliver(s)
		}
	}
}

// deliver gives the first answer to a question that is this one's: it acknowledges our number.
func (l *link) deliver(s segment) {
	l.mu.Lock()
	defer l.mu.Unlock()
	at := place{s.from, s.to.Port()}
	if q, ok := l.waiting[at]; ok && s.flags&flagACK != 0 && s.ack == q.seq+1 {
		delete(l.waiting, at)
		q.answer <- s.flags
	}
}

// expect finds a free port for a question.
func (l *link) expect(virtual netip.AddrPort, q question) (place, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for range ports {
		l.port++
		at := place{virtual, uint16(firstPort + l.port%ports)}
		if _, taken := l.waiting[at]; !taken {
			l.waiting[at] = q
			return at, nil
		}
	}
	return place{}, fmt.Errorf("%d questions for %s wait for an answer", ports, virtual)
}

func (l *link) forget(at place) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.waiting, at)
}

func (l *link) send(s segment, to net.HardwareAddr) error {
	if _, err := l.conn.WriteTo(s.frame(l.mac, to), &packet.Addr{HardwareAddr: to}); err != nil {
		return fmt.Errorf("send on %s: %w", l.name, err)
	}
	return nil
}
