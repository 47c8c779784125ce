package lab

import (
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"
)

// pace of the tests' clients: quick, yet patient on a loaded machine.
func pace() Pace { return Pace{Every: 10 * time.Millisecond, Timeout: time.Second} }

func ping(t *testing.T, from *Host, to string) bool {
	t.Helper()
	return OK(from.Run(patience.For(t), "ping", "-c1", "-W1", to))(t).Code == 0
}

func TestFaults(t *testing.T) {
	_, a, b := pair(t, Bare)
	reachable := func(what string, ab, ba bool) {
		t.Helper()
		if ping(t, a, "10.0.0.2") != (ab && ba) {
			t.Errorf("%s: ping answered %t", what, !(ab && ba))
		}
		heard := OK(b.Capture("eth0"))(t)
		defer heard.Stop()
		mine := OK(a.Capture("eth0"))(t)
		defer mine.Stop()
		shout(t, a, "10.0.0.2:9")
		OK(mine.Await(patience.For(t), isShout))(t)
		shout(t, b, "10.0.0.254:9") // what a sent is before it on the wire
		OK(heard.Await(patience.For(t), func(f Frame) bool { return isShout(f) && f.SourceMAC().String() == b.cards[0].mac.String() }))(t)
		got := slices.ContainsFunc(heard.All(), func(f Frame) bool { return isShout(f) && f.SourceMAC().String() == a.cards[0].mac.String() })
		if got != ab {
			t.Errorf("%s: b hears a: %t, want %t", what, got, ab)
		}
	}
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	reachable("new", true, true)
	ok(a.Deafen("eth0", b))
	reachable("a deaf to b", true, false)
	if !ping(t, a, "10.0.0.254") {
		t.Error("a is deaf to the gateway too")
	}
	ok(a.Heal("eth0"))
	reachable("healed", true, true)
	ok(b.Cut("eth0"))
	reachable("b cut", false, false)
	ok(b.Heal("eth0"))
	reachable("healed again", true, true)
}

// shout sends a broadcast, which needs no answer to find its way.
func shout(t *testing.T, h *Host, to string) {
	t.Helper()
	err := h.Do(func() error {
		c, err := net.ListenPacket("udp4", ":0")
		if err != nil {
			return err
		}
		defer c.Close()
		_, err = c.WriteTo([]byte("shout"), &net.UDPAddr{IP: net.IPv4(10, 0, 0, 255), Port: int(netip.MustParseAddrPort(to).Port())})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func isShout(f Frame) bool {
	_, dst, payload, ok := f.UDP()
	return ok && dst.Port() == 9 && string(payload) == "shout"
}

func TestUnplugTakesTheCarrier(t *testing.T) {
	_, a, _ := pair(t, Bare)
	carrier := func() string { return OK(a.Check(patience.For(t), "cat", "/sys/class/net/eth0/carrier"))(t) }
	if err := a.Unplug("eth0"); err != nil {
		t.Fatal(err)
	}
	if got := carrier(); got != "0\n" {
		t.Errorf("unplugged: carrier %q", got)
	}
	if err := a.Plug("eth0"); err != nil {
		t.Fatal(err)
	}
	patience.Until(t, "the carrier", func() bool { return carrier() == "1\n" })
}

func TestRemoveDev(t *testing.T) {
	_, a, _ := pair(t, Bare)
	own := netip.MustParseAddr("10.0.0.1")
	OK(a.AwaitAddr(patience.For(t), own, true))(t)
	if err := a.RemoveDev("eth0"); err != nil {
		t.Fatal(err)
	}
	OK(a.AwaitAddr(patience.For(t), own, false))(t)
	if err := a.Restart(); err != nil {
		t.Fatal(err)
	}
	OK(a.AwaitAddr(patience.For(t), own, true))(t)
}

func TestAddrs(t *testing.T) {
	_, a, _ := pair(t, Bare)
	OK(a.Check(patience.For(t), "ip", "addr", "add", "fd00::1/64", "dev", "eth0", "nodad"))(t)
	got := OK(a.Addrs("eth0"))(t)
	for _, want := range []string{"10.0.0.1/24", "fd00::1/64"} {
		if !slices.Contains(got, netip.MustParsePrefix(want)) {
			t.Errorf("addresses %v, want also %s", got, want)
		}
	}
}

// TestTrafficSeesATakeover moves an address from one web server to another and
// checks what the clients tell about it.
func TestTrafficSeesATakeover(t *testing.T) {
	_, a, b := pair(t, Bare)
	vip := netip.MustParseAddr("10.0.0.70")
	take := func(h *Host) {
		OK(h.Check(patience.For(t), "ip", "addr", "add", "10.0.0.70/24", "dev", "eth0"))(t)
		OK(h.Run(patience.For(t), "arping", "-U", "-c1", "-w1", "-i", "eth0", "-S", "10.0.0.70", "10.0.0.70"))(t)
	}
	for _, h := range []*Host{a, b} {
		OK(h.Web(patience.For(t), netip.MustParseAddrPort("0.0.0.0:80"), h.Name+"-web"))(t)
	}
	take(a)
	l := a.lab
	client := OK(l.Host(Spec{Name: "client", Ports: map[string]Port{"eth0": On(l.switches[0], "10.0.0.3/24")}}))(t)
	web := client.Ask(netip.AddrPortFrom(vip, 80), "/gunnm.lvs", pace())
	echo := OK(client.Ping(vip, pace()))(t)
	who := OK(client.ARP("eth0", vip, pace()))(t)
	OK(web.AwaitServer(patience.For(t), "a-web"))(t)
	OK(echo.AwaitServer(patience.For(t), ""))(t)
	OK(who.AwaitServer(patience.For(t), "a"))(t)
	cut := a.Kill()
	take(b)
	OK(web.AwaitServer(patience.For(t), "b-web"))(t)
	OK(echo.AwaitAnswer(patience.For(t), cut.Add(time.Millisecond)))(t)
	OK(who.AwaitServer(patience.For(t), "b"))(t)
	for _, c := range []struct {
		what    string
		answers Answers
		servers []string
	}{
		{"web", web.Stop(), []string{"a-web", "b-web"}},
		{"echo", echo.Stop(), []string{""}},
		{"arp", who.Stop(), []string{"a", "b"}},
	} {
		if got := c.answers.Servers(); !slices.Equal(got, c.servers) {
			t.Errorf("%s: answered %q, want %q", c.what, got, c.servers)
		}
		for _, a := range c.answers {
			late, early := strings.HasPrefix(a.Server, "a") && a.Start.After(cut), strings.HasPrefix(a.Server, "b") && a.End().Before(cut)
			if a.Err == nil && (late || early) {
				t.Errorf("%s: %s answered at %s, the power cut of a was at %s", c.what, a.Server, a.End(), cut)
			}
		}
		t.Logf("%s: %d questions, %d failures, longest gap %s", c.what, len(c.answers), c.answers.Failures(), c.answers.LongestGap().Length())
	}
}
