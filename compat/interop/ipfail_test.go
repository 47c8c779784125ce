package interop

import (
	"regexp"
	"testing"
)

// TestPing lets one node after the other lose the gateway (failover spec 12).
func TestPing(t *testing.T) {
	t.Parallel()
	set := setting{failback: "on", ipfail: true, extra: "deadping 2\n",
		// The original says so of a ping node that comes back, too.
		allowed: regexp.MustCompile(`CRIT: Late heartbeat: Node 121\.254\.175\.65: `)}
	eachRole(t, set, func(p *pair) {
		p.startBoth()
		p.at(p.www, p.active)
		p.active.awaits("ipfail: .* (No giveup timer to abort|Ping node count is balanced)")
		p.standby.awaits("ipfail: .* (No giveup timer to abort|Ping node count is balanced)")
		p.joined()

		p.step("the holder loses the gateway")
		p.deafen(p.active)
		p.active.awaits(`WARN: node 121\.254\.175\.65: is dead$`)
		p.at(p.www, p.standby)
		p.active.says("ipfail loser", p.standby)
		p.standby.says("ipfail winner", p.active)
		p.active.holds("none")
		p.standby.holds("all")

		p.step("the gateway is back: failback")
		p.hear(p.active)
		p.at(p.www, p.active)
		p.active.says("ipfail ping back", p.standby)
		p.active.says("ipfail sees ping back", p.standby)
		p.standby.says("ipfail gives back", p.active)
		p.joined()

		p.step("the standby node loses the gateway")
		p.deafen(p.standby)
		p.standby.says("ipfail loser", p.active)
		p.active.says("ipfail winner", p.standby)
		p.joined()
		p.at(p.www, p.active)

		p.step("the gateway is back")
		p.hear(p.standby)
		p.standby.awaits("A ping node just came up")
		p.at(p.www, p.active)
		p.stopBoth()
	})
}

func (p *pair) deafen(n *node) {
	p.Helper()
	if err := n.Deafen("eth0", p.gateway); err != nil {
		p.Fatal(err)
	}
}

func (p *pair) hear(n *node) {
	p.Helper()
	if err := n.Heal("eth0"); err != nil {
		p.Fatal(err)
	}
}
