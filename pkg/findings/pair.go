package findings

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"systole/pkg/hacf"
	"systole/pkg/haresources"
	"systole/pkg/ldirectorcf"
)

// pair is two trees side by side. Findings stand at the file of the second one, which is as much
// to blame as the first.
type pair struct {
	log
	a, b *review
}

func (p *pair) traps() {
	if p.a.cfg != nil && p.b.cfg != nil {
		p.nodes()
		p.times()
		p.failback()
		p.media()
	}
	if p.a.groupPath != "" && p.b.groupPath != "" && !p.a.damaged() && !p.b.damaged() {
		p.groups()
	}
	if p.a.keys != nil && p.b.keys != nil {
		p.keys()
	}
	p.directors()
}

func (p *pair) nodes() {
	a, b := slices.Sorted(slices.Values(p.a.cfg.Nodes)), slices.Sorted(slices.Values(p.b.cfg.Nodes))
	if !slices.Equal(a, b) {
		p.add("HA-404", p.b.cfgPath, p.b.lineOf("node"), fmt.Sprintf("%s names %s, %s names %s",
			p.a.cfgPath, strings.Join(a, ", "), p.b.cfgPath, strings.Join(b, ", ")), "")
	}
}

func (p *pair) times() {
	a, b := p.a.cfg, p.b.cfg
	for _, t := range []struct {
		name string
		same bool
		text string
	}{
		{"keepalive", a.Keepalive == b.Keepalive, fmt.Sprintf("keepalive is %v and %v", a.Keepalive, b.Keepalive)},
		{"deadtime", a.Deadtime == b.Deadtime, fmt.Sprintf("deadtime is %v and %v", a.Deadtime, b.Deadtime)},
	} {
		if !t.same {
			p.add("HA-405", p.b.cfgPath, p.b.lineOf(t.name), t.text, "")
		}
	}
}

func (p *pair) failback() {
	if p.a.cfg.AutoFailback != p.b.cfg.AutoFailback {
		p.add("HA-407", p.b.cfgPath, p.b.lineOf("auto_failback"), fmt.Sprintf("auto_failback is %s and %s",
			failbackWord(p.a.cfg.AutoFailback), failbackWord(p.b.cfg.AutoFailback)), "")
	}
}

func failbackWord(f hacf.Failback) string {
	switch f {
	case hacf.FailbackOn:
		return "on"
	case hacf.FailbackOff:
		return "off"
	}
	return "legacy"
}

// media looks for what one node sends and the other does not listen for. Interfaces may have
// other names on the other node.
func (p *pair) media() {
	p.unmatched(p.a, p.b)
	p.unmatched(p.b, p.a)
	if a, b := interfaces(p.a.cfg), interfaces(p.b.cfg); a != b && len(p.found) == 0 {
		p.add("HA-406", p.b.cfgPath, 0, fmt.Sprintf("%s has media on %d interfaces, %s on %d", p.a.cfgPath, a, p.b.cfgPath, b), "")
	}
	a, b := ucastTargets(p.a.cfg), ucastTargets(p.b.cfg)
	if len(a) == 1 && slices.Equal(a, b) && len(others(p.b.cfg)) == 0 {
		p.add("HA-122", p.b.cfgPath, p.b.lineOf("ucast"), "both nodes send to "+a[0]+" alone, which is one of them", "")
	}
}

func (p *pair) unmatched(one, other *review) {
	theirs := meetings(other.cfg)
	for _, m := range one.cfg.Media {
		place := meeting(m)
		if m.IsPing() || slices.Contains(theirs, place) {
			continue
		}
		p.add("HA-406", one.cfgPath, m.Pos.Line, fmt.Sprintf("%s has nothing for %s %s (%s)", other.cfgPath, m.Kind, m.Name(), place), "")
	}
}

// meeting is what two media must have in common to hear each other. Broadcasts are heard by a
// ucast of the same port, and the other way round.
func meeting(m hacf.Medium) string {
	switch m.Kind {
	case hacf.Serial:
		return "serial"
	case hacf.Mcast, hacf.Mcast6:
		return fmt.Sprintf("group %s port %d", m.Target, m.Port)
	case hacf.Ucast6:
		return fmt.Sprintf("IPv6 port %d", m.Port)
	}
	return fmt.Sprintf("port %d", m.Port)
}

func meetings(c *hacf.Config) []string {
	var all []string
	for _, m := range c.Media {
		if !m.IsPing() {
			all = append(all, meeting(m))
		}
	}
	return all
}

// interfaces counts the devices that heartbeats leave by.
func interfaces(c *hacf.Config) int {
	names := map[string]bool{}
	for _, m := range c.Media {
		if !m.IsPing() {
			names[m.Name()] = true
		}
	}
	return len(names)
}

func ucastTargets(c *hacf.Config) []string {
	var all []string
	for _, m := range c.Media {
		if m.Kind == hacf.Ucast && !slices.Contains(all, m.Target) {
			all = append(all, m.Target)
		}
	}
	slices.Sort(all)
	return all
}

// others are the media that are neither ucast nor ping.
func others(c *hacf.Config) []hacf.Medium {
	return slices.DeleteFunc(slices.Clone(c.Media), func(m hacf.Medium) bool { return m.IsPing() || m.Kind == hacf.Ucast })
}

// groups compares the resources of the two nodes. A group that both have under different owners
// is the how-tos' favourite mistake.
func (p *pair) groups() {
	a, b := byDigest(p.a.groups), byDigest(p.b.groups)
	for _, g := range p.b.groups {
		twin, there := a[haresources.Digest(g)]
		switch {
		case len(g.Resources) == 0:
		case !there:
			p.add("HA-402", p.b.groupPath, g.Line, fmt.Sprintf("%s has no group %s", p.a.groupPath, strings.Join(g.Words(), " ")), "")
		case twin.Owner != g.Owner:
			p.add("HA-401", p.b.groupPath, g.Line, fmt.Sprintf("the owner of %s is %s here and %s in %s:%d",
				g.Key(), g.Owner, twin.Owner, p.a.groupPath, twin.Line),
				fmt.Sprintf("write on both nodes: %s", twin))
		}
	}
	for _, g := range p.a.groups {
		if _, there := b[haresources.Digest(g)]; !there && len(g.Resources) > 0 {
			p.add("HA-402", p.a.groupPath, g.Line, fmt.Sprintf("%s has no group %s", p.b.groupPath, strings.Join(g.Words(), " ")), "")
		}
	}
}

func byDigest(groups []haresources.Group) map[string]haresources.Group {
	all := map[string]haresources.Group{}
	for _, g := range groups {
		if _, there := all[haresources.Digest(g)]; !there {
			all[haresources.Digest(g)] = g
		}
	}
	return all
}

// keys: what one signs with, the other must have.
func (p *pair) keys() {
	for _, one := range []struct{ signs, checks *review }{{p.a, p.b}, {p.b, p.a}} {
		n := one.signs.keys.Auth
		if one.signs.keys.Keys[n] != one.checks.keys.Keys[n] {
			p.add("HA-403", p.b.keyPath, 0, fmt.Sprintf("%s signs with key %d, which %s does not have so", one.signs.keyPath, n, one.checks.keyPath), "")
			return
		}
	}
}

// directors compares what the files say, not how: the order of reals does not matter.
func (p *pair) directors() {
	for _, b := range p.b.directors {
		for _, a := range p.a.directors {
			if a.name == b.name && a.cfg != nil && b.cfg != nil && canonical(a.cfg) != canonical(b.cfg) {
				p.add("LD-207", b.path, 0, fmt.Sprintf("%s and %s set up different services", a.path, b.path), "")
			}
		}
	}
}

func canonical(c *ldirectorcf.Config) string {
	copied := *c
	copied.Global.LogFile = "" // where to log does not matter
	copied.Virtuals = slices.Clone(c.Virtuals)
	slices.SortFunc(copied.Virtuals, func(a, b ldirectorcf.Virtual) int { return strings.Compare(a.ID, b.ID) })
	for i := range copied.Virtuals {
		v := &copied.Virtuals[i]
		v.Reals = slices.Clone(v.Reals)
		slices.SortFunc(v.Reals, func(a, b ldirectorcf.Real) int {
			return cmp.Or(a.Addr.Compare(b.Addr), cmp.Compare(a.Port, b.Port))
		})
	}
	return string(copied.Text())
}
