package interop

import (
	"regexp"
	"testing"

	"systole/compat/lab"
)

// TestPartition cuts the wire for longer than the dead time and heals it (failover spec 10.6).
func TestPartition(t *testing.T) {
	t.Parallel()
	set := setting{failback: "off", allowed: partitioned()}
	eachRole(t, set, func(p *pair) {
		p.startBoth()
		p.at(p.www, p.active)
		p.joined()

		p.step("cut")
		if err := p.active.Cut("eth0"); err != nil {
			p.Fatal(err)
		}
		lab.OK(p.standby.AwaitAddr(patience.For(p.attempt), p.www, true))(p.attempt)
		for _, n := range []*node{p.active, p.standby} {
			n.says("take after cut", p.other(n))
			n.says("takeover over", p.other(n))
		}
		if n := len(p.lab.Holders(p.www)); n != 2 {
			p.Errorf("%d nodes hold the address while the wire is cut, want both", n)
		}

		p.step("healed")
		p.hear(p.active)
		if p.systole() {
			p.settled()
		} else {
			p.restarted()
		}
		p.at(p.www, p.active)
		p.joined()
		p.oneHolder(p.www, p.active)
	})
}

// partitioned matches what both sides say of a partition, and of two holders while there are two.
func partitioned() *regexp.Regexp {
	return regexp.MustCompile(`CRIT: Cluster node .* returning after partition\.|CRIT: Late heartbeat: Node |` +
		`ERROR: Duplicate address: |ERROR: Both machines own (our|foreign) resources!`)
}

// settled is what two Systole nodes do: who took the group from a node that was not dead gives it
// up. Nobody restarts, and the address never goes away from its first holder.
func (p *pair) settled() {
	p.Helper()
	p.standby.awaits(`Both nodes hold the same resources after a partition: ` + activeName + ` keeps them`)
	p.at(p.www, p.active)
	p.joined()
	for _, n := range []*node{p.active, p.standby} {
		if regexp.MustCompile(`(?i)restart`).MatchString(n.since(n.mark)) {
			p.Errorf("%s restarted:\n%s", n.Name, n.since(n.mark))
		}
	}
	for _, e := range p.active.AddrEvents().All() {
		if e.Addr == p.www && !e.Here {
			p.Errorf("%s lost the address", activeName)
		}
	}
}

// restarted is what an original makes of it, and we beside one.
func (p *pair) restarted() {
	p.Helper()
	says := func(n *node) {
		n.says("healed with an original", p.other(n))
		n.says("healed", p.other(n))
	}
	lab.Together(func() { says(p.active) }, func() { says(p.standby) })
	lab.OK(p.active.AwaitAddr(patience.For(p.attempt), p.www, true))(p.attempt)
}
