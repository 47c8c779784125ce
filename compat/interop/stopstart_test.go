package interop

import (
	"testing"

	"systole/compat/lab"
)

// The graceful stop of the holder and its return, with each auto_failback (failover spec 10.3,
// 10.5, 11), each kind of key and both usual media.

func TestStopAndStartFailbackOn(t *testing.T) {
	t.Parallel()
	eachRole(t, setting{failback: "on", ipfail: true}, func(p *pair) {
		p.startBoth()
		p.at(p.www, p.active)
		p.active.says("start", p.standby)
		p.standby.says("start", p.active)
		p.active.says("acquire own", p.standby)
		p.standby.says("nothing to acquire", p.active)
		p.joined()

		p.step("stop of the holder")
		p.active.stop()
		p.at(p.www, p.standby)
		p.active.says("stop holder", p.standby)
		p.standby.says("take after stop", p.active)
		p.standby.says("take after stop, standby child", p.active)
		p.standby.says("stopped peer forgotten", p.active)

		p.step("start of the owner: failback")
		p.active.start()
		p.at(p.www, p.active)
		p.standby.says("peer back", p.active)
		p.standby.says("failback giver", p.active)
		p.active.says("failback taker", p.standby)

		p.step("stop of the standby node")
		p.standby.stop()
		p.active.awaits("mach_down takeover complete.$")
		p.at(p.www, p.active)

		p.step("return of the standby node")
		p.standby.start()
		p.active.says("peer back", p.standby)
		p.standby.awaits(`Local Resource acquisition completed\. \(none\)$`)
		p.joined()
		p.at(p.www, p.active)
		p.stopBoth()
	})
}

func TestStopAndStartFailbackOff(t *testing.T) {
	t.Parallel()
	eachRole(t, setting{failback: "off", media: "bcast", key: "md5"}, func(p *pair) {
		p.startBoth()
		p.at(p.www, p.active)
		p.joined()

		p.step("stop of the holder")
		p.active.run("/usr/libexec/heartbeat/heartbeat", "-k")
		p.at(p.www, p.standby)
		p.active.says("stop holder", p.standby)
		p.standby.says("take after stop", p.active)

		p.step("start of the owner: stays")
		p.active.start()
		p.standby.says("peer back", p.active)
		p.active.says("back without resources", p.standby)
		p.active.holds("none")
		p.standby.holds("all")
		p.at(p.www, p.standby)

		p.step("stop of the new holder")
		p.standby.stop()
		p.at(p.www, p.active)
		p.active.awaits("acquire all HA resources .standby.")
		p.active.awaits("mach_down takeover complete.$")

		p.step("start of the new standby node")
		p.standby.start()
		p.standby.says("back without resources", p.active)
		p.joined()
		p.at(p.www, p.active)
		p.stopBoth()
	})
}

func TestStopAndStartLegacy(t *testing.T) {
	t.Parallel()
	eachRole(t, setting{failback: "legacy", key: "crc"}, func(p *pair) {
		p.startBoth()
		p.at(p.www, p.active)
		p.active.says("start legacy", p.standby)
		p.active.says("acquire own", p.standby)
		p.standby.awaits("Initial resource acquisition complete .req_our_resources.")

		p.step("stop of the holder")
		p.active.stop()
		p.at(p.www, p.standby)
		p.active.says("stop holder", p.standby)
		p.standby.says("take after stop", p.active)

		p.step("start of the owner: it asks for its group")
		p.active.start()
		p.at(p.www, p.active)
		p.standby.says("peer back", p.active)
		p.standby.says("legacy giver", p.active)
		p.active.says("legacy taker", p.standby)

		p.step("crash of the holder")
		p.active.crash()
		p.at(p.www, p.standby)

		p.step("return of the owner")
		p.active.reboot()
		p.at(p.www, p.active)
		p.active.says("legacy taker", p.standby)
		p.stopBoth()
	})
}

// joined waits until both nodes are at rest.
func (p *pair) joined() {
	p.Helper()
	p.active.rests()
	p.standby.rests()
}

// stopBoth stops both at once: both release, nobody takes (failover spec 10.3). An original that is
// told to stop between the two messages of a peer's shutdown cancels its takeover and then waits
// for its end, for ever; so an original begins, and ours follows while it is at it.
func (p *pair) stopBoth() {
	p.Helper()
	p.step("stop of both")
	first, second := p.active, p.standby
	if first.ours {
		first, second = second, first
	}
	stopping := lab.OK(first.Start("service", "heartbeat", "stop"))(p.attempt)
	if !first.ours {
		first.awaits(`Heartbeat shutdown in progress`)
	}
	second.stop()
	if code := lab.OK(stopping.Wait(patience.For(p.attempt)))(p.attempt); code != 0 {
		p.Errorf("%s: stop ends with %d", first.Name, code)
	}
	first.awaits("Heartbeat shutdown complete.$")
	second.awaits("Heartbeat shutdown complete.$")
	for _, n := range []*node{first, second} {
		if n.ours { // the original leaves its pid file
			n.leftNothing()
		}
	}
	if have := p.lab.Holders(p.www); len(have) != 0 {
		p.Errorf("after the stop of both %s is on %s", p.www, hostNames(have))
	}
}
