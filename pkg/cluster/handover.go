package cluster

import (
	"fmt"
	"strings"
	"time"

	"systole/pkg/hamsg"
)

// Between two Systole nodes a planned move makes before it breaks: the taker starts the groups
// that may run twice for a moment (addresses, directors) before the holder lets go.
//
//	standby   holder ──me──▶ taker starts ──other──▶ holder stops ──done──▶ taker: all runs already
//	shutdown  holder ──resource none shutdown──▶ taker starts ──ready──▶ holder stops ──shutdone──▶
//
// Groups with anything else in them (file systems, databases) are started after the stop, as
// with an original. A taker that cannot start a group says so, and the holder keeps it.

const (
	handoverLinger = 20 * time.Millisecond // after the taker is ready: switches learn the new place
	handoverWait   = 10 * time.Second      // for the taker to be ready, before a stop goes on without
)

// typeReady is the message of our own that a taker sends when it is ready for a peer's shutdown.
// No original is there to hear it: it is sent to Systole peers only.
const typeReady = "systole_ready"

// handsOver says whether a peer can take before we let go. One that has stopped goes on saying
// active for two seconds.
func (m *Machine) handsOver(n *node) bool {
	return !m.cfg.Options.NoHandover && n.peer.handover && n.status == statusActive && !n.gaveUp
}

// taker returns the peer that takes what we give up, if it can do so before we let go.
func (m *Machine) taker() *node {
	for _, n := range m.peers() {
		if m.handsOver(n) {
			return n
		}
	}
	return nil
}

// prepare starts the peer's groups of a kind beside it; then says so.
func (m *Machine) prepare(kind Hold, purpose JobKind) {
	m.run(Job{Kind: purpose, What: kind})
}

// prepared is the end of the taker's part of a standby exchange.
func (m *Machine) prepared(j Job, ok bool) {
	s := &m.stand
	if j.ID != s.preparing {
		m.undo(j.What &^ s.taking())
		return
	}
	s.preparing = 0
	info := "other"
	if !ok {
		info = "cancel"
	}
	m.send(hamsg.New("t", "ask_resources", "rsc_hold", s.kind.String(), "info", info))
	s.prepared = j.What
	if !ok {
		m.dropPrepared()
		m.endStandby()
		m.res.otherStable = true
	}
}

// taking is what this node takes in the exchange that goes on, as it sees it itself.
func (s *standby) taking() Hold {
	if s.phase == standbyNot || s.phase == standbyMe || s.requester {
		return HoldNone
	}
	return s.kind.Mirror()
}

// preparedForStop is the end of the taker's part of a peer's shutdown. A group that does not
// start here is started again, and reported, when the peer has stopped it.
func (m *Machine) preparedForStop(j Job) {
	m.res.prepared = j.What
	for _, n := range m.peers() {
		if n.peer.handover {
			m.send(hamsg.New("t", typeReady, "dest", n.name))
		}
	}
}

// dropPrepared releases what was started for an exchange that comes to nothing.
func (m *Machine) dropPrepared() {
	m.undo(m.stand.prepared)
	m.stand.prepared = HoldNone
}

func (m *Machine) undo(kinds Hold) {
	if spare := kinds &^ m.res.hold; spare != HoldNone && !m.shut.begun() {
		m.run(Job{Kind: JobRelease, What: spare})
	}
}

// cannotTake ends the requester's part when the other side could not start our groups.
func (m *Machine) cannotTake(n *node) {
	m.log(Warn, fmt.Sprintf("standby: %s cannot take our %s resources: keeping them", n.name, m.stand.kind))
	m.endStandby()
	m.res.needsReturn, m.res.failback = false, time.Time{}
	m.res.otherStable = true
	m.reportHold("")
}

// peerStops prepares for the shutdown of a Systole peer.
func (m *Machine) peerStops(n *node) {
	if missing := HoldAll &^ m.res.hold; missing != HoldNone && m.handsOver(n) && !m.shut.begun() && m.stand.phase == standbyNot {
		m.prepare(missing, JobPrepareStop)
	}
}

// awaitTaker holds a shutdown back until the peer is ready, and says whether it does.
func (m *Machine) awaitTaker() bool {
	if m.res.hold == HoldNone || m.taker() == nil {
		return false
	}
	m.shut.stage = shutHandover
	m.shut.next = m.after(handoverWait)
	return true
}

// takerReady lets the shutdown go on.
func (m *Machine) takerReady() {
	if m.shut.stage == shutHandover {
		m.shut.next = m.after(handoverLinger)
	}
}

// HandingOver says whether another node may hold our addresses for a moment, by agreement.
func (m *Machine) HandingOver() bool {
	return m.stand.phase != standbyNot || m.shut.begun() || m.res.takeover || m.jobs.has(JobPrepareStop)
}

func parseFeatures(value string) (systole, handover bool) {
	words := strings.Split(value, ",")
	return value != "", len(words) > 1 && words[1] == "handover"
}
