package cluster

import "fmt"

// A healed partition, or a node that was stopped for a while, leaves two holders. Between two
// Systole nodes each status says what its sender holds, so both see the conflict at once and
// come to the same verdict without asking: who took a kind from a peer that it believed dead,
// while the peer was not, gives it up; if both did or neither, the owner keeps it.

// afterPartition decides what follows the return of a peer that had not stopped.
func (m *Machine) afterPartition(n *node) {
	if n.peer.systole && !m.cfg.Options.NoHeal {
		return // settleConflict sees what both hold
	}
	m.restart = m.after(partitionRestart)
}

// settleConflict gives up what a Systole peer holds with a better right.
func (m *Machine) settleConflict(n *node) {
	p := &n.peer
	if !p.known || m.cfg.Options.NoHeal || !m.still() {
		return
	}
	m.res.otherHold = p.hold
	if m.quiet() && p.settled && !m.res.hold.Has(HoldLocal) && !p.hold.Has(HoldForeign) {
		m.log(Warn, "No node holds our own resources: taking them.")
		m.requestOwn(true)
		return
	}
	both := m.conflict()
	if both == HoldNone {
		return
	}
	m.withdrawRequest() // first of all one of the two has to give up
	var lose Hold
	for _, kind := range []Hold{HoldLocal, HoldForeign} {
		switch {
		case !both.Has(kind):
		case m.loses(kind, p):
			lose |= kind
		default: // the peer comes to the same verdict
			m.res.otherHold &^= kind.Mirror()
		}
	}
	if lose == HoldNone {
		m.do(Announce{})
		return
	}
	m.log(Warn, fmt.Sprintf("Both nodes hold the same resources after a partition: %s keeps them, giving up %s here.", n.name, lose))
	m.res.hold &^= lose
	m.res.taken &^= lose
	m.res.needsReturn = false
	m.run(Job{Kind: JobRelease, What: lose})
	m.reportHold("")
}

// conflict is what this node holds and the peer says that it holds as well.
func (m *Machine) conflict() Hold { return m.res.hold & m.res.otherHold.Mirror() }

// followSettled ends the ten seconds of a start beside a Systole peer that is settled: a node
// that came up during a partition has not heard its report.
func (m *Machine) followSettled(n *node) {
	if n.peer.settled && m.res.state == rReceived && !m.busy() && !m.shut.begun() && !m.cfg.Options.NoFastStart {
		m.res.otherHold, m.res.otherStable = n.peer.hold, true
		m.followPeer()
	}
}

// still says whether nothing is in motion here. A request to go standby that nobody has answered
// has not moved anything yet; it may have been sent to a peer that did not hear us.
func (m *Machine) still() bool {
	return m.nice() && m.res.state == rStable && m.jobs.running() == 0 && !m.res.takeover &&
		(m.stand.phase == standbyNot || m.stand.phase == standbyMe) && !m.shut.begun() && !m.shut.waiting
}

// quiet says whether this node holds what it holds for good.
func (m *Machine) quiet() bool { return m.still() && m.stand.phase == standbyNot }

// loses says whether the peer has the better right to a kind, as this node sees it.
func (m *Machine) loses(kind Hold, p *peer) bool {
	mine, theirs := m.res.taken.Has(kind), p.taken.Mirror().Has(kind)
	if mine != theirs {
		return mine
	}
	return kind == HoldForeign
}

// Announce asks the agents to announce every held address again.
type Announce struct{}

func (Announce) String() string { return "announce" }
