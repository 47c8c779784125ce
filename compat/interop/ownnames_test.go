package interop

import (
	"regexp"
	"testing"

	"systole/compat/lab"
)

// TestOwnNames has the haresources of the how-to: each node names itself (failover spec 2.6). Two
// originals hold the address twice as long as both run, and so does one of ours beside an original,
// but it says so. Two of ours have one holder: the node that ha.cf lists first.
func TestOwnNames(t *testing.T) {
	t.Parallel()
	set := setting{failback: "on", own: true,
		allowed: regexp.MustCompile(`ERROR: IPv4 address collision 121\.254\.175\.70 |ERROR: Duplicate address: `)}
	eachRole(t, set, func(p *pair) {
		p.startBoth()
		if !p.systole() {
			p.bothHold()
			return
		}
		p.at(p.www, p.active)
		p.joined()
		p.step("stop of the first")
		p.active.stop()
		p.at(p.www, p.standby)
		p.step("return of the first")
		p.active.start()
		p.at(p.www, p.active)
		p.joined()
		p.step("crash of the first")
		p.active.crash()
		p.at(p.www, p.standby)
		p.step("return of the first")
		p.active.reboot()
		p.at(p.www, p.active)
		p.joined()
		p.step("crash of the second")
		p.standby.crash()
		p.active.awaits("node " + standbyName + ": is dead")
		p.step("return of the second")
		p.standby.reboot()
		p.joined()
		p.at(p.www, p.active)
		p.stopBoth()
	})
}

func (p *pair) bothHold() {
	p.Helper()
	ours, original := p.active, p.standby
	if p.standby.ours {
		ours, original = p.standby, p.active
	}
	lab.OK(p.active.AwaitAddr(patience.For(p.attempt), p.www, true))(p.attempt)
	lab.OK(p.standby.AwaitAddr(patience.For(p.attempt), p.www, true))(p.attempt)
	ours.awaits(`ERROR: (IPv4 address collision 121\.254\.175\.70 |Duplicate address: .* claims 121\.254\.175\.70, )`)
	p.joined()

	p.step("crash of ours: the original keeps what it has")
	ours.crash()
	original.awaits("mach_down takeover complete.$")
	p.at(p.www, original)

	p.step("return of ours beside the holder")
	ours.reboot()
	lab.OK(ours.AwaitAddr(patience.For(p.attempt), p.www, true))(p.attempt)
	p.joined()
	if n := len(p.lab.Holders(p.www)); n != 2 {
		p.Errorf("%d nodes hold the address, want both as with two originals", n)
	}

	p.step("stop of the original")
	original.stop()
	p.at(p.www, ours)
}
