package lab

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Switch is a bridge of the lab. Its own addresses make it a gateway to ping
// and, with another switch, a router.
type Switch struct {
	lab  *Lab
	name string
}

// Switch makes a switch; addrs in CIDR form are its own.
func (l *Lab) Switch(name string, addrs ...string) (*Switch, error) {
	s := &Switch{lab: l, name: name}
	l.mu.Lock()
	link := attrs(name)
	// Of its own accord a bridge takes the lowest address of its ports, so a host that dies
	// would change the gateway's.
	link.HardwareAddr = net.HardwareAddr{0x02, 0x53, 0, 0, 0xff, byte(len(l.switches))}
	l.mu.Unlock()
	err := l.inSwitches(func() error {
		if err := netlink.LinkAdd(&netlink.Bridge{LinkAttrs: link}); err != nil {
			return err
		}
		return withLink(name, netlink.LinkSetUp)
	})
	if err != nil {
		return nil, fmt.Errorf("switch %s: %w", name, err)
	}
	for _, a := range addrs {
		p, err := netip.ParsePrefix(a)
		if err != nil {
			return nil, fmt.Errorf("switch %s: %w", name, err)
		}
		if err := s.AddAddr(p); err != nil {
			return nil, err
		}
	}
	l.mu.Lock()
	l.switches = append(l.switches, s)
	l.mu.Unlock()
	return s, nil
}

// AddAddr gives the switch an address: a router or ping node comes to life.
func (s *Switch) AddAddr(p netip.Prefix) error {
	return s.lab.inSwitches(func() error { return addAddr(s.name, p) })
}

// DelAddr takes the address away: the router or ping node is dead.
func (s *Switch) DelAddr(p netip.Prefix) error {
	return s.lab.inSwitches(func() error {
		return withLink(s.name, func(link netlink.Link) error { return netlink.AddrDel(link, addrOf(p)) })
	})
}

// card is a network card of a host; it keeps its hardware address over reboots.
type card struct {
	dev  string
	port Port
	mac  net.HardwareAddr
	end  string // the port's device in the lab's namespace
	drop []dropRule
}

// newCards makes the host's cards in the order of their names.
func (l *Lab) newCards(h *Host) []*card {
	l.mu.Lock()
	defer l.mu.Unlock()
	var cards []*card
	for dev, port := range h.spec.Ports {
		cards = append(cards, &card{dev: dev, port: port})
	}
	slices.SortFunc(cards, func(a, b *card) int { return strings.Compare(a.dev, b.dev) })
	for _, c := range cards {
		l.macs++
		c.mac = net.HardwareAddr{0x02, 0, 0, 0, byte(l.macs >> 8), byte(l.macs)}
	}
	return cards
}

func (h *Host) card(dev string) (*card, error) {
	for _, c := range h.cards {
		if c.dev == dev {
			return c, nil
		}
	}
	return nil, fmt.Errorf("host %s has no card %s", h.Name, dev)
}

func (h *Host) hasMAC(mac string) bool {
	return slices.ContainsFunc(h.cards, func(c *card) bool { return c.mac.String() == mac })
}

// plugIn makes the wires of a host that has just booted.
func (h *Host) plugIn(g *guest) error {
	if err := inNetns(g.ns, func() error { return withLink("lo", netlink.LinkSetUp) }); err != nil {
		return err
	}
	for _, c := range h.cards {
		if err := h.lab.wire(c, g.ns); err != nil {
			return fmt.Errorf("wire of %s: %w", c.dev, err)
		}
		if err := inNetns(g.ns, c.configure); err != nil {
			return fmt.Errorf("set up %s: %w", c.dev, err)
		}
	}
	return nil
}

// wire makes the veth pair of a card. Faults that were set before a reboot are
// gone, as a new cable has none.
func (l *Lab) wire(c *card, to *os.File) error {
	l.mu.Lock()
	l.ports++
	c.end, c.drop = fmt.Sprintf("p%d", l.ports), nil
	l.mu.Unlock()
	return l.inSwitches(func() error {
		sw, err := netlink.LinkByName(c.port.Switch.name)
		if err != nil {
			return fmt.Errorf("switch %s: %w", c.port.Switch.name, err)
		}
		veth := netlink.NewVeth(attrs(c.end))
		veth.MasterIndex = sw.Attrs().Index
		veth.PeerName, veth.PeerNamespace, veth.PeerHardwareAddr = c.dev, netlink.NsFd(to.Fd()), c.mac
		if err := netlink.LinkAdd(veth); err != nil {
			return err
		}
		return withLink(c.end, netlink.LinkSetUp)
	})
}

func (c *card) configure() error {
	if err := withLink(c.dev, netlink.LinkSetUp); err != nil {
		return err
	}
	for _, a := range c.port.Addrs {
		if err := addAddr(c.dev, a); err != nil {
			return fmt.Errorf("%s: %w", a, err)
		}
	}
	return nil
}

// route sets the default route.
func (h *Host) route(g *guest) error {
	if !h.spec.Gateway.IsValid() {
		return nil
	}
	return inNetns(g.ns, func() error {
		return netlink.RouteAdd(&netlink.Route{Gw: h.spec.Gateway.AsSlice()})
	})
}

// unwire tears all wires of a host out of their switches.
func (l *Lab) unwire(h *Host) {
	l.inSwitches(func() error {
		var errs []error
		for _, c := range h.cards {
			errs = append(errs, withLink(c.end, netlink.LinkDel))
		}
		return errors.Join(errs...)
	})
}

func attrs(name string) netlink.LinkAttrs {
	a := netlink.NewLinkAttrs()
	a.Name = name
	return a
}

func withLink(name string, do func(netlink.Link) error) error {
	link, err := netlink.LinkByName(name)
	if err != nil {
		return fmt.Errorf("link %s: %w", name, err)
	}
	return do(link)
}

// addAddr adds an address that is usable at once: IPv6's second of duplicate
// address detection is left out.
func addAddr(dev string, p netip.Prefix) error {
	return withLink(dev, func(link netlink.Link) error { return netlink.AddrAdd(link, addrOf(p)) })
}

func addrOf(p netip.Prefix) *netlink.Addr {
	a := &netlink.Addr{IPNet: &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}}
	if p.Addr().Is6() {
		a.Flags = unix.IFA_F_NODAD
	}
	return a
}
