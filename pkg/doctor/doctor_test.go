package doctor

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"systole/pkg/hacf"
	"systole/pkg/haresources"
	"systole/pkg/ldirectorcf"
	"systole/pkg/state"
)

func TestSetup(t *testing.T) {
	var s Setup
	cf, _, _ := hacf.Load(hacf.Env{Node: "node1"}, "ha.cf", []byte("udpport 700\nucast eth1 node2\nucast eth0 192.0.2.2\nping 192.0.2.254\nnode node1 node2\n"))
	s.FromHeartbeat(cf, func(host string) (netip.Addr, bool) {
		a, err := netip.ParseAddr(host)
		return a, err == nil
	})
	groups, _ := haresources.Parse("haresources", []byte("node1 IPaddr2::10.1.0.70/24/eth0:0/10.1.0.255 10.1.0.71 IPaddr::10.1.0.70 websvc::10.1.0.99\n"))
	s.FromResources(groups)
	director, _ := ldirectorcf.Load(ldirectorcf.Env{}, "FILE", []byte("quiescent=yes\nvirtual=10.1.0.70:80\n\treal=10.1.0.11:80 gate\n\treal=10.1.0.12:80 masq\n\tservice=http\n\tpersistent=600\nvirtual=10.1.0.72:80\n\treal=10.1.0.11:80 gate\n\tservice=http\n"))
	s.FromDirector(director)
	want := []VIP{{netip.MustParseAddr("10.1.0.70"), "eth0"}, {netip.MustParseAddr("10.1.0.71"), ""}, {netip.MustParseAddr("10.1.0.72"), ""}}
	if s.Port != 700 || len(s.Peers) != 1 || s.Peers[0].Interface != "eth0" || len(s.VIPs) != 3 || s.VIPs[0] != want[0] || s.VIPs[1] != want[1] || s.VIPs[2] != want[2] {
		t.Errorf("%+v", s)
	}
	if !s.Quiescent || !s.Masquerade || !s.Directs || len(s.Reals) != 2 {
		t.Errorf("%+v", s)
	}
}

// Each judgement: what was seen, how bad it is, and what it says.
func TestJudgements(t *testing.T) {
	vip, real := netip.MustParseAddr("10.1.0.70"), netip.MustParseAddr("10.1.0.11")
	node := state.Node{Name: "node2"}
	nft := "table inet filter {\n chain input {\n type filter hook input priority filter; policy %s;\n %s\n }\n}\n"
	rules := func(policy, rule string) string {
		return strings.Replace(strings.Replace(nft, "%s", policy, 1), "%s", rule, 1)
	}
	one := func(found []Finding) Finding {
		if len(found) == 0 {
			return Finding{Level: OK}
		}
		return found[0]
	}
	for _, c := range []struct {
		name  string
		is    Finding
		level Level
		says  string
	}{
		{"held, alone", judgeAnswers(vip, "eth0", true, nil), OK, "nobody else"},
		{"held twice", judgeAnswers(vip, "eth0", true, []answerer{{"02:00", real}}), Bad, "real server 10.1.0.11"},
		{"held elsewhere", judgeAnswers(vip, "eth0", false, []answerer{{mac: "02:00"}}), OK, "02:00 answers"},
		{"held by a real", judgeAnswers(vip, "eth0", false, []answerer{{"02:00", real}}), Bad, "not by a director"},
		{"held by two", judgeAnswers(vip, "eth0", false, []answerer{{mac: "02:00"}, {"02:01", real}}), Bad, "2 machines"},
		{"held by nobody", judgeAnswers(vip, "eth0", false, nil), Warning, "nobody answers"},

		{"path", judgePath(node, state.Path{Name: "eth0", Up: true, Interval: 2001, Jitter: 800, Count: 99}, 2000), OK, "every 2.00 s"},
		{"path, lossy", judgePath(node, state.Path{Name: "eth0", Up: true, Interval: 2500, Count: 99}, 2000), Warning, "20 %"},
		{"path, unsteady", judgePath(node, state.Path{Name: "eth0", Up: true, Interval: 2000, Jitter: 900_000, Count: 99}, 2000), Warning, "900.0 ms off"},
		{"path, young", judgePath(node, state.Path{Name: "eth0", Up: true, Interval: 4000, Count: 3}, 2000), OK, "too few"},
		{"path, dead", judgePath(node, state.Path{Name: "eth0", Age: 15000, Count: 99}, 2000), Bad, "for 15.0 s"},
		{"path, never", judgePath(node, state.Path{Name: "eth0", Age: -1}, 2000), Bad, "nothing ever"},

		{"echoes", measure(3, []time.Duration{1e6, 3e6, 2e6}).judge(Peer{vip, "eth0"}), OK, "2.00 ms, at most 3.00 ms, 1.50 ms off"},
		{"echoes, some", measure(4, []time.Duration{1e6}).judge(Peer{vip, "eth0"}), Warning, "3 of 4"},
		{"echoes, none", measure(4, nil).judge(Peer{Addr: vip}), Bad, "no echo"},

		{"nft, open", one(judgeNft(rules("accept", "tcp dport 22 drop"), 694)), OK, ""},
		{"nft, closed", one(judgeNft(rules("drop", "udp dport 53 accept"), 694)), Bad, "none accepts"},
		{"nft, accepted", one(judgeNft(rules("drop", "udp dport { 53, 690-700 } accept"), 694)), OK, ""},
		{"nft, by name", one(judgeNft(rules("drop", "udp dport ha-cluster accept"), 694)), OK, ""},
		{"nft, dropped", one(judgeNft(rules("accept", "iif eth0 udp dport 694 counter drop"), 694)), Bad, "closes"},
		{"iptables, open", one(judgeIptables(":INPUT ACCEPT [0:0]\n", 694)), OK, ""},
		{"iptables, closed", one(judgeIptables(":INPUT DROP [0:0]\n-A INPUT -p udp -m udp --dport 53 -j ACCEPT\n", 694)), Bad, "none accepts"},
		{"iptables, at the end", one(judgeIptables(":INPUT ACCEPT [0:0]\n-A INPUT -j REJECT --reject-with x\n", 694)), Bad, "none accepts"},
		{"iptables, accepted", one(judgeIptables(":INPUT DROP [0:0]\n-A INPUT -s 10.0.0.0/8 -p udp -m udp --dport 694 -j ACCEPT\n", 694)), OK, ""},
		{"iptables, dropped", one(judgeIptables(":INPUT ACCEPT [0:0]\n-A INPUT -p udp -m udp --dport 694 -j DROP\n", 694)), Bad, "closes"},

		{"clock", judgeClock(unix.TIME_OK, 0), OK, ""},
		{"clock, unset", judgeClock(unix.TIME_ERROR, unix.STA_UNSYNC), Warning, "nobody sets"},
	} {
		if c.is.Level != c.level || !strings.Contains(c.is.Text, c.says) || (c.level == Bad || c.level == Warning) == (c.is.Repair == "") {
			t.Errorf("%s: %+v; want %s, %q", c.name, c.is, c.level, c.says)
		}
	}
}

func TestBound(t *testing.T) {
	listing := "  sl  local_address rem_address\n  5: 00000000:02B6 00000000:0000 07\n"
	if !bound(listing, 694) || bound(listing, 695) || bound("", 694) {
		t.Error("the port is not found")
	}
}

func TestWorst(t *testing.T) {
	if w := Worst([]Finding{{Level: Warning}, {Level: Bad}, {Level: OK}}); w != Bad {
		t.Error(w)
	}
	if w := Worst(nil); w != OK {
		t.Error(w)
	}
}
