package garp

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"

	"github.com/mdlayher/ethernet"
	"golang.org/x/net/icmp"
	"golang.org/x/net/ipv6"
)

// The frame of an unsolicited neighbour advertisement (agents spec 4), 86 bytes:
//
//	33 33 00 00 00 01  5e df dd 9f 3b e0  86 dd           to all nodes, from the interface, IPv6
//	6. .. .. ..  00 20  3a  ff  fd00::70  ff02::1         payload 32, ICMPv6, hop limit 255
//	88 00 ck ck  20 00 00 00  fd00::70  02 01 5e df …     override, target, its link-layer address
const (
	advertisementLen = 32
	protocolICMPv6   = 58
	hopLimit         = 255     // RFC 4861 4.4: any other is ignored
	override         = 1 << 29 // flags of the message
	targetLinkLayer  = 2       // type of the option
)

// allNodes and its Ethernet group are where advertisements go (RFC 4861 7.2.6, RFC 2464 7).
func allNodes() (netip.Addr, net.HardwareAddr) {
	return netip.MustParseAddr("ff02::1"), net.HardwareAddr{0x33, 0x33, 0, 0, 0, 1}
}

// Advertisement returns the frame that says, unasked, that ip is at mac: the Override flag makes
// neighbours forget what they knew. from is the address in the Ethernet header.
func Advertisement(from, mac net.HardwareAddr, ip netip.Addr) ([]byte, error) {
	if len(from) != 6 || len(mac) != 6 {
		return nil, ErrNotEthernet
	}
	group, to := allNodes()
	said := binary.BigEndian.AppendUint32(nil, override)
	said = append(said, ip.AsSlice()...)
	said = append(said, targetLinkLayer, 1) // 1: its length is 8 bytes
	said = append(said, mac...)
	message := icmp.Message{Type: ipv6.ICMPTypeNeighborAdvertisement, Body: &icmp.RawBody{Data: said}}
	body, err := message.Marshal(icmp.IPv6PseudoHeader(ip.AsSlice(), group.AsSlice()))
	if err != nil {
		return nil, fmt.Errorf("announce %s: %w", ip, err)
	}
	b := make([]byte, 0, ethernetHeader+ipv6.HeaderLen+advertisementLen)
	b = append(b, to...)
	b = append(b, from...)
	b = binary.BigEndian.AppendUint16(b, uint16(ethernet.EtherTypeIPv6))
	b = append(b, ipv6.Version<<4, 0, 0, 0)
	b = binary.BigEndian.AppendUint16(b, uint16(len(body)))
	b = append(b, protocolICMPv6, hopLimit)
	b = append(b, ip.AsSlice()...)
	b = append(b, group.AsSlice()...)
	return append(b, body...), nil
}
