package main

import (
	"net/netip"

	"systole/pkg/decision"
)

// howto004 is LVS-NAT with two interfaces, which the how-to sets up by hand with
// ipvsadm, made a pair: the web servers' gateway moves with the service address.
func howto004() howto {
	const router, vip, inner = "192.168.3.1", "192.168.3.108", "10.0.0.1"
	director := func(name, outer, inside string) machine {
		return machine{name: name, files: []file{tree(name)}, setup: "sysctl -q -p /etc/sysctl.d/lvs.conf", gateway: netip.MustParseAddr(router),
			ports: []port{card("eth0", "lan", outer), card("eth1", "inside", inside)}}
	}
	server := func(name, addr string) web {
		return web{pages: gunnmPages, machine: machine{name: name, ports: []port{card("eth0", "inside", addr)}, gateway: netip.MustParseAddr(inner)}}
	}
	return howto{
		number: "004", title: "two directors that masquerade", original: true,
		picture: `
  clients  203.0.113.11 and following
     |
  gateway  192.168.3.1, which both directors ping
     |
     +---- eth0 192.168.3.106  lb1  10.0.0.4 eth1 ----+  one of them has 192.168.3.108, the service,
     +---- eth0 192.168.3.107  lb2  10.0.0.5 eth1 ----+  and 10.0.0.1, the web servers' gateway
                                                      |
                                       10.0.0.2  rs1 -+
                                       10.0.0.3  rs2 -+
`,
		router: machine{name: "gateway", setup: routing, ports: []port{card("eth0", "lan", router+"/24"), outside()}},
		directors: [2]machine{
			director("lb1", "192.168.3.106/24", "10.0.0.4/8"),
			director("lb2", "192.168.3.107/24", "10.0.0.5/8"),
		},
		webs:    []web{server("rs1", "10.0.0.2/8"), server("rs2", "10.0.0.3/8")},
		service: netip.MustParseAddrPort(vip + ":80"), moves: []netip.Addr{netip.MustParseAddr(vip), netip.MustParseAddr(inner)},
		page: "/", haLog: "/var/log/ha-log",
		steps: steps004(),
	}
}

func steps004() []step {
	const check = "for ldirectord's next check (checkinterval 10)"
	return []step{
		{"start heartbeat on both", []action{both("service heartbeat start"), inService(active), addresses("eth0"), addresses("eth1"),
			run(active, "ipvsadm -Ln")}},
		{"clients ask the service", []action{ask(), answeredBy(0, 1)}},
		{"rs1 dies", []action{webDies(0), waits(check), table(active, 1), answeredBy(1)}},
		{"rs1 returns", []action{webReturns(0), waits(check), table(active, 0, 1), answeredBy(0, 1)}},
		{"stop heartbeat on lb1", []action{run(active, "service heartbeat stop"), inService(standby), answeredBy(0, 1),
			logged(standby, `mach_down takeover complete\.`), addresses("eth1"), explains(standby, decision.PeerStop, "lb1")}},
		{"start it again: failback", []action{run(active, "service heartbeat start"), inService(active), answeredBy(0, 1),
			logged(standby, `Other node completed standby takeover`), explains(standby, decision.Failback, "lb2")}},
		{"lb1 loses the router", []action{deafen(active, "eth0"), waits("until it takes the ping node for dead (deadtime 5), then ipfail acts"),
			inService(standby), answeredBy(0, 1), logged(active, `Other node completed standby takeover`),
			explains(standby, decision.Ipfail, "lb1")}},
		{"the router answers again", []action{heal(active, "eth0"), inService(active), answeredBy(0, 1),
			logged(standby, `Other node completed standby takeover`)}},
		{"power cut of lb1", []action{powerCut(active), waits("until lb2 takes it for dead (deadtime 5)"), inService(standby), answeredBy(0, 1),
			logged(standby, `mach_down takeover complete\.`), run(standby, "ipvsadm -Ln"),
			explains(standby, decision.Death, "lb1")}},
	}
}
