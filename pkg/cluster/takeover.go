package cluster

import (
	"time"

	"systole/pkg/hamsg"
)

// peerDied lets the resources follow a death (failover spec 10.4). Before communication is up
// that waits: nowUp looks at the dead.
func (m *Machine) peerDied(n *node) {
	if m.cfg.NoResources {
		return
	}
	m.cancelStandby()
	m.res.failback = time.Time{}
	m.takerReady() // it never will be
	if m.commUp {
		m.takeFromDead(n)
		m.sayStarting()
	}
}

// takeFromDead takes over from a node that is dead. One that is known to hold nothing needs
// no fencing, and leaves nothing to take unless we lack something.
func (m *Machine) takeFromDead(n *node) {
	if m.cfg.NoResources {
		return
	}
	if n.gaveUp || m.nice() && n.gen != 0 && m.res.otherHold == HoldNone && m.res.state != rInit {
		m.log(Info, "Dead node "+n.name+" gave up resources.")
		m.send(hamsg.New("t", "stonith", "node", n.name, "result", "unneeded"))
		if !m.nice() || m.res.hold != HoldAll {
			m.takeOver(n)
		}
		return
	}
	if m.cfg.Stonith {
		m.fence(n)
		return
	}
	m.send(hamsg.New("t", "stonith", "node", n.name, "result", "n_stnth"))
	m.log(Warn, "No STONITH device configured.")
	m.log(Warn, "Shared disks are not protected.")
	m.takeOver(n)
}

// takeOver takes the groups of a node that is gone; its scripts see the node as dead.
func (m *Machine) takeOver(n *node) {
	if m.shut.begun() {
		m.log(Info, "Resource takeover cancelled - shutdown in progress.")
		return
	}
	m.log(Info, "Resources being acquired from "+n.name+".")
	if !n.gaveUp {
		m.res.taken |= HoldAll &^ m.res.hold
	}
	m.res.hold |= HoldForeign
	m.res.otherHold = HoldNone
	m.res.prepared = HoldNone
	m.res.takeover = m.nice()
	m.queueScript(m.deathNotice(n))
	m.nextScript()
	m.requestOwn(true)
}

// machDownDone is the end of a takeover: mach_down has taken every group of the dead node.
func (m *Machine) machDownDone() {
	m.log(Info, "mach_down takeover complete.")
	m.res.takeover = false
	m.res.hold |= HoldForeign
	m.res.needsReturn = true
	m.res.otherStable = true
	m.done(HoldForeign, "mach_down")
	m.aloneIsStable()
}

// aloneIsStable ends the ten seconds of a start for a node that has nobody to wait for: it holds
// everything, and a peer that comes later finds it as it would find it after the wait.
func (m *Machine) aloneIsStable() {
	for _, n := range m.peers() {
		if n.status != statusDead {
			return
		}
	}
	if m.res.state == rReceived && !m.cfg.Options.NoFastStart {
		m.waitedEnough(nil)
	}
}

// shutDone takes the notice that a node has released everything (failover spec 10.3).
func (m *Machine) shutDone(n *node, own bool) {
	if own {
		m.ownShutDone()
		return
	}
	n.gaveUp = true
	if m.res.state == rInit && m.nice() { // its death will find us further
		m.res.otherHold = HoldNone
		return
	}
	if m.shut.begun() {
		m.res.otherHold = HoldNone
		m.takerReady() // if we wait for it: it takes nothing any more
		m.log(Info, "Received shutdown notice from '"+n.name+"'.")
		m.log(Info, "Resource takeover cancelled - shutdown in progress.")
		return
	}
	m.log(Info, "Received shutdown notice from '"+n.name+"'.")
	m.do(Announce{})
	if m.nice() {
		m.cancelStandby()
		m.res.otherStable, m.res.otherHold = true, HoldNone
		m.takeMissing()
	}
	m.takeOver(n)
}

// takeMissing lets a standby job take the kinds that we do not hold. The original acts on the
// mirrored kind, so a node that holds its own groups checks those again; kept, as its log shows it.
func (m *Machine) takeMissing() {
	missing := HoldAll &^ m.res.hold
	if missing == HoldNone {
		return
	}
	m.stand.phase = standbyDone
	m.stand.deadline = m.after(standbyWork)
	m.acquire(missing.Mirror())
}
