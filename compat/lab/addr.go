package lab

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
)

// AddrEvent is an address that came to a host or left it, as the kernel told it.
// A power cut takes all addresses away at the moment of the cut.
type AddrEvent struct {
	At   time.Time
	Addr netip.Addr
	Dev  string
	Here bool // the host has the address now
}

// addrBook is what a host's kernel told about its addresses.
type addrBook struct {
	mu     sync.Mutex
	here   []place // what it has now
	events Record[AddrEvent]
}

type place struct {
	addr netip.Addr
	dev  string
}

// note records a change; a repetition (a lifetime renewed, a list entry that
// also came as an event) is none.
func (b *addrBook) note(e AddrEvent) {
	b.mu.Lock()
	defer b.mu.Unlock()
	at := place{e.Addr, e.Dev}
	if slices.Contains(b.here, at) == e.Here {
		return
	}
	if e.Here {
		b.here = append(b.here, at)
	} else {
		b.here = slices.DeleteFunc(b.here, func(p place) bool { return p == at })
	}
	b.events.add(e)
}

// forget records that a power cut took everything.
func (b *addrBook) forget(at time.Time) {
	b.mu.Lock()
	here := slices.Clone(b.here)
	b.mu.Unlock()
	for _, p := range here {
		b.note(AddrEvent{At: at, Addr: p.addr, Dev: p.dev})
	}
}

// AddrEvents is every change of the host's addresses since it was made, over all
// its boots.
func (h *Host) AddrEvents() *Record[AddrEvent] { return &h.addrs.events }

// watchAddrs follows the addresses of one boot, those it has now first.
func (h *Host) watchAddrs(g *guest) error {
	updates := make(chan netlink.AddrUpdate, 64)
	ns := netns.NsHandle(g.ns.Fd())
	opts := netlink.AddrSubscribeOptions{Namespace: &ns, ListExisting: true}
	if err := netlink.AddrSubscribeWithOptions(updates, g.down, opts); err != nil {
		return fmt.Errorf("watch addresses: %w", err)
	}
	go func() {
		names := map[int]string{}
		for u := range updates {
			at := time.Now()
			addr, ok := netip.AddrFromSlice(u.LinkAddress.IP)
			if !ok {
				continue
			}
			if names[u.LinkIndex] == "" {
				names[u.LinkIndex] = g.devName(u.LinkIndex)
			}
			h.addrs.note(AddrEvent{at, addr.Unmap(), names[u.LinkIndex], u.NewAddr})
		}
	}()
	return nil
}

func (g *guest) devName(index int) string {
	var name string
	inNetns(g.ns, func() error {
		link, err := netlink.LinkByIndex(index)
		if err == nil {
			name = link.Attrs().Name
		}
		return err
	})
	return name
}

// Holds says whether the host has the address on a device other than lo: real
// servers keep a director's address there without answering for it.
func (h *Host) Holds(addr netip.Addr) bool {
	h.addrs.mu.Lock()
	defer h.addrs.mu.Unlock()
	return slices.ContainsFunc(h.addrs.here, func(p place) bool { return p.addr == addr && p.dev != "lo" })
}

// AwaitAddr waits until the host has the address (here) or has it not, as Holds
// says, and returns when that came to be. If it is so already it returns since
// when; the zero time if the host never had the address.
func (h *Host) AwaitAddr(ctx context.Context, addr netip.Addr, here bool) (time.Time, error) {
	var since time.Time
	on := 0
	for i := 0; ; i++ {
		if i >= h.addrs.events.Len() && (on > 0) == here {
			return since, nil
		}
		e, err := h.addrs.events.at(ctx, i)
		if err != nil {
			return time.Time{}, fmt.Errorf("%s: address %s, here %t: %w", h.Name, addr, here, err)
		}
		switch {
		case e.Addr != addr || e.Dev == "lo":
		case e.Here:
			on, since = on+1, e.At
		default:
			on, since = on-1, e.At
		}
	}
}

// Addrs asks the kernel for the addresses of a device of the running host, or of
// all devices if dev is empty.
func (h *Host) Addrs(dev string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	err := h.Do(func() error {
		var link netlink.Link
		if dev != "" {
			var err error
			if link, err = netlink.LinkByName(dev); err != nil {
				return err
			}
		}
		list, err := netlink.AddrList(link, netlink.FAMILY_ALL)
		for _, a := range list {
			ip, _ := netip.AddrFromSlice(a.IP)
			bits, _ := a.Mask.Size()
			out = append(out, netip.PrefixFrom(ip.Unmap(), bits))
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("addresses of %s: %w", h.Name, err)
	}
	return out, nil
}
