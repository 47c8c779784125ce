package medium

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"systole/pkg/hacf"
)

func mcast(device string) hacf.Medium {
	return hacf.Medium{Kind: hacf.Mcast, Device: device, Target: "225.0.0.1", Port: port, TTL: 1}
}

func mcast6(device string) hacf.Medium {
	return hacf.Medium{Kind: hacf.Mcast6, Device: device, Target: "ff12::1:2:3:4", Port: port, TTL: 1}
}

func ucast6(to string) hacf.Medium {
	return hacf.Medium{Kind: hacf.Ucast6, Device: "eth0", Target: to, Port: port}
}

func TestOpeningLines(t *testing.T) {
	for _, c := range []struct {
		cfg  hacf.Medium
		want []string
	}{
		{mcast("eth0"), []string{"UDP multicast heartbeat started for group 225.0.0.1 port 694 interface eth0 (ttl=1 loop=0)"}},
		{mcast6("eth0"), []string{"UDP multicast heartbeat started for [ff12::1:2:3:4]:694 on interface eth0 (hops=1 loop=0)"}},
		{ucast6("fd77::2"), []string{
			"ucast6: bound send socket to device: eth0",
			"ucast6: bound receive socket to device: eth0",
			"ucast6: set SO_REUSEPORT",
			"ucast6: heartbeat started for [fd77::2]:694 on interface eth0",
		}},
		{hacf.Medium{Kind: hacf.Ping6, Node: "fd77::2", Hosts: []string{"fd77::2"}}, []string{"ping heartbeat started."}},
	} {
		t.Run(string(c.cfg.Kind), func(t *testing.T) {
			a := newWire(t).openA(c.cfg)
			got := a.logs.Text()
			if want := "info glib: " + strings.Join(c.want, "\ninfo glib: "); got != want {
				t.Errorf("log\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// Each kind carries datagrams both ways, and without loop a node does not hear itself.
func TestIPv6AndGroups(t *testing.T) {
	for _, c := range []struct{ a, b hacf.Medium }{
		{mcast("eth0"), mcast("eth0")},
		{mcast6("eth0"), mcast6("eth0")},
		{ucast6("fd77::2"), ucast6("fd77::1")},
	} {
		t.Run(string(c.a.Kind), func(t *testing.T) {
			w := newWire(t)
			a, b := w.openA(c.a), w.openB(c.b)
			a.reaches(b, "to b")
			d := b.reaches(a, "to a") // a multicast may be lost while groups are being joined
			if d.Link != 5 || !d.From.IsValid() {
				t.Errorf("a received %q from %s", d.Data, d.From)
			}
			if !w.isB(d.From) {
				t.Errorf("a received from %s", d.From)
			}
		})
	}
}

// isB says whether an address is one of B's.
func (w *wire) isB(addr netip.Addr) (ours bool) {
	w.t.Helper()
	w.onB(func() error {
		link, err := netlink.LinkByName("eth0")
		if err != nil {
			return err
		}
		addrs, err := netlink.AddrList(link, netlink.FAMILY_ALL)
		for _, a := range addrs {
			ours = ours || a.IP.String() == addr.String()
		}
		return err
	})
	return ours
}

func TestLoop(t *testing.T) {
	for _, cfg := range []hacf.Medium{mcast("eth0"), mcast6("eth0")} {
		t.Run(string(cfg.Kind), func(t *testing.T) {
			cfg.Loop = true
			a := newWire(t).openA(cfg)
			a.reaches(a, "me")
		})
	}
}

// Datagrams to a group go as many hops as ha.cf says, with no type of service.
func TestHops(t *testing.T) {
	w := newWire(t)
	b := w.plainB()
	w.onB(func() error {
		link, err := netlink.LinkByName("eth0")
		if err != nil {
			return err
		}
		group := &unix.IPMreqn{Multiaddr: [4]byte{225, 0, 0, 1}, Ifindex: int32(link.Attrs().Index)}
		if err := unix.SetsockoptIPMreqn(b, unix.IPPROTO_IP, unix.IP_ADD_MEMBERSHIP, group); err != nil {
			return err
		}
		return unix.SetsockoptInt(b, unix.IPPROTO_IP, unix.IP_RECVTTL, 1)
	})
	cfg := mcast("eth0")
	cfg.TTL = 3
	a := w.openA(cfg)
	w.must(a.Send([]byte("x")))
	buf, control := make([]byte, 10), make([]byte, 200)
	_, cn, _, _, err := unix.Recvmsg(b, buf, control, 0)
	w.must(err)
	messages, err := unix.ParseSocketControlMessage(control[:cn])
	w.must(err)
	got := map[int32]uint32{}
	for _, m := range messages {
		got[m.Header.Type] = uint32(m.Data[0])
		if len(m.Data) >= 4 {
			got[m.Header.Type] = binary.NativeEndian.Uint32(m.Data)
		}
	}
	if got[unix.IP_TTL] != 3 || got[unix.IP_TOS] != 0 || len(got) != 2 {
		t.Errorf("ttl %d, tos %d", got[unix.IP_TTL], got[unix.IP_TOS])
	}
}

// Every medium at once on two cables; what comes over one cable is not taken for the other's.
func TestLinksAreApart(t *testing.T) {
	w := newWire(t)
	w.cable("eth1", "10.78.0.1/24", "10.78.0.2/24")
	t.Cleanup(func() {
		link, err := netlink.LinkByName("eth1")
		w.must(err)
		w.must(netlink.LinkDel(link))
	})
	on := func(device string, cfg hacf.Medium) hacf.Medium { cfg.Device = device; return cfg }
	pairs := []struct{ a, b hacf.Medium }{
		{ucast("10.77.0.2"), ucast("10.77.0.1")},
		{on("eth1", ucast("10.78.0.2")), on("eth1", ucast("10.78.0.1"))},
		{mcast("eth0"), mcast("eth0")},
		{mcast("eth1"), mcast("eth1")},
		{mcast6("eth0"), mcast6("eth0")},
		{mcast6("eth1"), mcast6("eth1")},
		{ucast6("fd77::2"), ucast6("fd77::1")},
	}
	var as, bs []*end
	for _, p := range pairs {
		as, bs = append(as, w.openA(p.a)), append(bs, w.openB(p.b))
	}
	for i, p := range pairs {
		text := fmt.Sprintf("%d over %s %s", i, p.a.Kind, p.a.Device)
		as[i].reaches(bs[i], text)
		for _, e := range bs {
			for drained := false; !drained; {
				select {
				case d := <-e.got:
					if e.Name() != bs[i].Name() && string(d.Data) == text {
						t.Errorf("%q came over %s %s", d.Data, e.Kind(), e.Name())
					}
				default:
					drained = true
				}
			}
		}
	}
}

// At boot the interface may be there before its address.
func TestMcastAwaitsAnAddress(t *testing.T) {
	w := newWire(t)
	w.must(netlink.LinkAdd(&netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: "late"}, PeerName: "late1"}))
	late, err := netlink.LinkByName("late")
	w.must(err)
	t.Cleanup(func() { w.must(netlink.LinkDel(late)) })
	opened := make(chan error, 1)
	e := newEnd(t)
	go func() { opened <- e.open(t.Context(), mcast("late"), 0) }()
	w.must(addressOn("late", "10.79.0.1/24"))
	select {
	case err := <-opened:
		w.must(err)
	case <-time.After(patience):
		t.Fatal("the address is there, but the medium not open")
	}
}
