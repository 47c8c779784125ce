package findings

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"systole/pkg/authkeys"
	"systole/pkg/hacf"
	"systole/pkg/haresources"
)

// traps looks for what the parsers accept and what will not work.
func (r *review) traps() {
	if r.cfg != nil {
		r.times()
		r.measured()
		r.nodeCount()
		r.names()
		r.daemonPaths()
		r.paths()
		r.ipfailAccess()
		r.ownUcast()
	}
	r.scripts()
	r.serviceAddresses()
	if r.keys != nil {
		r.weakKeys()
	}
	r.directorTraps()
}

// times judges the ratios between the times of ha.cf.
func (r *review) times() {
	c := r.cfg
	if c.Deadtime < 3*c.Keepalive {
		r.add("HA-118", r.cfgPath, r.lineOf("deadtime"), fmt.Sprintf("deadtime %v is less than three times keepalive %v", c.Deadtime, c.Keepalive),
			fmt.Sprintf("make deadtime at least %v, better %v", 3*c.Keepalive, 5*c.Keepalive))
	}
	if c.Warntime <= c.Keepalive {
		r.add("HA-119", r.cfgPath, r.lineOf("warntime"), fmt.Sprintf("warntime %v is not above keepalive %v", c.Warntime, c.Keepalive), "")
	}
	if c.Initdead < 10*time.Second {
		r.add("HA-120", r.cfgPath, r.lineOf("initdead"), fmt.Sprintf("initdead is %v", c.Initdead), "")
	}
}

// heardEnough is how many heartbeats a jitter is worth something after.
const heardEnough = 30

// measured holds deadtime to what the running daemon has seen: two intervals and four times their mean
// deviation must fit, which is how TCP decides that a segment is lost (RFC 6298) with a packet to spare.
func (r *review) measured() {
	if r.tree.State == nil {
		return
	}
	for _, n := range r.tree.State.Nodes {
		for _, p := range n.Paths {
			need := 2*time.Duration(p.Interval)*time.Millisecond + 4*time.Duration(p.Jitter)*time.Microsecond
			if n.Self || p.Count < heardEnough || need <= r.cfg.Deadtime {
				continue
			}
			r.add("HA-134", r.cfgPath, r.lineOf("deadtime"), fmt.Sprintf("heartbeats of %s over %s come every %v, give or take %v: deadtime %v is too near",
				n.Name, p.Name, time.Duration(p.Interval)*time.Millisecond, time.Duration(p.Jitter)*time.Microsecond, r.cfg.Deadtime),
				fmt.Sprintf("make deadtime at least %v, or look why they come so unsteadily: systole doctor", (2*need).Round(time.Second)))
		}
	}
}

// lineOf finds the last line of ha.cf with a directive.
func (r *review) lineOf(name string) int {
	line := 0
	for _, d := range hacf.Parse(r.cfgPath, r.tree.Read("ha.cf").Text) {
		if d.Name == name {
			line = d.Pos.Line
		}
	}
	return line
}

func (r *review) nodeCount() {
	if n := len(r.cfg.Nodes); n != 2 && len(r.groups) > 0 {
		r.add("HA-121", r.cfgPath, r.lineOf("node"), fmt.Sprintf("ha.cf names %d nodes: %s", n, strings.Join(r.cfg.Nodes, ", ")), "")
	}
}

// names looks for media that begin with a name look-up.
func (r *review) names() {
	for _, m := range r.cfg.Media {
		for _, host := range append(slices.Clone(m.Hosts), m.Target) {
			if host != "" && len(r.env.hosts(host)) == 0 {
				r.add("HA-116", r.cfgPath, m.Pos.Line, "the name "+host+" is not in /etc/hosts", "")
			}
		}
	}
}

// daemonPaths tells of respawn lines that were written for another release.
func (r *review) daemonPaths() {
	const here = "/usr/libexec/heartbeat/"
	for _, c := range r.cfg.Clients {
		if _, ours := hacf.DaemonName(c.Path); ours && !strings.HasPrefix(c.Path, here) {
			r.add("HA-114", r.cfgPath, c.Pos.Line, c.Path+" is where another release kept it", "")
		}
	}
}

// ipfail returns the respawn line of ipfail.
func (r *review) ipfail() (hacf.Client, bool) {
	i := slices.IndexFunc(r.cfg.Clients, func(c hacf.Client) bool { return strings.HasSuffix(c.Path, "/ipfail") })
	if i < 0 {
		return hacf.Client{}, false
	}
	return r.cfg.Clients[i], true
}

// paths looks for the one cable on which everything hangs.
func (r *review) paths() {
	var ways []hacf.Medium
	for _, m := range r.cfg.Media {
		same := func(o hacf.Medium) bool { return o.Name() == m.Name() }
		if !m.IsPing() && !slices.ContainsFunc(ways, same) {
			ways = append(ways, m)
		}
	}
	if len(ways) != 1 || len(r.cfg.Nodes) < 2 {
		return
	}
	only := fmt.Sprintf("%s %s", ways[0].Kind, ways[0].Name())
	client, ipfail := r.ipfail()
	if !ipfail {
		r.add("HA-133", r.cfgPath, ways[0].Pos.Line, "the only path between the nodes is "+only, "")
		return
	}
	r.add("HA-131", r.cfgPath, client.Pos.Line, "ipfail has a single path to work with: "+only, "")
	r.pingOnTheSameWire(ways[0])
}

// pingOnTheSameWire compares networks. Their size is not known offline: /24 and /64 are assumed.
func (r *review) pingOnTheSameWire(way hacf.Medium) {
	wire := r.networksOf(way)
	for _, m := range r.cfg.Media {
		if !m.IsPing() {
			continue
		}
		for _, host := range m.Hosts {
			for _, a := range r.env.hosts(host) {
				if slices.Contains(wire, network(a)) {
					r.add("HA-132", r.cfgPath, m.Pos.Line, fmt.Sprintf("%s lies on the network of %s %s, the only path", host, way.Kind, way.Name()), "")
				}
			}
		}
	}
}

// networksOf are the networks that a medium reaches the peer through.
func (r *review) networksOf(way hacf.Medium) []netip.Prefix {
	var nets []netip.Prefix
	hosts := []string{way.Target}
	if way.Kind != hacf.Ucast && way.Kind != hacf.Ucast6 {
		hosts = r.cfg.Nodes
	}
	for _, host := range hosts {
		for _, a := range r.env.hosts(host) {
			nets = append(nets, network(a))
		}
	}
	return nets
}

func network(a netip.Addr) netip.Prefix {
	bits := 24
	if a.Is6() {
		bits = 64
	}
	p, _ := a.Prefix(bits)
	return p
}

// ipfailAccess sees whether ipfail may sign on as the user that it runs as.
func (r *review) ipfailAccess() {
	client, there := r.ipfail()
	if !there {
		return
	}
	for _, auth := range r.cfg.APIAuth {
		if auth.Client == "ipfail" && len(auth.GIDs) == 0 && !slices.Contains(auth.UIDs, client.User) {
			r.add("HA-117", r.cfgPath, client.Pos.Line, fmt.Sprintf("ipfail runs as %s, apiauth admits uid=%s", client.User, strings.Join(auth.UIDs, ",")), "")
		}
	}
}

// ownUcast finds ucast lines that all point to this node, as far as its addresses are known.
func (r *review) ownUcast() {
	own := r.env.hosts(r.tree.Node)
	if r.tree.Node == "" || len(own) == 0 {
		return
	}
	first, others := 0, false
	for _, m := range r.cfg.Media {
		if m.IsPing() {
			continue
		}
		if m.Kind == hacf.Ucast && intersects(own, r.env.hosts(m.Target)) {
			first = max(first, m.Pos.Line)
			continue
		}
		others = true
	}
	if first > 0 && !others {
		r.add("HA-122", r.cfgPath, first, "ucast points to "+r.tree.Node+" itself, and nothing else reaches the peer", "")
	}
}

func intersects(a, b []netip.Addr) bool {
	return slices.ContainsFunc(a, func(x netip.Addr) bool { return slices.Contains(b, x) })
}

// scripts looks for resources without a script, where the machine was looked at.
func (r *review) scripts() {
	if r.tree.Scripts == nil {
		return
	}
	for _, g := range r.groups {
		for _, res := range g.Resources {
			if res.Name != "" && !strings.Contains(res.Name, `\`) && !r.tree.Scripts[res.Name] {
				r.add("HA-211", r.groupPath, g.Line, fmt.Sprintf("there is no script %s for the resource %s", res.Name, res.Word), "")
			}
		}
	}
}

// addressOf returns the address that a resource brings up.
func addressOf(res haresources.Resource) (netip.Addr, bool) {
	if !slices.Contains([]string{"IPaddr", "IPaddr2", "IPv6addr"}, res.Name) || len(res.Args) == 0 {
		return netip.Addr{}, false
	}
	text, _, _ := strings.Cut(res.Args[0], "/")
	a, err := netip.ParseAddr(text)
	return a, err == nil
}

// serviceAddresses compares the addresses of the groups with each other and with the nodes'.
func (r *review) serviceAddresses() {
	first := map[netip.Addr]haresources.Group{}
	nodes := r.nodeAddresses()
	for _, g := range r.groups {
		for _, res := range g.Resources {
			a, ok := addressOf(res)
			if !ok {
				continue
			}
			if other, twice := first[a]; twice && other.Line != g.Line {
				r.add("HA-213", r.groupPath, g.Line, fmt.Sprintf("%s is in the group of line %d too", a, other.Line), "")
				continue
			}
			first[a] = g
			if who, own := nodes[a]; own {
				r.add("HA-212", r.groupPath, g.Line, fmt.Sprintf("%s is the address of %s", a, who), "")
			}
		}
	}
}

// nodeAddresses are the addresses of nodes that the files tell: those of ucast and of the names.
func (r *review) nodeAddresses() map[netip.Addr]string {
	all := map[netip.Addr]string{}
	if r.cfg == nil {
		return all
	}
	for _, m := range r.cfg.Media {
		if m.Kind == hacf.Ucast || m.Kind == hacf.Ucast6 {
			for _, a := range r.env.hosts(m.Target) {
				all[a] = fmt.Sprintf("a node (ha.cf line %d)", m.Pos.Line)
			}
		}
	}
	for _, name := range r.cfg.Nodes {
		for _, a := range r.env.hosts(name) {
			all[a] = name
		}
	}
	return all
}

// weakKeys judges the key that signs.
func (r *review) weakKeys() {
	key := r.keys.Keys[r.keys.Auth]
	line := 0
	for i, text := range strings.Split(r.keyText, "\n") {
		words := strings.Fields(text)
		if len(words) > 1 && words[0] == fmt.Sprint(r.keys.Auth) {
			line = i + 1
		}
	}
	switch {
	case key.Method == authkeys.CRC && r.overNetwork():
		r.add("HA-304", r.keyPath, line, "", "")
	case key.Method != authkeys.CRC && len(key.Secret) < 16:
		r.add("HA-305", r.keyPath, line, fmt.Sprintf("the key has %d characters", len(key.Secret)), "")
	}
}

// overNetwork says whether messages go over anything but serial lines.
func (r *review) overNetwork() bool {
	return r.cfg == nil || slices.ContainsFunc(r.cfg.Media, func(m hacf.Medium) bool { return !m.IsPing() && m.Kind != hacf.Serial })
}
