package netif

import (
	"errors"
	"net/netip"
	"strings"

	"golang.org/x/sys/unix"
)

// ErrNotFound says that no connected network holds the address and interface or netmask were
// not given.
var ErrNotFound = errors.New("unable to find nic or netmask")

// BadMask in Query.Bits stands for a netmask that was given and makes no sense. A start refuses
// it before the search; a stop goes on with it, and finds nothing.
const BadMask = -1

// Query is what a resource's argument gives; zero fields were not given.
type Query struct {
	IP        netip.Addr
	Interface string
	Bits      int    // prefix length, or BadMask
	Broadcast string // an address, "+" or "-"
}

// Found is the completed Query.
type Found struct {
	Interface string
	Bits      int
	Broadcast string // "": none
}

// Prefix returns the address with the prefix length found.
func (f Found) Prefix(ip netip.Addr) netip.Prefix { return netip.PrefixFrom(ip, f.Bits) }

// BroadcastAddr returns the broadcast address that "ip addr add … brd" makes of the text found:
// "+" sets the host bits, "-" clears them, and neither means anything on /31 and /32. It is
// invalid when there is none.
func (f Found) BroadcastAddr(ip netip.Addr) netip.Addr {
	switch f.Broadcast {
	case "+", "-":
		if !ip.Is4() || f.Bits >= 31 || f.Bits < 0 {
			return netip.Addr{}
		}
		return hostBits(ip, f.Bits, f.Broadcast == "+")
	}
	a, _ := netip.ParseAddr(f.Broadcast)
	return a
}

// Find completes q as the shell function findif of IPaddr2 does (agents spec 2.2): the connected
// network with the longest prefix that contains the address, never the default route. The
// broadcast is that of the interface's own address, whatever the netmask (2.3).
func (t Tables) Find(q Query) (Found, error) {
	f := Found{Interface: q.Interface, Bits: q.Bits, Broadcast: q.Broadcast}
	r, ok := t.connected(q)
	if !ok {
		if q.Interface == "" || q.Bits == 0 {
			return Found{}, ErrNotFound
		}
		return f, nil
	}
	if f.Interface == "" {
		f.Interface = r.Interface
	}
	if f.Bits == 0 {
		f.Bits = r.Destination.Bits()
	}
	if f.Broadcast == "" {
		f.Broadcast = t.inheritedBroadcast(r)
	}
	return f, nil
}

// connected returns the route the original takes from "ip route list match": of several with
// the longest prefix the last.
func (t Tables) connected(q Query) (Route, bool) {
	best, found := longest(t.Main, q, unix.RT_SCOPE_LINK)
	if !found && q.IP.Is4() && q.IP.IsLoopback() {
		return longest(t.Local, q, unix.RT_SCOPE_HOST)
	}
	return best, found
}

func longest(routes []Route, q Query, scope int) (best Route, found bool) {
	for _, r := range routes {
		if r.Scope != scope || !candidate(r, q) {
			continue
		}
		if !found || r.Destination.Bits() >= best.Destination.Bits() {
			best, found = r, true
		}
	}
	return best, found
}

// candidate says whether "ip route list match ip[/mask] [dev nic]" prints r with a "/": host
// routes and the default route are printed without one.
func candidate(r Route, q Query) bool {
	if q.Interface != "" && r.Interface != q.Interface {
		return false
	}
	if q.Bits < 0 || q.Bits > 0 && r.Destination.Bits() > q.Bits {
		return false
	}
	bits := r.Destination.Bits()
	return bits > 0 && bits < 32 && r.Destination.Contains(q.IP)
}

// inheritedBroadcast returns the broadcast of the address that r names as source. The original
// takes the seventh word of the route's text, which is the source only if the route prints its
// protocol, as the kernel's connected routes do.
func (t Tables) inheritedBroadcast(r Route) string {
	if r.Protocol == unix.RTPROT_BOOT || !r.Source.IsValid() {
		return ""
	}
	for _, a := range t.Addresses {
		if a.Prefix.Addr() == r.Source && a.Broadcast.IsValid() {
			return a.Broadcast.String()
		}
	}
	return ""
}

// ParseMask reads a netmask as bits ("28") or dotted quad ("255.255.255.240"). dotted tells
// which; bits is BadMask for anything else, for a quad with holes, and outside 1 to 32.
func ParseMask(text string) (bits int, dotted bool) {
	if strings.Contains(text, ".") {
		return quadBits(text), true
	}
	n, ok := decimal(text)
	if !ok || n < 1 || n > 32 {
		return BadMask, false
	}
	return n, false
}

// FormatMask returns the dotted quad of a prefix length.
func FormatMask(bits int) string {
	return hostBits(netip.AddrFrom4([4]byte{255, 255, 255, 255}), bits, false).String()
}

func quadBits(text string) int {
	a, err := netip.ParseAddr(text)
	if err != nil || !a.Is4() {
		return BadMask
	}
	for bits := 1; bits <= 32; bits++ {
		if FormatMask(bits) == a.String() {
			return bits
		}
	}
	return BadMask
}

func decimal(text string) (int, bool) {
	n := 0
	for _, c := range text {
		if c < '0' || c > '9' || n > 1000 {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, text != ""
}

// hostBits sets or clears the bits of an IPv4 address behind the prefix.
func hostBits(ip netip.Addr, bits int, set bool) netip.Addr {
	b := ip.As4()
	for i := bits; i < 32; i++ {
		if set {
			b[i/8] |= 0x80 >> (i % 8)
		} else {
			b[i/8] &^= 0x80 >> (i % 8)
		}
	}
	return netip.AddrFrom4(b)
}
