package netif_test

import (
	"errors"
	"net/netip"
	"testing"

	"systole/pkg/netif"
	"systole/pkg/netif/netnstest"
)

// The table of results in agents spec 2.3, on the host it was taken on, through real netlink.
func TestFind(t *testing.T) {
	netnstest.TwoNetworks(t)
	tables, err := open(t).Tables()
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		ip, nic   string
		bits      int
		broadcast string
		want      netif.Found
		added     string // the broadcast the address gets
	}{
		{"121.254.175.70", "", 0, "", netif.Found{Interface: "eth0", Bits: 28, Broadcast: "121.254.175.79"}, "121.254.175.79"},
		{"121.254.175.70", "", 28, "", netif.Found{Interface: "eth0", Bits: 28, Broadcast: "121.254.175.79"}, "121.254.175.79"},
		{"121.254.175.70", "", 32, "", netif.Found{Interface: "eth0", Bits: 32, Broadcast: "121.254.175.79"}, "121.254.175.79"},
		{"121.254.175.70", "eth0", 32, "", netif.Found{Interface: "eth0", Bits: 32, Broadcast: "121.254.175.79"}, "121.254.175.79"},
		{"121.254.175.70", "eth0", 32, "121.254.175.79", netif.Found{Interface: "eth0", Bits: 32, Broadcast: "121.254.175.79"}, "121.254.175.79"},
		{"121.254.175.70", "eth0", 32, "+", netif.Found{Interface: "eth0", Bits: 32, Broadcast: "+"}, ""},
		{"121.254.175.70", "eth0", 28, "+", netif.Found{Interface: "eth0", Bits: 28, Broadcast: "+"}, "121.254.175.79"},
		{"121.254.175.70", "eth0", 28, "-", netif.Found{Interface: "eth0", Bits: 28, Broadcast: "-"}, "121.254.175.64"},
		{"121.254.175.70", "", 28, "121.254.175.78", netif.Found{Interface: "eth0", Bits: 28, Broadcast: "121.254.175.78"}, "121.254.175.78"},
		{"121.254.175.70", "eth0", 24, "", netif.Found{Interface: "eth0", Bits: 24}, ""},
		{"121.254.175.70", "eth1", 32, "", netif.Found{Interface: "eth1", Bits: 32}, ""},
		{"10.1.1.70", "", 0, "", netif.Found{Interface: "eth1", Bits: 24, Broadcast: "10.1.1.255"}, "10.1.1.255"},
		{"10.1.1.70", "", 32, "", netif.Found{Interface: "eth1", Bits: 32, Broadcast: "10.1.1.255"}, "10.1.1.255"},
		{"10.1.1.70", "eth0", 24, "", netif.Found{Interface: "eth0", Bits: 24}, ""},
		{"10.9.9.9", "eth0", 24, "", netif.Found{Interface: "eth0", Bits: 24}, ""},
		{"10.9.9.9", "eth0", 32, "10.9.9.255", netif.Found{Interface: "eth0", Bits: 32, Broadcast: "10.9.9.255"}, "10.9.9.255"},
		{"127.0.0.5", "", 0, "", netif.Found{Interface: "lo", Bits: 8}, ""},
		{"127.0.0.5", "lo", 8, "", netif.Found{Interface: "lo", Bits: 8}, ""},
		{"121.254.175.70", "nosuch", 28, "", netif.Found{Interface: "nosuch", Bits: 28}, ""},
		{"121.254.175.70", "eth0", netif.BadMask, "", netif.Found{Interface: "eth0", Bits: netif.BadMask}, ""},
	}
	for _, c := range cases {
		ip := netip.MustParseAddr(c.ip)
		got, err := tables.Find(netif.Query{IP: ip, Interface: c.nic, Bits: c.bits, Broadcast: c.broadcast})
		if err != nil || got != c.want {
			t.Errorf("%s/%d/%s/%s: got %+v %v, want %+v", c.ip, c.bits, c.nic, c.broadcast, got, err, c.want)
			continue
		}
		if brd := got.BroadcastAddr(ip); c.added != "" && brd.String() != c.added || c.added == "" && brd.IsValid() {
			t.Errorf("%s/%d/%s/%s: broadcast %v, want %q", c.ip, c.bits, c.nic, c.broadcast, brd, c.added)
		}
	}
}

func TestFindNothing(t *testing.T) {
	netnstest.TwoNetworks(t)
	tables, err := open(t).Tables()
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range []netif.Query{
		{IP: netip.MustParseAddr("121.254.175.70"), Bits: 24},
		{IP: netip.MustParseAddr("10.9.9.9")},
		{IP: netip.MustParseAddr("10.9.9.9"), Bits: 24},
		{IP: netip.MustParseAddr("10.9.9.9"), Interface: "eth0"},
		{Bits: 32},
		{IP: netip.MustParseAddr("121.254.175.70"), Bits: netif.BadMask},
	} {
		if got, err := tables.Find(q); !errors.Is(err, netif.ErrNotFound) {
			t.Errorf("%+v: got %+v %v", q, got, err)
		}
	}
}

// Routes made by hand: no protocol, so no broadcast; the longest prefix wins (agents spec 2.3).
func TestFindByHandMadeRoutes(t *testing.T) {
	netnstest.New(t)
	netnstest.Veth(t, "eth0", "peer0")
	netnstest.Veth(t, "eth1", "peer1")
	netnstest.Address(t, "eth0", "121.254.175.77/32", "121.254.175.79", "")
	netnstest.Connected(t, "eth0", "121.254.175.64/28")
	h := open(t)
	ip := netip.MustParseAddr("121.254.175.70")

	check := func(want netif.Found) {
		t.Helper()
		tables, err := h.Tables()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := tables.Find(netif.Query{IP: ip}); err != nil || got != want {
			t.Errorf("got %+v %v, want %+v", got, err, want)
		}
	}
	check(netif.Found{Interface: "eth0", Bits: 28})
	netnstest.Connected(t, "eth1", "121.254.175.70/31")
	check(netif.Found{Interface: "eth1", Bits: 31})
}

func TestFindif(t *testing.T) {
	netnstest.TwoNetworks(t)
	h := open(t)
	tables, err := h.Tables()
	if err != nil {
		t.Fatal(err)
	}
	exists := func(name string) bool { _, err := h.Link(name); return err == nil }
	cases := []struct {
		words netif.Words
		want  netif.Found
		code  int
	}{
		{words: netif.Words{IP: "121.254.175.70"}, want: netif.Found{Interface: "eth0", Bits: 28, Broadcast: "121.254.175.79"}},
		{words: netif.Words{IP: "121.254.175.70", Netmask: "24"}, want: netif.Found{Interface: "eth0", Bits: 24, Broadcast: "121.254.175.255"}},
		{words: netif.Words{IP: "121.254.175.70", Netmask: "32", Interface: "eth0"}, want: netif.Found{Interface: "eth0", Bits: 32, Broadcast: "121.254.175.70"}},
		{words: netif.Words{IP: "121.254.175.70", Netmask: "255.255.255.240"}, want: netif.Found{Interface: "eth0", Bits: 28, Broadcast: "121.254.175.79"}},
		{words: netif.Words{IP: "10.1.1.70"}, want: netif.Found{Interface: "eth1", Bits: 24, Broadcast: "10.1.1.255"}},
		{words: netif.Words{IP: "10.1.1.70", Netmask: "32", Interface: "eth1"}, want: netif.Found{Interface: "eth1", Bits: 32, Broadcast: "10.1.1.70"}},
		{words: netif.Words{IP: "10.9.9.9", Netmask: "24"}, want: netif.Found{Interface: "eth0", Bits: 24, Broadcast: "10.9.9.255"}},
		{words: netif.Words{IP: "127.0.0.5"}, want: netif.Found{Interface: "lo", Bits: 8, Broadcast: "127.255.255.255"}},
		{words: netif.Words{IP: "121.254.175.70", Interface: "eth0"}, want: netif.Found{Interface: "eth0", Bits: 32, Broadcast: "121.254.175.70"}},
		{words: netif.Words{IP: "127.0.0.5", Interface: "eth1"}, want: netif.Found{Interface: "eth1", Bits: 32, Broadcast: "127.0.0.5"}},
		{words: netif.Words{IP: "127.0.0.5", Netmask: "24"}, want: netif.Found{Interface: "eth0", Bits: 24, Broadcast: "127.0.0.255"}},
		{words: netif.Words{IP: "10.9.9.9"}, code: netif.FindifNoRoute},
		{words: netif.Words{IP: "121.254.175.70", Netmask: "28", Interface: "nosuch"}, code: netif.FindifBadWord},
		{words: netif.Words{IP: "300.1.1.1"}, code: netif.FindifBadWord},
		{words: netif.Words{IP: "121.254.175.70", Netmask: "33"}, code: netif.FindifBadWord},
		{words: netif.Words{IP: "121.254.175.70", Netmask: "255.0.255.0"}, code: netif.FindifBadWord},
		{words: netif.Words{IP: "121.254.175.70", Broadcast: "bogus"}, code: netif.FindifBadWord},
		{words: netif.Words{IP: "fd00::70"}, code: netif.FindifBadWord},
	}
	for _, c := range cases {
		got, err := tables.Findif(c.words, exists)
		var failed *netif.FindifError
		if c.code != 0 {
			if !errors.As(err, &failed) || failed.Code != c.code {
				t.Errorf("%+v: got %+v %v, want code %d", c.words, got, err, c.code)
			}
			continue
		}
		if err != nil || got != c.want {
			t.Errorf("%+v: got %+v %v, want %+v", c.words, got, err, c.want)
		}
	}
}

// Without any route 127.* falls back to the loopback interface.
func TestFindifLoopback(t *testing.T) {
	got, err := netif.Tables{}.Findif(netif.Words{IP: "127.0.0.5"}, nil)
	want := netif.Found{Interface: "lo", Bits: 8, Broadcast: "127.255.255.255"}
	if err != nil || got != want {
		t.Errorf("got %+v %v, want %+v", got, err, want)
	}
}

func TestParseMask(t *testing.T) {
	cases := []struct {
		text   string
		bits   int
		dotted bool
	}{
		{"28", 28, false}, {"1", 1, false}, {"32", 32, false},
		{"0", netif.BadMask, false}, {"33", netif.BadMask, false}, {"eth0", netif.BadMask, false},
		{"", netif.BadMask, false}, {"99999999999999999999", netif.BadMask, false},
		{"255.255.255.240", 28, true}, {"255.255.255.255", 32, true}, {"128.0.0.0", 1, true},
		{"255.0.255.0", netif.BadMask, true}, {"0.0.0.0", netif.BadMask, true}, {"1.2.3", netif.BadMask, true},
	}
	for _, c := range cases {
		if bits, dotted := netif.ParseMask(c.text); bits != c.bits || dotted != c.dotted {
			t.Errorf("%q: got %d %v, want %d %v", c.text, bits, dotted, c.bits, c.dotted)
		}
	}
	if got := netif.FormatMask(28); got != "255.255.255.240" {
		t.Errorf("FormatMask(28) = %s", got)
	}
}

func FuzzParseMask(f *testing.F) {
	for _, s := range []string{"28", "255.255.255.240", "", "-1", "255.255.255.256"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		bits, dotted := netif.ParseMask(s)
		if bits != netif.BadMask && (bits < 1 || bits > 32) {
			t.Fatalf("%q: %d", s, bits)
		}
		if dotted && bits > 0 {
			if again, _ := netif.ParseMask(netif.FormatMask(bits)); again != bits {
				t.Fatalf("%q: %d, back %d", s, bits, again)
			}
		}
	})
}
