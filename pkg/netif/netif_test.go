package netif_test

import (
	"errors"
	"net/netip"
	"testing"

	"systole/pkg/netif"
	"systole/pkg/netif/netnstest"
)

func open(t *testing.T) *netif.Handle {
	t.Helper()
	h, err := netif.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Close)
	return h
}

func find(t *testing.T, h *netif.Handle, ip string) (netif.Address, bool) {
	t.Helper()
	all, err := h.Addresses("")
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		if a.Prefix.Addr().String() == ip {
			return a, true
		}
	}
	return netif.Address{}, false
}

// What is added comes back as it was asked for: label, broadcast or none at all, secondary.
func TestAddAndDelete(t *testing.T) {
	cases := []struct {
		name string
		add  netif.Address
		want netif.Address
	}{
		{"no broadcast although the library would compute one",
			netif.Address{Interface: "eth0", Prefix: netip.MustParsePrefix("121.254.175.70/24")},
			netif.Address{Interface: "eth0", Prefix: netip.MustParsePrefix("121.254.175.70/24"), Label: "eth0"}},
		{"host prefix with the network's broadcast",
			netif.Address{Interface: "eth0", Prefix: netip.MustParsePrefix("121.254.175.70/32"), Broadcast: netip.MustParseAddr("121.254.175.79")},
			netif.Address{Interface: "eth0", Prefix: netip.MustParsePrefix("121.254.175.70/32"), Broadcast: netip.MustParseAddr("121.254.175.79"), Label: "eth0"}},
		{"label and secondary",
			netif.Address{Interface: "eth0", Prefix: netip.MustParsePrefix("121.254.175.70/28"), Label: "eth0:vip"},
			netif.Address{Interface: "eth0", Prefix: netip.MustParsePrefix("121.254.175.70/28"), Label: "eth0:vip", Secondary: true}},
		{"no route of its own",
			netif.Address{Interface: "eth1", Prefix: netip.MustParsePrefix("10.1.1.71/24"), NoPrefixRoute: true},
			netif.Address{Interface: "eth1", Prefix: netip.MustParsePrefix("10.1.1.71/24"), NoPrefixRoute: true, Label: "eth1", Secondary: true}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			netnstest.TwoNetworks(t)
			h := open(t)
			if err := h.Add(c.add); err != nil {
				t.Fatal(err)
			}
			ip := c.add.Prefix.Addr().String()
			if got, _ := find(t, h, ip); got != c.want {
				t.Errorf("got %+v\nwant %+v", got, c.want)
			}
			if err := h.Add(c.add); !errors.Is(err, netif.ErrExists) {
				t.Errorf("second add: %v, want ErrExists", err)
			}
			if err := h.Delete(c.add); err != nil {
				t.Fatal(err)
			}
			if _, there := find(t, h, ip); there {
				t.Error("still there after Delete")
			}
			if err := h.Delete(c.add); !errors.Is(err, netif.ErrNoAddress) {
				t.Errorf("second delete: %v, want ErrNoAddress", err)
			}
		})
	}
}

func TestMissingInterface(t *testing.T) {
	netnstest.New(t)
	h := open(t)
	if _, err := h.Addresses("nosuch"); !errors.Is(err, netif.ErrNoInterface) {
		t.Errorf("Addresses: %v", err)
	}
	if _, err := h.Link("nosuch"); !errors.Is(err, netif.ErrNoInterface) {
		t.Errorf("Link: %v", err)
	}
	a := netif.Address{Interface: "nosuch", Prefix: netip.MustParsePrefix("10.0.0.1/8")}
	if err := h.Add(a); !errors.Is(err, netif.ErrNoInterface) {
		t.Errorf("Add: %v", err)
	}
	if err := h.Up("nosuch"); !errors.Is(err, netif.ErrNoInterface) {
		t.Errorf("Up: %v", err)
	}
}

func TestUp(t *testing.T) {
	netnstest.TwoNetworks(t)
	h := open(t)
	netnstest.Down(t, "eth0")
	if l, err := h.Link("eth0"); err != nil || l.Up {
		t.Fatalf("after down: %+v %v", l, err)
	}
	if err := h.Up("eth0"); err != nil {
		t.Fatal(err)
	}
	l, err := h.Link("eth0")
	if err != nil || !l.Up || l.Loopback || len(l.MAC) != 6 {
		t.Errorf("after up: %+v %v", l, err)
	}
	if lo, err := h.Link("lo"); err != nil || !lo.Loopback {
		t.Errorf("lo: %+v %v", lo, err)
	}
}

// A host route to lo can be read, deleted and put back as it was.
func TestHostRoute(t *testing.T) {
	netnstest.TwoNetworks(t)
	h := open(t)
	ip := netip.MustParseAddr("121.254.175.70")
	netnstest.Address(t, "lo", "121.254.175.70/32", "", "lo:0")
	netnstest.Connected(t, "lo", "121.254.175.70/32")
	before := hostRoutes(t, h, ip)
	if len(before) != 1 || before[0].Interface != "lo" {
		t.Fatalf("routes %+v", before)
	}
	for range 2 {
		if err := h.DeleteRoute(before[0]); err != nil {
			t.Fatal(err)
		}
	}
	if left := hostRoutes(t, h, ip); len(left) != 0 {
		t.Fatalf("left %+v", left)
	}
	if err := h.AddRoute(before[0]); err != nil {
		t.Fatal(err)
	}
	if after := hostRoutes(t, h, ip); len(after) != 1 || after[0] != before[0] {
		t.Errorf("got %+v, want %+v", after, before)
	}
}

func hostRoutes(t *testing.T, h *netif.Handle, ip netip.Addr) []netif.Route {
	t.Helper()
	tables, err := h.Tables()
	if err != nil {
		t.Fatal(err)
	}
	return tables.HostRoutes(ip)
}
