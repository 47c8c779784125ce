package lab

import (
	"net/netip"
	"os"
	"testing"
)

// TestOriginalPairOverSerial has nothing but a null modem cable between the real
// heartbeats.
func TestOriginalPairOverSerial(t *testing.T) {
	l := Test(t)
	cable := OK(l.Cable())(t)
	node := func(name string, tty *Tty) *Host {
		h := OK(l.Host(Spec{Name: name, Flavour: Originals, Serial: map[string]*Tty{"/dev/ttyS0": tty}}))(t)
		configure(t, h, map[string]string{
			"ha.cf":       "logfile /var/log/ha.log\nkeepalive 1\ndeadtime 5\nbaud 19200\nserial /dev/ttyS0\nnode a\nnode b\nauto_failback on\n",
			"haresources": "a websvc::www\n",
			"authkeys":    "auth 1\n1 crc\n",
		})
		OK(h.Check(patience.For(t), "service", "heartbeat", "start"))(t)
		return h
	}
	a, b := node("a", cable.A), node("b", cable.B)
	for _, h := range []*Host{a, b} {
		log := h.Tail("/var/log/ha.log")
		defer log.Stop()
		OK(log.AwaitLog(patience.For(t), `Link (a|b):/dev/ttyS0 up`))(t)
	}
	cable.Cut()
	log := b.Tail("/var/log/ha.log")
	defer log.Stop()
	OK(log.AwaitLog(patience.For(t), `Link a:/dev/ttyS0 dead`))(t)
}

// configure writes a host's /etc/ha.d and the test resource.
func configure(t *testing.T, h *Host, files map[string]string) {
	t.Helper()
	for name, text := range files {
		if err := h.WriteFile("/etc/ha.d/"+name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.Install("testdata/websvc", "/etc/ha.d/resource.d/websvc", 0o755); err != nil {
		t.Fatal(err)
	}
}

// TestOriginalPair starts the real heartbeat 3.0.6 on two hosts by its init
// script: the address ends up on one of them, and moves when that one loses power.
func TestOriginalPair(t *testing.T) {
	l := Test(t)
	lan := OK(l.Switch("lan", "121.254.175.65/28"))(t)
	names := "121.254.175.77 lvsactive.gunnm.xyz\n121.254.175.78 lvsstandby.gunnm.xyz\n"
	node := func(name, addr, hacf string) *Host {
		h := OK(l.Host(Spec{Name: name, Flavour: Originals, EtcHosts: names, Ports: map[string]Port{"eth0": On(lan, addr)}}))(t)
		configure(t, h, map[string]string{
			"ha.cf":       string(OK(os.ReadFile("testdata/pair/" + hacf))(t)),
			"haresources": string(OK(os.ReadFile("testdata/pair/haresources"))(t)),
			"authkeys":    "auth 1\n1 sha1 TestKey\n",
		})
		return h
	}
	active := node("lvsactive.gunnm.xyz", "121.254.175.77/28", "active.ha.cf")
	standby := node("lvsstandby.gunnm.xyz", "121.254.175.78/28", "standby.ha.cf")
	vip := netip.MustParseAddr("121.254.175.70")
	log := active.Tail("/var/log/ha.log")
	defer log.Stop()
	for _, h := range []*Host{active, standby} {
		t.Log(OK(h.Check(patience.For(t), "service", "heartbeat", "start"))(t))
	}
	OK(active.AwaitAddr(patience.For(t), vip, true))(t)
	OK(log.AwaitLog(patience.For(t), `Configuration validated. Starting heartbeat 3\.0\.6`))(t)
	OK(active.Check(patience.For(t), "/etc/ha.d/resource.d/websvc", "www", "status"))(t)
	if n := len(l.Holders(vip)); n != 1 {
		t.Fatalf("%d hosts hold %s, want 1", n, vip)
	}
	active.Kill()
	OK(standby.AwaitAddr(patience.For(t), vip, true))(t)
}
