package lab

import (
	"net/netip"
	"testing"
)

// TestOriginalPair starts the real heartbeat 3.0.6 on two hosts by its init
// script: the address ends up on one of them, and moves when that one loses power.
func TestOriginalPair(t *testing.T) {
	l := Test(t)
	lan := OK(l.Switch("lan", "121.254.175.65/28"))(t)
	names := "121.254.175.77 lvsactive.gunnm.xyz\n121.254.175.78 lvsstandby.gunnm.xyz\n"
	node := func(name, addr, hacf string) *Host {
		h := OK(l.Host(Spec{Name: name, Flavour: Originals, EtcHosts: names, Ports: map[string]Port{"eth0": On(lan, addr)}}))(t)
		for _, f := range []struct{ from, to string }{{hacf, "ha.cf"}, {"pair/haresources", "haresources"}, {"websvc", "resource.d/websvc"}} {
			if err := h.Install("testdata/"+f.from, "/etc/ha.d/"+f.to, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		if err := h.WriteFile("/etc/ha.d/authkeys", []byte("auth 1\n1 sha1 TestKey\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		return h
	}
	active := node("lvsactive.gunnm.xyz", "121.254.175.77/28", "pair/active.ha.cf")
	standby := node("lvsstandby.gunnm.xyz", "121.254.175.78/28", "pair/standby.ha.cf")
	vip := netip.MustParseAddr("121.254.175.70")
	log := active.Tail("/var/log/ha.log")
	defer log.Stop()
	for _, h := range []*Host{active, standby} {
		t.Log(OK(h.Check(soon(t), "service", "heartbeat", "start"))(t))
	}
	OK(active.AwaitAddr(soon(t), vip, true))(t)
	OK(log.AwaitLog(soon(t), `Configuration validated. Starting heartbeat 3\.0\.6`))(t)
	OK(active.Check(soon(t), "/etc/ha.d/resource.d/websvc", "www", "status"))(t)
	if n := len(l.Holders(vip)); n != 1 {
		t.Fatalf("%d hosts hold %s, want 1", n, vip)
	}
	active.Kill()
	OK(standby.AwaitAddr(soon(t), vip, true))(t)
}
