package drpath

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// neighbourPoll is how often the kernel is asked for a MAC address that it is looking for.
const neighbourPoll = 20 * time.Millisecond

// way is how the kernel reaches a real server.
type way struct {
	local bool       // it is this machine
	index int        // interface
	from  netip.Addr // own address towards it
	hop   netip.Addr // whose MAC address is used: the server's own, or a router's
}

// wayTo asks the kernel's routing table, as IPVS does.
func wayTo(real netip.Addr) (way, error) {
	routes, err := netlink.RouteGet(real.AsSlice())
	if err != nil {
		return way{}, fmt.Errorf("no route to %s: %w", real, err)
	}
	if len(routes) == 0 {
		return way{}, fmt.Errorf("no route to %s", real)
	}
	r := routes[0]
	w := way{local: r.Type == unix.RTN_LOCAL, index: r.LinkIndex, hop: real}
	if gw, ok := netip.AddrFromSlice(r.Gw); ok {
		w.hop = gw.Unmap()
	}
	if src, ok := netip.AddrFromSlice(r.Src); ok {
		w.from = src.Unmap()
	}
	return w, nil
}

// source returns the address to ask from: the kernel's choice, unless the servers have that on their
// lo, too. Then the answer would never leave the server.
func (w way) source(real netip.Addr, avoid map[netip.Addr]bool) (netip.Addr, error) {
	if w.from.IsValid() && !avoid[w.from] {
		return w.from, nil
	}
	l, err := netlink.LinkByIndex(w.index)
	if err != nil {
		return netip.Addr{}, fmt.Errorf("interface towards %s: %w", real, err)
	}
	all, err := netlink.AddrList(l, int(family(real)))
	if err != nil {
		return netip.Addr{}, fmt.Errorf("addresses of %s: %w", l.Attrs().Name, err)
	}
	for _, a := range all {
		if own, ok := netip.AddrFromSlice(a.IP); ok && !avoid[own.Unmap()] && a.Contains(real.AsSlice()) {
			return own.Unmap(), nil
		}
	}
	return netip.Addr{}, fmt.Errorf("%s has no address towards %s that is not a virtual one", l.Attrs().Name, real)
}

// mac waits for the MAC address of the next hop; nil if there is none before the context ends.
func (w way) mac(ctx context.Context) (net.HardwareAddr, error) {
	tick := time.NewTicker(neighbourPoll)
	defer tick.Stop()
	for asked := (time.Time{}); ; {
		mac, err := neighbour(w.index, w.hop)
		if mac != nil || err != nil {
			return mac, err
		}
		if time.Since(asked) >= again { // it gives up after some time, and does so again
			asked = time.Now()
			if err := resolve(w.index, w.hop); err != nil {
				return nil, err
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil, nil
		}
	}
}

// usable are the states of a neighbour whose address the kernel would send to.
const usable = unix.NUD_PERMANENT | unix.NUD_NOARP | unix.NUD_REACHABLE | unix.NUD_STALE | unix.NUD_DELAY | unix.NUD_PROBE

// neighbour returns the MAC address that the kernel has; nil if it has none. One entry is asked for,
// not the table, which may hold thousands; kernels before 5.0 cannot tell it.
func neighbour(index int, a netip.Addr) (net.HardwareAddr, error) {
	req := nl.NewNetlinkRequest(unix.RTM_GETNEIGH, 0)
	req.AddData(&netlink.Ndmsg{Family: family(a), Index: uint32(index)})
	req.AddData(nl.NewRtAttr(netlink.NDA_DST, a.AsSlice()))
	found, err := req.Execute(unix.NETLINK_ROUTE, unix.RTM_NEWNEIGH)
	if errors.Is(err, unix.ENOENT) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("ask for the MAC address of %s: %w", a, err)
	}
	for _, one := range found {
		if n, err := netlink.NeighDeserialize(one); err == nil && n.State&usable != 0 && len(n.HardwareAddr) == 6 {
			return n.HardwareAddr, nil
		}
	}
	return nil, nil
}

// resolve has the kernel look for a MAC address.
func resolve(index int, a netip.Addr) error {
	err := netlink.NeighSet(&netlink.Neigh{LinkIndex: index, Family: int(family(a)), IP: a.AsSlice(), Flags: netlink.NTF_USE})
	if err != nil {
		return fmt.Errorf("look for the MAC address of %s: %w", a, err)
	}
	return nil
}

func family(a netip.Addr) uint8 {
	if a.Is4() {
		return unix.AF_INET
	}
	return unix.AF_INET6
}
