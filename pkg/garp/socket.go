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
}

// openSender opens a socket that sends and receives nothing.
func openSender(ifi *net.Interface) (*socket, error) {
	return openSocket(ifi, bpf.RetConstant{Val: 0})
}

// openClaims opens a socket that receives the ARP frames whose sender is ip, and no others: on
// a busy LAN the rest never leaves the kernel.
func openClaims(ifi *net.Interface, ip netip.Addr) (*socket, error) {
	b := ip.As4()
	want := uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
	return openSocket(ifi,
		bpf.LoadAbsolute{Off: ethernetHeader + 14, Size: 4}, // ARP sender protocol address
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: want, SkipFalse: 1},
		bpf.RetConstant{Val: FrameLen},
		bpf.RetConstant{Val: 0},
	)
}

func openSocket(ifi *net.Interface, filter ...bpf.Instruction) (*socket, error) {
	if len(ifi.HardwareAddr) != 6 {
		return nil, fmt.Errorf("%s: %w", ifi.Name, ErrNotEthernet)
	}
	raw, err := bpf.Assemble(filter)
	if err != nil {
		return nil, fmt.Errorf("assemble ARP filter: %w", err)
	}
	conn, err := packet.Listen(ifi, packet.Raw, int(ethernet.EtherTypeARP), &packet.Config{Filter: raw})
	if err != nil {
		return nil, fmt.Errorf("open packet socket on %s: %w", ifi.Name, err)
	}
	return &socket{Conn: conn, name: ifi.Name}, nil
}

func (s *socket) send(frame []byte) error {
	_, err := s.WriteTo(frame, &packet.Addr{HardwareAddr: ethernet.Broadcast})
	if err != nil {
		return fmt.Errorf("send ARP on %s: %w", s.name, err)
	}
	return nil
}
