package garp

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/mdlayher/arp"
	"github.com/mdlayher/ethernet"
)

// FrameLen is the length of an ARP frame for IPv4 on Ethernet. Nothing pads it to the 60 bytes
// of the cable: the driver does.
const FrameLen = ethernetHeader + arpLen

const (
	ethernetHeader = 14
	arpLen         = 28
)

// ErrNotEthernet refuses an interface whose address is not a six byte MAC, the loopback one
// among them.
var ErrNotEthernet = errors.New("not an Ethernet interface")

// Request returns the gratuitous request: who has ip, tell ip. from is the address in the
// Ethernet header, mac the one that is announced; the two differ for a cluster address only.
func Request(from, mac net.HardwareAddr, ip netip.Addr) ([]byte, error) {
	return frame(arp.OperationRequest, from, mac, ip, nobody(), ip)
}

// Reply returns the gratuitous reply: ip is at mac. The original names mac as the target too.
func Reply(from, mac net.HardwareAddr, ip netip.Addr) ([]byte, error) {
	return frame(arp.OperationReply, from, mac, ip, mac, ip)
}

// probe returns the question of RFC 5227 2.1.1, which no cache learns from: sender 0.0.0.0.
func probe(mac net.HardwareAddr, ip netip.Addr) ([]byte, error) {
	return frame(arp.OperationRequest, mac, mac, netip.IPv4Unspecified(), nobody(), ip)
}

func frame(op arp.Operation, from, mac net.HardwareAddr, sender netip.Addr, target net.HardwareAddr, targetIP netip.Addr) ([]byte, error) {
	if len(from) != 6 || len(mac) != 6 {
		return nil, ErrNotEthernet
	}
	p, err := arp.NewPacket(op, mac, sender, target, targetIP)
	if err != nil {
		return nil, fmt.Errorf("announce %s: %w", targetIP, err)
	}
	body, err := p.MarshalBinary()
	if err != nil {
		return nil, fmt.Errorf("announce %s: %w", targetIP, err)
	}
	b := make([]byte, 0, FrameLen)
	b = append(b, ethernet.Broadcast...)
	b = append(b, from...)
	b = binary.BigEndian.AppendUint16(b, uint16(ethernet.EtherTypeARP))
	return append(b, body...), nil
}

func nobody() net.HardwareAddr { return make(net.HardwareAddr, 6) }

// Claim is what a received ARP frame says: MAC has IP. A probe claims nothing.
type Claim struct {
	MAC net.HardwareAddr
	IP  netip.Addr
}

// ParseClaim reads a received frame, Ethernet header first. ok is false for anything but an ARP
// request or reply for IPv4 on Ethernet, and for a probe.
func ParseClaim(b []byte) (c Claim, ok bool) {
	if len(b) < FrameLen || binary.BigEndian.Uint16(b[12:]) != uint16(ethernet.EtherTypeARP) {
		return Claim{}, false
	}
	var p arp.Packet
	if p.UnmarshalBinary(b[ethernetHeader:]) != nil || !understood(p) {
		return Claim{}, false
	}
	return Claim{MAC: p.SenderHardwareAddr, IP: p.SenderIP}, !p.SenderIP.IsUnspecified()
}

func understood(p arp.Packet) bool {
	return p.HardwareType == 1 && p.ProtocolType == uint16(ethernet.EtherTypeIPv4) &&
		p.HardwareAddrLength == 6 && p.IPLength == 4 &&
		(p.Operation == arp.OperationRequest || p.Operation == arp.OperationReply)
}
