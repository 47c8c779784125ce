package ping

import (
	"net/netip"

	"golang.org/x/net/icmp"
	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
	"golang.org/x/sys/unix"

	"systole/pkg/medium/socket"
)

// protocol is ICMP of either address family.
type protocol struct {
	family, number int
	request, reply icmp.Type
}

func protocolOf(host netip.Addr) protocol {
	if host.Is4() {
		return protocol{unix.AF_INET, unix.IPPROTO_ICMP, ipv4.ICMPTypeEcho, ipv4.ICMPTypeEchoReply}
	}
	return protocol{unix.AF_INET6, unix.IPPROTO_ICMPV6, ipv6.ICMPTypeEchoRequest, ipv6.ICMPTypeEchoReply}
}

// filter says which types the kernel keeps from a socket, a bit each: ICMP_FILTER of
// linux/icmp.h, which has 32 of them, and ICMP6_FILTER of linux/icmpv6.h.
type filter [8]uint32

const icmpFilter = 1

// everything is kept from a socket that only sends.
func everything() (f filter) {
	for i := range f {
		f[i] = ^uint32(0)
	}
	return f
}

// allButReplies is kept from the socket that receives.
func (p protocol) allButReplies() filter {
	f, bit := everything(), 0
	if p.family == unix.AF_INET6 {
		bit = int(ipv6.ICMPTypeEchoReply)
	}
	f[bit/32] &^= 1 << (bit % 32)
	return f
}

// socket makes a raw socket with a filter.
func (p protocol) socket(f filter) (*socket.Socket, error) {
	s, err := socket.New(p.family, unix.SOCK_RAW, p.number)
	if err != nil {
		return nil, err
	}
	if p.family == unix.AF_INET {
		err = s.Set(unix.SOL_RAW, icmpFilter, int(int32(f[0])))
	} else {
		err = s.Control(func(fd int) error {
			return unix.SetsockoptICMPv6Filter(fd, unix.IPPROTO_ICMPV6, unix.ICMPV6_FILTER, &unix.ICMPv6Filter{Data: f})
		})
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// body is the ICMP message of a packet as a raw socket gives it: with its header over IPv4.
func (p protocol) body(packet []byte) ([]byte, error) {
	if p.family == unix.AF_INET6 {
		return packet, nil
	}
	head, err := icmp.ParseIPv4Header(packet)
	if err != nil {
		return nil, err
	}
	if len(packet) < head.Len {
		return nil, errCut
	}
	return packet[head.Len:], nil
}
