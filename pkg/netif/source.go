package netif

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// SetSource makes src the preferred source address of a route of the main table and leaves
// everything else of it as it is: metrics, MTU, flags. A route that is gone is an error.
func (h *Handle) SetSource(r Route, src netip.Addr) error {
	names, err := h.names()
	if err != nil {
		return err
	}
	filter := &netlink.Route{Table: unix.RT_TABLE_MAIN, Type: unix.RTN_UNICAST}
	list, err := dump("routes", func() ([]netlink.Route, error) {
		return h.nl.RouteListFiltered(netlink.FAMILY_V4, filter, netlink.RT_FILTER_TABLE|netlink.RT_FILTER_TYPE)
	})
	if err != nil {
		return err
	}
	at := slices.IndexFunc(list, func(w netlink.Route) bool { return routeOf(w, names) == r })
	if at < 0 {
		return fmt.Errorf("source of route %s dev %s: %w", r.Destination, r.Interface, unix.ESRCH)
	}
	list[at].Src = src.AsSlice()
	if err := h.nl.RouteReplace(&list[at]); err != nil {
		return fmt.Errorf("source of route %s dev %s: %w", r.Destination, r.Interface, err)
	}
	return nil
}

// Connected returns the connected network that holds q.IP, as Find chooses it.
func (t Tables) Connected(q Query) (Route, bool) { return t.connected(q) }
