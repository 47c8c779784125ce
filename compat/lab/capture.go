package lab

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	"github.com/mdlayher/packet"
	"golang.org/x/sys/unix"
)

// Frame is an Ethernet frame as it passed a device.
type Frame struct {
	At   time.Time // when it was read: well under a millisecond after it passed
	Data []byte    // from the destination's hardware address on, without checksum
}

// Capture is the frames that pass a device, both ways. Stop it when done; it
// also ends when the host goes down.
type Capture struct {
	Record[Frame]
	conn *packet.Conn
	once sync.Once
}

// Capture listens on a device of the running host.
func (h *Host) Capture(dev string) (*Capture, error) {
	g, err := h.running()
	if err != nil {
		return nil, err
	}
	conn, err := listenPackets(g.ns, dev, unix.ETH_P_ALL)
	if err != nil {
		return nil, fmt.Errorf("capture on %s of %s: %w", dev, h.Name, err)
	}
	c := &Capture{conn: conn}
	go c.read()
	go func() {
		<-g.down
		c.Stop()
	}()
	return c, nil
}

// listenPackets opens a packet socket that sees whole frames of one protocol.
func listenPackets(ns *os.File, dev string, proto int) (*packet.Conn, error) {
	var conn *packet.Conn
	err := inNetns(ns, func() error {
		ifi, err := net.InterfaceByName(dev)
		if err != nil {
			return err
		}
		conn, err = packet.Listen(ifi, packet.Raw, proto, nil)
		return err
	})
	return conn, err
}

// Stop ends the capture.
func (c *Capture) Stop() { c.once.Do(func() { c.conn.Close() }) }

func (c *Capture) read() {
	b := make([]byte, 64<<10)
	for {
		n, _, err := c.conn.ReadFrom(b)
		switch {
		case err == nil:
			c.add(Frame{At: time.Now(), Data: append([]byte(nil), b[:n]...)})
		case errors.Is(err, unix.ENETDOWN): // the device went down; it may come back
		default:
			c.end(fmt.Errorf("capture: %w", err))
			return
		}
	}
}

const etherHeader = 14

// EtherType is the frame's protocol: 0x0800 IPv4, 0x0806 ARP, 0x86dd IPv6.
func (f Frame) EtherType() uint16 {
	if len(f.Data) < etherHeader {
		return 0
	}
	return binary.BigEndian.Uint16(f.Data[12:])
}

// SourceMAC is the hardware address of the card that sent the frame.
func (f Frame) SourceMAC() net.HardwareAddr {
	if len(f.Data) < etherHeader {
		return nil
	}
	return net.HardwareAddr(f.Data[6:12])
}

// UDP takes an unfragmented UDP datagram out of the frame.
func (f Frame) UDP() (src, dst netip.AddrPort, payload []byte, ok bool) {
	from, to, proto, body, ok := f.ip()
	if !ok || proto != unix.IPPROTO_UDP || len(body) < 8 {
		return netip.AddrPort{}, netip.AddrPort{}, nil, false
	}
	n := int(binary.BigEndian.Uint16(body[4:]))
	if n < 8 || n > len(body) {
		return netip.AddrPort{}, netip.AddrPort{}, nil, false
	}
	src = netip.AddrPortFrom(from, binary.BigEndian.Uint16(body))
	dst = netip.AddrPortFrom(to, binary.BigEndian.Uint16(body[2:]))
	return src, dst, body[8:n], true
}

// ip takes the packet's addresses, protocol and content; extension headers of
// IPv6 are not looked behind.
func (f Frame) ip() (src, dst netip.Addr, proto byte, body []byte, ok bool) {
	if len(f.Data) < etherHeader {
		return
	}
	p := f.Data[etherHeader:]
	switch {
	case f.EtherType() == unix.ETH_P_IP && len(p) >= 20:
		header := int(p[0]&15) * 4
		if header < 20 || header > len(p) {
			return
		}
		src, dst = netip.AddrFrom4([4]byte(p[12:])), netip.AddrFrom4([4]byte(p[16:]))
		return src, dst, p[9], p[header:], true
	case f.EtherType() == unix.ETH_P_IPV6 && len(p) >= 40:
		src, dst = netip.AddrFrom16([16]byte(p[8:])), netip.AddrFrom16([16]byte(p[24:]))
		return src, dst, p[6], p[40:], true
	}
	return
}
