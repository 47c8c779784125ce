package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"systole/pkg/decision"
)

// howto001 is heartbeat with mon, of the year 2001: ha.cf with "udp", a bare address
// in haresources, an init script that fills the table. The director in reserve is a
// web server, and an edited IPaddr takes its address off the loopback device. It has
// Debian's mon and net-tools; on the other director the mon inside systole runs.
func howto001() howto {
	const gateway, vip = "129.254.203.129", "129.254.203.149"
	printed := []file{{"as-printed/ha.cf", "/etc/ha.d/ha.cf"}, {"as-printed/haresources", "/etc/ha.d/haresources"}}
	on := func(addr string) machine {
		return machine{ports: []port{card("eth0", "lan", addr)}, gateway: netip.MustParseAddr(gateway)}
	}
	first, second := on("129.254.203.145/26"), on("129.254.203.146/26")
	first.name, second.name = "titanic5.etri.re.kr", "titanic6.etri.re.kr"
	first.files = append([]file{tree("titanic5")}, printed...)
	second.files = append([]file{tree("titanic6"), tree("edited"), tree("mon"), {"as-printed/ipvsadm.sct", "/etc/ha.d/ipvsadm.sct"}}, printed...)
	first.setup = "sysctl -q -p /etc/sysctl.d/lvs.conf"
	second.setup = first.setup + "; mkdir -p /run/mon /var/log/mon; sh /etc/ha.d/ipvsadm.sct 2>/dev/null || true # it ends with two files that 2.4 had"
	second.extra = true
	server := func(name, addr string) web {
		m := on(addr)
		m.name, m.setup = name, quietLoopback(vip)
		return web{machine: m, pages: gunnmPages}
	}
	return howto{
		number: "001", title: "two directors with mon, one of them a web server, and two more",
		picture: `
  clients  203.0.113.11 and following
     |
  gateway  129.254.203.129
     |
     +---- titanic5  129.254.203.145 \ one of them has
     +---- titanic6  129.254.203.146 / 129.254.203.149, the service; titanic6 is a web server too
     +---- titanic7  129.254.203.147   web server
     +---- titanic8  129.254.203.148   web server
`,
		router:    machine{name: "gateway", setup: routing, ports: []port{card("eth0", "lan", gateway+"/26"), outside()}},
		directors: [2]machine{first, second},
		webs:      []web{onDirector(second, gunnmPages), server("titanic7", "129.254.203.147/26"), server("titanic8", "129.254.203.148/26")},
		service:   netip.MustParseAddrPort(vip + ":80"), moves: []netip.Addr{netip.MustParseAddr(vip)},
		page: "/", haLog: "/var/log/ha-log",
		packages: []string{"mon", "libtime-period-perl", "net-tools"},
		steps:    steps001(),
	}
}

func steps001() []step {
	return []step{
		{"start heartbeat on both", []action{run(standby, "ip -brief addr show lo"), both("service heartbeat start"), inService(active),
			addresses("eth0"), run(active, "ipvsadm -Ln")}},
		{"clients ask the service", []action{ask(), answeredBy(0, 1, 2)}},
		{"titanic7's web server dies", []action{finds(active, "pgrep -ax mon"), webDies(1), waits("for the mon inside systole (interval 5s, its first look within randstart 30s)"),
			table(active, 0, 2), answeredBy(0, 2)}},
		{"it returns", []action{webReturns(1), table(active, 0, 1, 2), answeredBy(0, 1, 2)}},
		{"power cut of titanic5", []action{powerCut(active), waits("until titanic6 takes it for dead (deadtime 5)"), inService(standby),
			answeredBy(0, 1, 2), logged(standby, `mach_down takeover complete`),
			run(standby, "ip -brief addr"), run(standby, "ipvsadm -Ln"), explains(standby, decision.Death, "titanic5.etri.re.kr")}},
		{"titanic8's web server dies", []action{finds(standby, "pgrep -ax mon"), webDies(2), waits("for Debian's mon, which titanic6 has (interval 5s, its first look within randstart 30s)"),
			table(standby, 0, 1), answeredBy(0, 1)}},
		{"it returns", []action{webReturns(2), table(standby, 0, 1, 2), answeredBy(0, 1, 2)}},
		{"titanic5 comes back: failback", []action{powerOn(active), run(active, "service heartbeat start"), inService(active),
			note("ipvsadm.sct has put the address back on titanic6's loopback device"), loopback(standby), answeredBy(0, 1, 2),
			explains(active, decision.Start, "titanic5.etri.re.kr"), explains(standby, decision.Return, "titanic5.etri.re.kr")}},
		{"stop heartbeat on titanic5", []action{run(active, "service heartbeat stop"), inService(standby), answeredBy(0, 1, 2)}},
	}
}

// loopback waits until a director has the service address on its loopback device.
func loopback(at int) action {
	return func(d *demo, ctx context.Context) error {
		err := poll(ctx, func() (bool, error) {
			have, err := d.directors[at].Addrs("lo")
			return slices.Contains(have, netip.PrefixFrom(d.scene.service.Addr(), 32)), err
		})
		if errors.Is(err, errPatience) {
			return fmt.Errorf("%s has no %s on lo", d.name(at), d.scene.service.Addr())
		}
		if err != nil {
			return err
		}
		return d.run(ctx, d.directors[at], "ip", "-brief", "addr", "show", "lo")
	}
}
