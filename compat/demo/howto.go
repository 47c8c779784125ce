package main

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// howto is a how-to as a scene (hosts, what clients ask) and the walk over it.
type howto struct {
	number  string
	title   string
	picture string

	router    machine    // between the directors' network and the clients'; always named gateway
	directors [2]machine // the preferred one first
	webs      []web
	service   netip.AddrPort
	moves     []netip.Addr // what a director takes over: the service address, and a gateway that webs have
	page      string       // what clients ask for
	haLog     string       // where ha.cf has the log written to
	packages  []string     // of Debian, that directors may have besides
	original  bool         // Debian's heartbeat and ldirectord can show it as well
	remark    string       // what to know of the original then
	steps     []step
}

// The directors in howto.directors.
const (
	active  = 0
	standby = 1
)

// machine is a host of the scene.
type machine struct {
	name    string // as uname -n tells it
	ports   []port
	gateway netip.Addr // where its default route leads
	files   []file     // of the how-to's example; a director has some
	setup   string     // shell, at each boot
	extra   bool       // it has the how-to's packages
}

// short is the name as the output has it.
func (m machine) short() string { return shortName(m.name) }

func shortName(full string) string {
	name, _, _ := strings.Cut(full, ".")
	return name
}

// addr is the machine's first address.
func (m machine) addr() netip.Addr { return m.ports[0].addr.Addr() }

// port is a network card.
type port struct {
	dev  string
	net  string // the switch it is plugged into
	addr netip.Prefix
}

func card(dev, net, addr string) port { return port{dev, net, netip.MustParsePrefix(addr)} }

// file is a file or a tree of the example, and where it is copied to.
type file struct{ from, to string }

// tree is a directory of the example that is laid over a host's disk.
func tree(dir string) file { return file{from: dir, to: ""} }

// web is a web server. It may run on a director.
type web struct {
	machine
	on    string // the director's name, if it runs on one
	pages string // the lab's applet that serves it
}

// host is the name of the host that it runs on.
func (w web) host() string {
	if w.on != "" {
		return w.on
	}
	return w.name
}

// onDirector is the web server of a director.
func onDirector(m machine, pages string) web {
	return web{machine: machine{name: m.short(), ports: m.ports}, on: m.name, pages: pages}
}

// networks are the names of the switches.
func (h howto) networks() []string {
	var out []string
	for _, m := range h.machines() {
		for _, p := range m.ports {
			out = append(out, p.net)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// machines are all hosts but the clients'.
func (h howto) machines() []machine {
	out := []machine{h.router}
	for _, w := range h.webs {
		if w.on == "" {
			out = append(out, w.machine)
		}
	}
	return append(out, h.directors[:]...)
}

func howtos() []howto {
	return []howto{howto000(), howto001(), howto002(), howto003(), howto004()}
}

func findHowto(number string) (howto, error) {
	all := howtos()
	i := slices.IndexFunc(all, func(h howto) bool { return h.number == number })
	if i < 0 {
		return howto{}, fmt.Errorf("how-to %q cannot be shown: there are 000 to 004", number)
	}
	return all[i], nil
}

// The clients' network is one for documentation (RFC 5737).
const clientNet = "outside"

// outside is the gateway's card towards the clients.
func outside() port { return card("eth1", clientNet, "203.0.113.1/24") }

// clientAddrs is how many addresses the client host has. With persistent=3600 an
// address stays with one web server, so there must be several.
const clientAddrs = 4

// clientList is the clients' addresses.
func clientList() []netip.Addr {
	list := []netip.Addr{netip.MustParseAddr("203.0.113.11")}
	for len(list) < clientAddrs {
		list = append(list, list[len(list)-1].Next())
	}
	return list
}

// routing has a machine forward packets.
const routing = "sysctl -qw net.ipv4.ip_forward=1"

// quietLoopback gives a real server the service address, of which it says nothing
// on the wire.
func quietLoopback(vip string) string {
	return "sysctl -qw net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2; ip addr add " + vip + "/32 dev lo"
}
