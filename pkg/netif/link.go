package netif

import (
	"errors"
	"fmt"
	"net"

	"github.com/vishvananda/netlink"
)

// ErrNoInterface says that an interface of that name does not exist.
var ErrNoInterface = errors.New("no such interface")

// Link is one network interface.
type Link struct {
	Name     string
	Index    int
	MAC      net.HardwareAddr
	MTU      int
	Up       bool // administratively up
	Loopback bool
}

// Net returns the link as the standard library describes it, for packet sockets.
func (l Link) Net() *net.Interface {
	return &net.Interface{Index: l.Index, Name: l.Name, MTU: l.MTU, HardwareAddr: l.MAC, Flags: l.flags()}
}

func (l Link) flags() net.Flags {
	var f net.Flags
	if l.Up {
		f |= net.FlagUp
	}
	if l.Loopback {
		f |= net.FlagLoopback
	}
	return f
}

// Link returns the interface of that name, or an error that wraps ErrNoInterface.
func (h *Handle) Link(name string) (Link, error) {
	l, err := h.byName(name)
	if err != nil {
		return Link{}, err
	}
	return linkOf(l), nil
}

// Up brings an interface up; it does nothing to one that is up.
func (h *Handle) Up(name string) error {
	l, err := h.byName(name)
	if err != nil {
		return err
	}
	if err := h.nl.LinkSetUp(l); err != nil {
		return fmt.Errorf("bring %s up: %w", name, err)
	}
	return nil
}

func (h *Handle) byName(name string) (netlink.Link, error) {
	l, err := h.nl.LinkByName(name)
	var missing netlink.LinkNotFoundError
	if errors.As(err, &missing) {
		return nil, fmt.Errorf("%s: %w", name, ErrNoInterface)
	}
	if err != nil {
		return nil, fmt.Errorf("look up interface %s: %w", name, err)
	}
	return l, nil
}

// names returns the names of all interfaces by index.
func (h *Handle) names() (map[int]string, error) {
	links, err := dump("interfaces", h.nl.LinkList)
	if err != nil {
		return nil, err
	}
	names := make(map[int]string, len(links))
	for _, l := range links {
		names[l.Attrs().Index] = l.Attrs().Name
	}
	return names, nil
}

func linkOf(l netlink.Link) Link {
	a := l.Attrs()
	return Link{
		Name:     a.Name,
		Index:    a.Index,
		MAC:      a.HardwareAddr,
		MTU:      a.MTU,
		Up:       a.Flags&net.FlagUp != 0,
		Loopback: a.Flags&net.FlagLoopback != 0,
	}
}
