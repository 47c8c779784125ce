package main

import (
	"net/netip"

	"systole/pkg/decision"
)

// howto003 is two directors between two networks, imported from keepalived's file:
// masquerading, and the web servers' gateway moves with the service address.
func howto003() howto {
	const gateway, vip, inner = "32.32.32.254", "32.32.32.100", "33.33.33.100"
	director := func(name, inside, outer string) machine {
		return machine{name: name, files: []file{tree(name)}, setup: routing, gateway: netip.MustParseAddr(gateway),
			ports: []port{card("br0", "inside", inside), card("br1", "lan", outer)}}
	}
	server := func(name, addr string) web {
		return web{pages: gunnmPages, machine: machine{name: name, ports: []port{card("eth0", "inside", addr)}, gateway: netip.MustParseAddr(inner)}}
	}
	return howto{
		number: "003", title: "two directors between two networks",
		picture: `
  clients  203.0.113.11 and following
     |
  gateway  32.32.32.254
     |
     +---- br1 32.32.32.1  lvs1  33.33.33.1 br0 ----+  one of them has 32.32.32.100, the service,
     +---- br1 32.32.32.2  lvs2  33.33.33.2 br0 ----+  and 33.33.33.100, the web servers' gateway
                                                    |
                                 33.33.33.10  web1 -+
                                 33.33.33.11  web2 -+
`,
		router: machine{name: "gateway", setup: routing, ports: []port{card("eth0", "lan", gateway+"/24"), outside()}},
		directors: [2]machine{
			director("lvs1", "33.33.33.1/24", "32.32.32.1/24"),
			director("lvs2", "33.33.33.2/24", "32.32.32.2/24"),
		},
		webs:    []web{server("web1", "33.33.33.10/24"), server("web2", "33.33.33.11/24")},
		service: netip.MustParseAddrPort(vip + ":80"), moves: []netip.Addr{netip.MustParseAddr(vip), netip.MustParseAddr(inner)},
		page: "/", haLog: "/var/log/ha-log",
		steps: steps003(),
	}
}

func steps003() []step {
	const check = "for two failed checks (checkinterval 6, failurecount 2)"
	return []step{
		{"start heartbeat on both", []action{both("service heartbeat start"), inService(active), addresses("br1"), addresses("br0"),
			run(active, "ipvsadm -Ln")}},
		{"clients ask the service", []action{ask(), answeredBy(0, 1)}},
		{"web1 dies", []action{webDies(0), waits(check), table(active, 1), answered()}},
		{"web1 returns", []action{webReturns(0), table(active, 0, 1), answered()}},
		{"lvs1 goes standby", []action{run(active, "/usr/share/heartbeat/hb_standby all"), inService(standby), answeredBy(0, 1),
			logged(active, `Other node completed standby takeover`), explains(standby, decision.Standby, "lvs1")}},
		{"lvs1 takes it back", []action{run(active, "/usr/share/heartbeat/hb_takeover all"), inService(active), answered(),
			logged(standby, `Other node completed standby takeover`)}},
		{"power cut of lvs1", []action{powerCut(active), waits("until lvs2 takes it for dead (deadtime 4)"), inService(standby), answeredBy(0, 1),
			logged(standby, `mach_down takeover complete\.`), explains(standby, decision.Death, "lvs1")}},
		{"lvs1 comes back: failback", []action{powerOn(active), run(active, "service heartbeat start"), inService(active), answered(),
			run(active, "ipvsadm -Ln"), explains(standby, decision.Failback, "lvs2")}},
	}
}
