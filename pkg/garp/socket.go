package garp

import (
	"fmt"
	"net"
	"net/netip"

	"github.com/mdlayher/ethernet"
	"github.com/mdlayher/packet"
	"golang.org/x/net/bpf"
)

// socket is a packet socket on one interface.
type socket struct {
	*packet.Conn
	name string
	to   net.HardwareAddr // of what it sends
}

// openSender opens a socket that announces ip and receives nothing.
func openSender(ifi *net.Interface, ip netip.Addr) (*socket, error) {
	deaf := bpf.RetConstant{Val: 0}
	if ip.Is4() {
		return openSocket(ifi, ethernet.EtherTypeARP, ethernet.Broadcast, deaf)
	}
	_, to := allNodes()
	return openSocket(ifi, ethernet.EtherTypeIPv6, to, deaf)
}

// openClaims opens a socket that receives the ARP frames whose sender is ip, and no others: on
// a busy LAN the rest never leaves the kernel.
func openClaims(ifi *net.Interface, ip netip.Addr) (*socket, error) {
	b := ip.As4()
	want := uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
	return openSocket(ifi, ethernet.EtherTypeARP, ethernet.Broadcast,
		bpf.LoadAbsolute{Off: ethernetHeader + 14, Size: 4}, // ARP sender protocol address
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: want, SkipFalse: 1},
		bpf.RetConstant{Val: FrameLen},
		bpf.RetConstant{Val: 0},
	)
}

func openSocket(ifi *net.Interface, kind ethernet.EtherType, to net.HardwareAddr, filter ...bpf.Instruction) (*socket, error) {
	if len(ifi.HardwareAddr) != 6 {
		return nil, fmt.Errorf("%s: %w", ifi.Name, ErrNotEthernet)
	}
	raw, err := bpf.Assemble(filter)
	if err != nil {
		return nil, fmt.Errorf("assemble packet filter: %w", err)
	}
	conn, err := packet.Listen(ifi, packet.Raw, int(kind), &packet.Config{Filter: raw})
	if err != nil {
		return nil, fmt.Errorf("open packet socket on %s: %w", ifi.Name, err)
	}
	return &socket{Conn: conn, name: ifi.Name, to: to}, nil
}

func (s *socket) send(frame []byte) error {
	_, err := s.WriteTo(frame, &packet.Addr{HardwareAddr: s.to})
	if err != nil {
		return fmt.Errorf("send on %s: %w", s.name, err)
	}
	return nil
}
