package keepalived

import (
	"fmt"
	"net/netip"
	"path"
	"slices"
	"strings"
	"time"

	"systole/compat/conversion"
	"systole/pkg/authkeys"
	"systole/pkg/diag"
	"systole/pkg/hacf"
	"systole/pkg/haresources"
	"systole/pkg/ldirectorcf"
)

// Multicast, where no address of a node is known.
const (
	mcastGroup = "239.0.0.42"
	port       = 694
)

// times are those of ha.cf.
type times struct{ keepalive, deadtime, warntime, initdead time.Duration }

// timesOf follows from the shortest advert: a backup takes over after 3.6 adverts or so (agents
// spec 8.1), and heartbeat needs two of its own to be late.
func timesOf(advert time.Duration) times {
	dead := max(advert*37/10, 2*advert+time.Second)
	t := times{keepalive: advert, deadtime: (dead + time.Second - 1).Truncate(time.Second), warntime: 2 * advert}
	t.initdead = max(30*time.Second, 2*t.deadtime)
	return t
}

func (e *emitter) hacf(n int) []byte {
	advert := e.conf.instances[0].advert
	for _, i := range e.conf.instances {
		advert = min(advert, i.advert)
	}
	t := timesOf(advert)
	var b strings.Builder
	fmt.Fprintf(&b, "# %s, made by systole import keepalived of %s.\n", e.nodes[n].Name, remark(path.Base(e.file)))
	fmt.Fprintf(&b, "logfile /var/log/ha-log\nlogfacility daemon\n\n")
	fmt.Fprintf(&b, "keepalive %s\ndeadtime %s\nwarntime %s\ninitdead %s\n\n", duration(t.keepalive), duration(t.deadtime), duration(t.warntime), duration(t.initdead))
	fmt.Fprintf(&b, "udpport %d\n%s\n", port, e.media(n))
	fmt.Fprintf(&b, "node %s\nnode %s\n\nauto_failback %s\n", e.nodes[0].Name, e.nodes[1].Name, e.failback())
	if n == 0 {
		e.note(0, "VRRP", conversion.Approximated, fmt.Sprintf("a node is dead after %s s of silence, not after 3.6 adverts; it waits %s s for the other one at its start",
			duration(t.deadtime), duration(t.initdead)))
	}
	return []byte(b.String())
}

// failback is one for the cluster.
func (e *emitter) failback() string {
	for _, i := range e.conf.instances {
		if i.noPreempt {
			return "off"
		}
	}
	return "on"
}

// media are the lines of ucast or mcast of a node.
func (e *emitter) media(n int) string {
	first := e.conf.instances[0]
	addrs := e.addresses(first)
	if to := addrs[1-n]; addrs[0].IsValid() && addrs[1].IsValid() {
		kind := "ucast"
		if to.Is6() {
			kind = "ucast6"
		}
		return fmt.Sprintf("%s %s %s\n", kind, first.iface, to)
	}
	if n == 0 {
		e.note(0, "VRRP", conversion.Approximated, "heartbeats go to "+mcastGroup+": name the addresses of the nodes (NAME=ADDRESS) for ucast lines")
	}
	var b strings.Builder
	var seen []string
	for _, i := range e.conf.instances {
		if !slices.Contains(seen, i.iface) {
			seen = append(seen, i.iface)
			fmt.Fprintf(&b, "mcast %s %s %d 1 0\n", i.iface, mcastGroup, port)
		}
	}
	return b.String()
}

// addresses are those of the nodes: as told, else unicast_src_ip and unicast_peer.
func (e *emitter) addresses(i *instance) [2]netip.Addr {
	addrs := [2]netip.Addr{e.nodes[0].Addr, e.nodes[1].Addr}
	if !addrs[0].IsValid() {
		addrs[0] = i.source
	}
	if !addrs[1].IsValid() && len(i.peers) == 1 {
		addrs[1] = i.peers[0]
	}
	if e.other != nil {
		if p := e.counterpart(i); p != nil && !addrs[0].IsValid() && len(p.peers) == 1 {
			addrs[0] = p.peers[0]
		}
	}
	return addrs
}

// haresources is the same on both nodes.
func (e *emitter) haresources() []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "# The same file on both nodes: the node that is preferred, then what starts from left to right.\n")
	for _, g := range e.groups {
		fmt.Fprintf(&b, "%s %s\n", e.nodes[g.owner].Name, strings.Join(e.words(g), " "))
	}
	return []byte(b.String())
}

// words are the resources of a group. The table comes before the addresses, as in how-to 000 and unlike agents
// spec 8.3: an address without a table refuses clients, at every start and every stop.
func (e *emitter) words(g *group) []string {
	var words []string
	if s := e.syncOf(g); s != nil {
		words = append(words, "ipvs-sync::"+s.words())
	}
	if g.director != "" {
		words = append(words, "ldirectord::"+g.director)
	}
	for _, i := range g.instances {
		for _, a := range i.addresses {
			words = append(words, a.word(i.iface))
		}
	}
	for _, i := range g.instances {
		if len(i.routes)+len(i.rules) > 0 {
			words = append(words, routesScript(i.name))
		}
	}
	if len(g.notify) > 0 {
		words = append(words, notifyScript(g.name))
	}
	if g.mail {
		for _, to := range e.conf.emails {
			words = append(words, "MailTo::"+to+"::"+fileName(g.name))
		}
	}
	return words
}

// syncOf is the sync daemon of a group: its instances' own, or the global one.
func (e *emitter) syncOf(g *group) *syncDaemon {
	for _, i := range g.instances {
		if i.syncDaemon != nil {
			return i.syncDaemon
		}
	}
	s := e.conf.sync
	switch {
	case s == nil:
		return nil
	case s.instance == "" && g == e.groups[0]:
		return s
	}
	if slices.ContainsFunc(g.instances, func(i *instance) bool { return i.name == s.instance }) {
		return s
	}
	return nil
}

// word is an address as a resource.
func (a address) word(iface string) string {
	if a.dev != "" {
		iface = a.dev
	}
	if a.prefix.Addr().Is6() {
		return fmt.Sprintf("IPv6addr::%s/%d/%s", written(a.prefix.Addr()), a.prefix.Bits(), iface)
	}
	text := fmt.Sprintf("IPaddr2::%s/%d/%s", a.prefix.Addr(), a.prefix.Bits(), iface)
	if _, label, ok := strings.Cut(a.label, ":"); ok && label != "" {
		text += ":" + label
	}
	if _, err := netip.ParseAddr(a.broadcast); err == nil {
		text += "/" + a.broadcast
	}
	return text
}

// written is an IPv6 address without "::", which separates the arguments of a resource.
func written(a netip.Addr) string {
	b := a.As16()
	var parts []string
	for i := 0; i < len(b); i += 2 {
		parts = append(parts, fmt.Sprintf("%x", uint16(b[i])<<8|uint16(b[i+1])))
	}
	return strings.Join(parts, ":")
}

// fileName makes a name of letters, digits, dots, - and _ only.
func fileName(name string) string {
	name = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._-", r) {
			return r
		}
		return '-'
	}, name)
	return strings.TrimLeft(name, ".-")
}

// findings are what the readers of the daemons say about the files of a node.
func findings(tree conversion.Tree, dir, node string) []diag.Diagnostic {
	var all []diag.Diagnostic
	read := func(name string, reader func(text []byte) []diag.Diagnostic) {
		if f, ok := tree.Find(dir + "/" + haDir + name); ok {
			all = append(all, reader(f.Text)...)
		}
	}
	var nodes []string
	read("ha.cf", func(text []byte) []diag.Diagnostic {
		cfg, found, _ := hacf.Load(hacf.Env{Node: node}, "ha.cf", text)
		if cfg != nil {
			nodes = cfg.AllNodes
		}
		return found
	})
	read("haresources", func(text []byte) []diag.Diagnostic {
		_, found := haresources.Parse("haresources", text)
		return append(found, haresources.CheckNodes("haresources", text, nodes)...)
	})
	read("authkeys", func(text []byte) []diag.Diagnostic {
		_, found := authkeys.Parse("authkeys", text)
		return found
	})
	for _, f := range tree {
		if name := path.Base(f.Path); strings.HasPrefix(f.Path, dir+"/"+haDir) && strings.HasSuffix(name, ".cf") && name != "ha.cf" {
			_, found := ldirectorcf.Load(ldirectorcf.Env{}, name, f.Text)
			all = append(all, found...)
		}
	}
	return all
}
