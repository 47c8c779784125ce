package netif

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// The errors of Add and Delete that callers tell apart.
var (
	ErrExists    = errors.New("address exists already")
	ErrNoAddress = errors.New("no such address")
)

// Address is one address of an interface.
type Address struct {
	Interface     string
	Prefix        netip.Prefix // the address with its own prefix length, not the network
	Broadcast     netip.Addr   // invalid: none
	Label         string       // IPv4: "eth0:0", or the interface's name; "" when adding: that name
	Secondary     bool         // another address of the same network came first
	NoPrefixRoute bool         // do not make the connected route
	Tentative     bool         // IPv6: duplicate detection is running
	Duplicate     bool         // IPv6: duplicate detection failed
	PeerNetwork   netip.Prefix // point to point: the other end; invalid otherwise
}

// Addresses returns the addresses of one interface, or of all for "", in the kernel's order.
// A missing interface is an error that wraps ErrNoInterface.
func (h *Handle) Addresses(name string) ([]Address, error) {
	names, link, err := h.addressNames(name)
	if err != nil {
		return nil, err
	}
	list, err := dump("addresses", func() ([]netlink.Addr, error) {
		return h.nl.AddrList(link, netlink.FAMILY_ALL)
	})
	if err != nil {
		return nil, err
	}
	return addressesOf(list, names), nil
}

func (h *Handle) addressNames(name string) (map[int]string, netlink.Link, error) {
	if name == "" {
		names, err := h.names()
		return names, nil, err
	}
	link, err := h.byName(name)
	if err != nil {
		return nil, nil, err
	}
	return map[int]string{link.Attrs().Index: name}, link, nil
}

func addressesOf(list []netlink.Addr, names map[int]string) []Address {
	all := make([]Address, 0, len(list))
	for _, a := range list {
		prefix, ok := prefixOf(a.IPNet)
		if !ok {
			continue
		}
		at := Address{
			Interface:     names[a.LinkIndex],
			Prefix:        prefix,
			Label:         strings.TrimRight(a.Label, "\x00"),
			Secondary:     a.Flags&unix.IFA_F_SECONDARY != 0 && prefix.Addr().Is4(),
			NoPrefixRoute: a.Flags&unix.IFA_F_NOPREFIXROUTE != 0,
			Tentative:     a.Flags&unix.IFA_F_TENTATIVE != 0,
			Duplicate:     a.Flags&unix.IFA_F_DADFAILED != 0,
		}
		at.Broadcast, _ = netip.AddrFromSlice(a.Broadcast)
		if a.Peer != nil {
			at.PeerNetwork, _ = prefixOf(a.Peer)
		}
		all = append(all, at)
	}
	return all
}

// Add adds an address. Without Broadcast none is set: the library would compute one, where
// "ip addr add" of IPaddr2 adds none (agents spec 2.3). A loopback address gets scope host, any
// other scope global. An address that is there already is an error that wraps ErrExists.
func (h *Handle) Add(a Address) error {
	link, err := h.byName(a.Interface)
	if err != nil {
		return err
	}
	err = h.nl.AddrAdd(link, wireAddress(a))
	if errors.Is(err, unix.EEXIST) {
		err = ErrExists
	}
	if err != nil {
		return fmt.Errorf("add %s to %s: %w", a.Prefix, a.Interface, err)
	}
	return nil
}

// Delete removes the address Prefix from Interface; the other fields do not matter. An address
// that is not there is an error that wraps ErrNoAddress.
func (h *Handle) Delete(a Address) error {
	link, err := h.byName(a.Interface)
	if err != nil {
		return err
	}
	err = h.nl.AddrDel(link, &netlink.Addr{IPNet: ipNet(a.Prefix), Broadcast: net.IPv4zero})
	if errors.Is(err, unix.EADDRNOTAVAIL) {
		err = ErrNoAddress
	}
	if err != nil {
		return fmt.Errorf("delete %s from %s: %w", a.Prefix, a.Interface, err)
	}
	return nil
}

func wireAddress(a Address) *netlink.Addr {
	w := &netlink.Addr{IPNet: ipNet(a.Prefix), Label: a.Label, Broadcast: net.IPv4zero}
	if a.Broadcast.Is4() {
		w.Broadcast = a.Broadcast.AsSlice()
	}
	if a.Prefix.Addr().IsLoopback() {
		w.Scope = unix.RT_SCOPE_HOST
	}
	if a.NoPrefixRoute {
		w.Flags = unix.IFA_F_NOPREFIXROUTE
	}
	return w
}

func ipNet(p netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}

func prefixOf(n *net.IPNet) (netip.Prefix, bool) {
	if n == nil {
		return netip.Prefix{}, false
	}
	addr, ok := netip.AddrFromSlice(n.IP)
	bits, size := n.Mask.Size()
	if !ok || size == 0 {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(addr.Unmap(), bits), true
}
