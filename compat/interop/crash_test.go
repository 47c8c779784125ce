package interop

import (
	"net/netip"
	"testing"
)

// Power cuts (failover spec 10.4, 10.5).

func TestCrashFailbackOn(t *testing.T) {
	t.Parallel()
	eachRole(t, setting{failback: "on"}, func(p *pair) {
		p.startBoth()
		p.at(p.www, p.active)
		p.joined()

		p.step("crash of the holder")
		p.active.crash()
		p.at(p.www, p.standby)
		p.standby.says("take after crash", p.active)
		p.standby.says("takeover over", p.active)

		p.step("return of the owner: failback")
		p.active.reboot()
		p.at(p.www, p.active)
		p.standby.says("peer back", p.active)
		p.standby.says("failback giver", p.active)
		p.active.says("failback taker", p.standby)

		p.step("crash of the standby node")
		p.standby.crash()
		p.active.says("peer crashed", p.standby)
		p.at(p.www, p.active)

		p.step("return of the standby node")
		p.standby.reboot()
		p.active.says("peer back", p.standby)
		p.standby.awaits(`Local Resource acquisition completed\. \(none\)$`)
		p.joined()
		p.at(p.www, p.active)
		p.reload(p.active)
		p.reload(p.standby)
		p.stopBoth()
	})
}

// reload restarts a daemon with a changed ha.cf; its resources stay (failover spec 10.7).
func (p *pair) reload(n *node) {
	p.Helper()
	p.step("reload of " + n.Name)
	before := p.moves(p.www)
	n.run("sh", "-c", "echo '# changed' >>/etc/ha.d/ha.cf && service heartbeat reload")
	n.awaits("Comm_now_up")
	p.other(n).says("peer back", n)
	p.joined()
	if now := p.moves(p.www); now != before {
		p.Errorf("a reload of %s moved %s", n.Name, p.www)
	}
}

// moves counts how often an address has come to a node or left it.
func (p *pair) moves(addr netip.Addr) (n int) {
	for _, h := range p.lab.Hosts() {
		for _, e := range h.AddrEvents().All() {
			if e.Addr == addr {
				n++
			}
		}
	}
	return n
}

func TestCrashFailbackOff(t *testing.T) {
	t.Parallel()
	eachRole(t, setting{failback: "off", media: "bcast"}, func(p *pair) {
		p.startBoth()
		p.at(p.www, p.active)
		p.joined()

		p.step("crash of the holder")
		p.active.crash()
		p.at(p.www, p.standby)
		p.standby.says("take after crash", p.active)
		p.standby.says("takeover over", p.active)

		p.step("return of the owner: the group stays")
		p.active.reboot()
		p.standby.says("peer back", p.active)
		p.active.says("back without resources", p.standby)
		p.active.holds("none")
		p.standby.holds("all")
		p.at(p.www, p.standby)

		p.step("crash of the new holder")
		p.standby.crash()
		p.at(p.www, p.active)
		p.active.says("peer crashed", p.standby)

		p.step("return of the standby node")
		p.standby.reboot()
		p.standby.says("back without resources", p.active)
		p.joined()
		p.at(p.www, p.active)
		p.stopBoth()
	})
}
