package netif

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Route is one unicast or local IPv4 route.
type Route struct {
	Destination netip.Prefix
	Interface   string
	Source      netip.Addr // preferred source; invalid: none
	Gateway     netip.Addr // invalid: directly connected
	Metric      int
	Scope       int // RT_SCOPE_LINK is 253 (linux/rtnetlink.h)
	Protocol    int // RTPROT_BOOT, 3, is what "ip route add" writes and "ip route" does not print
}

// Tables is what the kernel said about addresses and IPv4 routes, in its order.
type Tables struct {
	Addresses []Address
	Main      []Route // the main table
	Local     []Route // networks of the local table, such as 127.0.0.0/8 dev lo
}

// Tables reads addresses and routes.
func (h *Handle) Tables() (Tables, error) {
	names, err := h.names()
	if err != nil {
		return Tables{}, err
	}
	addrs, err := dump("addresses", func() ([]netlink.Addr, error) {
		return h.nl.AddrList(nil, netlink.FAMILY_ALL)
	})
	if err != nil {
		return Tables{}, err
	}
	t := Tables{Addresses: addressesOf(addrs, names)}
	if t.Main, err = h.routes(unix.RT_TABLE_MAIN, unix.RTN_UNICAST, names); err != nil {
		return Tables{}, err
	}
	t.Local, err = h.routes(unix.RT_TABLE_LOCAL, unix.RTN_LOCAL, names)
	return t, err
}

func (h *Handle) routes(table, kind int, names map[int]string) ([]Route, error) {
	filter := &netlink.Route{Table: table, Type: kind}
	list, err := dump("routes", func() ([]netlink.Route, error) {
		return h.nl.RouteListFiltered(netlink.FAMILY_V4, filter, netlink.RT_FILTER_TABLE|netlink.RT_FILTER_TYPE)
	})
	if err != nil {
		return nil, err
	}
	all := make([]Route, 0, len(list))
	for _, r := range list {
		all = append(all, routeOf(r, names))
	}
	return all, nil
}

func routeOf(r netlink.Route, names map[int]string) Route {
	at := Route{
		Destination: netip.PrefixFrom(netip.IPv4Unspecified(), 0),
		Metric:      r.Priority,
		Scope:       int(r.Scope),
		Protocol:    int(r.Protocol),
	}
	if p, ok := prefixOf(r.Dst); ok {
		at.Destination = p
	}
	index := r.LinkIndex
	if index == 0 && len(r.MultiPath) > 0 {
		index = r.MultiPath[0].LinkIndex
	}
	at.Interface = names[index]
	at.Source = unmapped(r.Src)
	at.Gateway = unmapped(r.Gw)
	return at
}

func unmapped(ip []byte) netip.Addr {
	a, _ := netip.AddrFromSlice(ip)
	return a.Unmap()
}

// HostRoutes returns the routes of the main table to that very address.
func (t Tables) HostRoutes(ip netip.Addr) []Route {
	var found []Route
	for _, r := range t.Main {
		if r.Destination == netip.PrefixFrom(ip, ip.BitLen()) {
			found = append(found, r)
		}
	}
	return found
}

// AddRoute adds a route to the main table.
func (h *Handle) AddRoute(r Route) error {
	w, err := h.wireRoute(r)
	if err == nil {
		err = h.nl.RouteAdd(w)
	}
	if err != nil {
		return fmt.Errorf("add route %s dev %s: %w", r.Destination, r.Interface, err)
	}
	return nil
}

// DeleteRoute removes a route from the main table; one that is not there is no error.
func (h *Handle) DeleteRoute(r Route) error {
	w, err := h.wireRoute(r)
	if err == nil {
		err = h.nl.RouteDel(w)
	}
	if err != nil && !errors.Is(err, unix.ESRCH) {
		return fmt.Errorf("delete route %s dev %s: %w", r.Destination, r.Interface, err)
	}
	return nil
}

func (h *Handle) wireRoute(r Route) (*netlink.Route, error) {
	link, err := h.byName(r.Interface)
	if err != nil {
		return nil, err
	}
	w := &netlink.Route{
		LinkIndex: link.Attrs().Index,
		Dst:       ipNet(r.Destination),
		Priority:  r.Metric,
		Scope:     netlink.Scope(r.Scope),
		Protocol:  netlink.RouteProtocol(r.Protocol),
	}
	if r.Source.IsValid() {
		w.Src = r.Source.AsSlice()
	}
	if r.Gateway.IsValid() {
		w.Gw = r.Gateway.AsSlice()
	}
	return w, nil
}
