package main

import (
	"net/netip"

	"systole/pkg/decision"
)

// howto002 is two machines that are directors and web servers at once, imported from
// keepalived's files. The one in reserve answers for the service address by a rule of
// iptables, which redirect.sh makes and removes; the checks compare a page's MD5.
func howto002() howto {
	const gateway, vip = "10.30.6.1", "10.30.6.110"
	node := func(name, addr string) machine {
		return machine{name: name, files: []file{tree(name)}, setup: routing + "\n" + mailer + "\n" + iptables,
			ports: []port{card("eth0", "lan", addr)}, gateway: netip.MustParseAddr(gateway)}
	}
	first, second := node("dongho-vm111", "10.30.6.111/24"), node("dongho-vm112", "10.30.6.112/24")
	return howto{
		number: "002", title: "two machines that are directors and web servers",
		picture: `
  clients  203.0.113.11 and following
     |
  gateway  10.30.6.1
     |
     +---- dongho-vm111  10.30.6.111 \ both are web servers, and one of them
     +---- dongho-vm112  10.30.6.112 / has 10.30.6.110, the service
`,
		router:    machine{name: "gateway", setup: routing, ports: []port{card("eth0", "lan", gateway+"/24"), outside()}},
		directors: [2]machine{first, second},
		webs:      []web{onDirector(first, defaultPages), onDirector(second, defaultPages)},
		service:   netip.MustParseAddrPort(vip + ":80"), moves: []netip.Addr{netip.MustParseAddr(vip)},
		page: "/", haLog: "/var/log/ha-log",
		steps: steps002(),
	}
}

// mailer stands for the how-to's postfix: what is mailed lies in a file.
const mailer = `printf '#!/bin/sh\n{ echo "$*"; cat; } >>/var/mail/sent\n' >/usr/bin/mail; chmod 755 /usr/bin/mail`

// iptables is the older one where the kernel has no nat for nftables, as User-Mode
// Linux's.
const iptables = `iptables -t nat -N probe 2>/dev/null && iptables -t nat -X probe ||
	update-alternatives --quiet --set iptables /usr/sbin/iptables-legacy`

func steps002() []step {
	const rule, check = "iptables -t nat -S PREROUTING", "for four failed checks (checkinterval 3, failurecount 4)"
	return []step{
		{"start heartbeat on both", []action{both("service heartbeat start"), inService(active), run(active, "ipvsadm -Ln"), run(active, rule),
			run(standby, rule)}},
		{"clients ask the service", []action{ask(), answeredBy(0, 1)}},
		{"the director's own web server dies", []action{webDies(0), waits(check), table(active, 1), answeredBy(1)}},
		{"it returns", []action{webReturns(0), table(active, 0, 1), answeredBy(0, 1)}},
		{"the other one's page changes", []action{webChanges(1), waits(check), table(active, 0), answeredBy(0)}},
		{"it is as it was", []action{webReturns(1), table(active, 0, 1), answeredBy(0, 1)}},
		{"stop heartbeat on dongho-vm111", []action{run(active, "service heartbeat stop"), inService(standby), answeredBy(0, 1),
			run(active, rule), run(standby, rule), explains(standby, decision.PeerStop, "dongho-vm111")}},
		{"start it again: failback", []action{run(active, "service heartbeat start"), inService(active), answeredBy(0, 1),
			logged(standby, `Other node completed standby takeover`), run(standby, rule), explains(standby, decision.Failback, "dongho-vm112")}},
		{"power cut of dongho-vm111", []action{powerCut(active), waits("until dongho-vm112 takes it for dead (deadtime 4)"), holds(standby),
			table(standby, 1), answeredBy(1), run(standby, "ipvsadm -Ln"),
			explains(standby, decision.Death, "dongho-vm111")}},
	}
}
