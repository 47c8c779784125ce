package main

import (
	"net/netip"

	"systole/pkg/decision"
)

// howto000 is two directors and two web servers with direct routing: heartbeat,
// ipfail and ldirectord. The addresses are the how-to's, as in the others.
func howto000() howto {
	const gateway, vip = "121.254.175.65", "121.254.175.70"
	director := func(name, dir, addr string) machine {
		return machine{name: name, files: []file{tree(dir)}, setup: routing,
			ports: []port{card("eth0", "lan", addr)}, gateway: netip.MustParseAddr(gateway)}
	}
	server := func(name, addr string) web {
		return web{pages: gunnmPages, machine: machine{name: name, setup: quietLoopback(vip),
			ports: []port{card("eth0", "lan", addr)}, gateway: netip.MustParseAddr(gateway)}}
	}
	return howto{
		number: "000", title: "two directors, two web servers", original: true,
		remark: `
Where each haresources names its own node, as in this how-to, the original has the
address on both nodes at once. The steps call that wrong.
`,
		picture: `
  clients  203.0.113.11 and following
     |
  gateway  121.254.175.65, which both directors ping
     |
     +---- lvsactive   121.254.175.77 \ one of them has
     +---- lvsstandby  121.254.175.78 / 121.254.175.70, the service
     +---- web1        121.254.175.75
     +---- web2        121.254.175.74
`,
		router: machine{name: "gateway", setup: routing, ports: []port{card("eth0", "lan", gateway+"/28"), outside()}},
		directors: [2]machine{
			director("lvsactive.gunnm.xyz", "active", "121.254.175.77/28"),
			director("lvsstandby.gunnm.xyz", "standby", "121.254.175.78/28"),
		},
		webs:    []web{server("web1", "121.254.175.75/28"), server("web2", "121.254.175.74/28")},
		service: netip.MustParseAddrPort(vip + ":80"), moves: []netip.Addr{netip.MustParseAddr(vip)},
		page: "/gunnm.lvs", haLog: "/var/log/ha.log",
		steps: steps000(),
	}
}

func steps000() []step {
	const check = "for ldirectord's next check (checkinterval 10)"
	return []step{
		{"start heartbeat on both", []action{both("service heartbeat start"), inService(active),
			logged(active, `Initial resource acquisition complete`), addresses("eth0"), run(active, "ipvsadm -Ln")}},
		{"clients ask the service", []action{ask(), answeredBy(0, 1)}},
		{"web1 dies", []action{webDies(0), waits(check), table(active, 1), answered(), run(active, "ipvsadm -Ln")}},
		{"web1 returns", []action{webReturns(0), waits(check), table(active, 0, 1),
			note("clients stay with web2 all the same: the service is persistent=3600"), answered()}},
		{"stop heartbeat on the active", []action{run(active, "service heartbeat stop"), inService(standby), answeredBy(0, 1),
			logged(standby, `mach_down takeover complete\.`), addresses("eth0")}},
		{"explain: the stop", []action{explains(active, decision.Stop, "lvsactive.gunnm.xyz"),
			explains(standby, decision.PeerStop, "lvsactive.gunnm.xyz")}},
		{"start it again: failback", []action{run(active, "service heartbeat start"), inService(active), answered(),
			logged(standby, `Other node completed standby takeover`)}},
		{"explain: the failback", []action{explains(active, decision.Failback, "lvsstandby.gunnm.xyz"),
			explains(standby, decision.Failback, "lvsstandby.gunnm.xyz")}},
		{"the active loses the ping node", []action{deafen(active, "eth0"),
			waits("until it takes the ping node for dead (deadtime 10), then ipfail acts"), inService(standby), answered(),
			logged(active, `Other node completed standby takeover`)}},
		{"explain: the ping node", []action{explains(active, decision.Ipfail, "lvsactive.gunnm.xyz"),
			explains(standby, decision.Ipfail, "lvsactive.gunnm.xyz")}},
		{"the ping node answers again", []action{heal(active, "eth0"), inService(active), answered(),
			logged(standby, `Other node completed standby takeover`)}},
		{"explain: the way back", []action{explains(active, decision.Ipfail, "lvsstandby.gunnm.xyz"),
			explains(standby, decision.Ipfail, "lvsstandby.gunnm.xyz")}},
		{"power cut of the active", []action{powerCut(active), waits("until the standby takes it for dead (deadtime 10)"),
			inService(standby), answered(), logged(standby, `mach_down takeover complete\.`), run(standby, "ipvsadm -Ln")}},
		{"explain: the power cut", []action{explains(standby, decision.Death, "lvsactive.gunnm.xyz")}},
	}
}
