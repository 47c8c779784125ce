package cluster

import (
	"fmt"
	"time"

	"systole/pkg/hacf"
	"systole/pkg/hamsg"
)

// phase is where a standby exchange is (failover spec 9):
//
//	requester  Not ─me─▶ Me ─other─▶ Other ─own done─▶ Done ─peer's done─▶ Not
//	other node Not ─me─▶ Other ─peer's done─▶ Done ─own done─▶ Not
type phase uint8

const (
	standbyNot   phase = iota // no exchange is going on
	standbyMe                 // we asked to give up resources
	standbyOther              // the other side has agreed: we release, or wait for its release
	standbyDone               // released: the taker acquires
)

var phaseNames = [...]string{"NOT", "ME", "OTHER", "DONE"}

// standby is the exchange in which one node hands resources to the other.
type standby struct {
	phase     phase
	kind      Hold // as the requester sees it
	requester bool
	preparing int       // the job that starts the requester's groups here; 0: none
	prepared  Hold      // kinds that we started beside the requester
	since     time.Time // when the exchange began
	deadline  time.Time
}

// FieldWhy is a field of our own in a request to go standby: why nobody but the daemon itself asked.
// Nothing is decided by it; both nodes tell it.
const FieldWhy = "systole_why"

// FieldHeldFor is a field of our own in a report of what we hold: for how many milliseconds, in hex. A
// node that comes back tells by it since when its groups were elsewhere.
const FieldHeldFor = "systole_held_for"

// The reasons. WhyFailed is followed by the resource.
const (
	WhyFailback = "failback"
	WhyFailed   = "failed start: "
)

// sendReasoned sends a message that may have a reason. An original does not get to see it.
func (m *Machine) sendReasoned(msg *hamsg.Message) {
	if !m.allSystole() {
		msg.Delete(FieldWhy)
	}
	m.send(msg)
}

// askResources takes one step of a standby exchange.
func (m *Machine) askResources(n *node, own bool, msg *hamsg.Message) {
	info := msg.Get("info")
	if !m.nice() {
		m.log(Info, "Standby mode only implemented when nice_failback on")
		return
	}
	if m.res.state == rShutdown || m.shut.begun() {
		return
	}
	if info == "me" {
		m.standbyAsked(n, own, m.kindOf(msg))
		return
	}
	s := &m.stand
	switch {
	case info == "other" && s.phase == standbyMe && !own:
		m.release(n)
	case info == "cancel" && s.phase == standbyMe && !own:
		m.cannotTake(n)
	case info == "cancel" && s.phase == standbyOther && !own && !s.requester:
		m.takesNothing()
	case info == "busy" && s.phase == standbyMe && !own:
		m.withdrawRequest()
	case (info == "cancel" || info == "busy") && own:
	case info == "other" && s.phase == standbyOther && own && !s.requester:
		// our own answer, heard back
	case info == "other" && s.phase == standbyOther && !own && !s.requester && m.handsOver(n):
		m.log(Warn, "Both nodes wait for the other to go standby: neither does")
		m.takesNothing()
	case info == "done" && s.phase == standbyOther && own && s.requester:
		m.released()
	case info == "done" && s.phase == standbyOther && !own && !s.requester:
		m.takeReleased(n)
	case info == "done" && s.phase == standbyDone && own:
		m.acquired()
	case info == "done" && s.phase == standbyDone && !own:
		m.peerAcquired()
	default:
		m.log(Error, fmt.Sprintf("Ignored standby message '%s' from %s in state %s", info, n.name, phaseNames[s.phase]))
		if info == "other" && s.phase == standbyNot && m.handsOver(n) { // it would wait for us for an hour
			m.send(hamsg.New("t", "ask_resources", "rsc_hold", m.lastKind().String(), "info", "cancel"))
		}
	}
}

// takesNothing ends the taker's part of an exchange that its requester no longer knows.
func (m *Machine) takesNothing() {
	m.dropPrepared()
	m.cancelStandby()
	m.res.otherStable = true
	m.reportHold("")
}

// hasGivenUp says whether a Systole peer that asks for an exchange no longer knows the one that goes
// on here. While we release, it ends by itself.
func (m *Machine) hasGivenUp(n *node) bool {
	s := &m.stand
	waiting := s.phase == standbyOther && !s.requester || s.phase == standbyDone && s.requester
	return waiting && m.handsOver(n)
}

func (m *Machine) kindOf(msg *hamsg.Message) Hold {
	word, have := msg.Lookup("rsc_hold")
	if !have {
		return HoldAll
	}
	kind, ok := ParseHold(word)
	if !ok {
		m.log(Error, "encode_resources: bad resource type ["+word+"]")
	}
	return kind
}

// standbyAsked is step 1: somebody wants to give resources up.
func (m *Machine) standbyAsked(n *node, own bool, kind Hold) {
	s := &m.stand
	if !own && s.phase == standbyMe && m.handsOver(n) {
		m.log(Warn, fmt.Sprintf("Both nodes ask to go standby: neither does [%s, %s]", s.kind, kind))
		m.endStandby()
		m.res.otherStable = true
		return
	}
	if !own && m.hasGivenUp(n) {
		m.takesNothing()
	}
	if m.inProgress(n) || m.fluxRefuses(n) {
		if !own && m.handsOver(n) { // it would wait for our answer for an hour
			m.send(hamsg.New("t", "ask_resources", "rsc_hold", kind.String(), "info", "busy"))
		}
		return
	}
	m.log(Info, fmt.Sprintf("%s wants to go standby [%s]", n.name, kind))
	s.kind, s.requester, s.since = kind, own, m.now
	m.res.otherStable = false
	if own {
		s.phase, s.deadline = standbyMe, m.after(standbyReply)
		if m.taker() != nil { // it answers when it has started our groups
			s.deadline = m.after(standbyWork)
		}
		return
	}
	s.phase, s.deadline = standbyOther, m.after(standbyWork)
	if m.handsOver(n) {
		m.prepare(kind.Mirror(), JobPrepare)
		s.preparing = m.jobs.next
		return
	}
	m.send(hamsg.New("t", "ask_resources", "rsc_hold", kind.String(), "info", "other"))
}

// inProgress refuses a request while an exchange is going on.
func (m *Machine) inProgress(n *node) bool {
	if m.stand.deadline.IsZero() {
		return false
	}
	left := int((m.stand.deadline.Sub(m.now) + time.Second - 1) / time.Second)
	m.log(Warn, fmt.Sprintf("Standby in progress- new request from %s ignored [%d seconds left]", n.name, left))
	return true
}

func (m *Machine) fluxRefuses(n *node) bool {
	switch {
	case !m.res.otherStable:
		m.log(Warn, fmt.Sprintf("standby message [me] from %s ignored.  Other side is in flux.", n.name))
	case m.taker() != nil && m.conflict() != HoldNone && !m.cfg.Options.NoHeal:
		m.log(Warn, fmt.Sprintf("standby message [me] from %s ignored.  Both nodes hold the same resources.", n.name))
	case m.res.state != rStable, m.taker() != nil && m.jobs.hands():
		m.log(Warn, fmt.Sprintf("standby message [me] from %s ignored.  local resources in flux.", n.name))
	default:
		return false
	}
	return true
}

// release is step 3: the other side will take what we give up.
func (m *Machine) release(n *node) {
	s := &m.stand
	m.log(Info, fmt.Sprintf("standby: %s can take our %s resources", n.name, s.kind))
	s.phase, s.deadline = standbyOther, m.after(standbyWork)
	m.res.hold &^= s.kind
	m.res.taken &^= s.kind
	if s.kind.Has(HoldForeign) {
		m.res.needsReturn, m.res.failback = false, time.Time{}
	}
	m.send(hamsg.New("t", "resource", "rsc_hold", m.res.hold.String(), "rtype", "full", "isstable", "0", "info", "standby"))
	job := Job{Kind: JobRelease, What: s.kind, End: m.standbyDoneMessage()}
	if m.handsOver(n) {
		job.Linger = handoverLinger
	}
	m.run(job)
}

func (m *Machine) standbyDoneMessage() *hamsg.Message {
	return hamsg.New("t", "ask_resources", "rsc_hold", m.lastKind().String(), "info", "done")
}

// lastKind is the kind of the last exchange; before the first one it is all.
func (m *Machine) lastKind() Hold {
	if m.stand.kind == HoldNone {
		return HoldAll
	}
	return m.stand.kind
}

// released is step 4 of the requester: its release job has ended.
func (m *Machine) released() {
	m.log(Info, fmt.Sprintf("Local standby process completed [%s].", m.stand.kind))
	m.stand.phase = standbyDone
	m.res.hold &^= m.stand.kind
}

// takeReleased is step 4 of the other node.
func (m *Machine) takeReleased(n *node) {
	s := &m.stand
	m.log(Info, fmt.Sprintf("standby: acquire [%s] resources from %s", s.kind, n.name))
	s.phase = standbyDone
	m.do(Announce{})
	m.acquire(s.kind.Mirror())
}

// acquire starts the job that takes resources of a kind, as this node sees it.
func (m *Machine) acquire(kind Hold) {
	m.run(Job{Kind: JobAcquire, What: kind, End: m.standbyDoneMessage()})
}

// acquired is step 5 of the taker.
func (m *Machine) acquired() {
	kind := m.lastKind()
	m.log(Info, fmt.Sprintf("Standby resource acquisition done [%s].", kind))
	m.endStandby()
	m.res.hold |= kind.Mirror()
	m.res.taken &^= kind.Mirror()
	if m.cfg.Failback == hacf.FailbackOn {
		m.done(HoldLocal, "auto_failback")
	}
	m.reportHold("")
}

// peerAcquired is step 5 of the requester.
func (m *Machine) peerAcquired() {
	m.log(Info, fmt.Sprintf("Other node completed standby takeover of %s resources.", m.stand.kind))
	m.endStandby()
	m.reportHold("")
}

// abandonedStandby ends an exchange of which the other side no longer knows: a Systole peer
// says so by calling itself settled. An original pair waits an hour.
func (m *Machine) abandonedStandby(n *node) {
	if m.cfg.Options.NoHandover || m.stand.phase == standbyNot || !n.peer.settled || m.jobs.running() > 0 || m.now.Sub(m.stand.since) <= abandonedAfter {
		return
	}
	if len(n.recv.missing) > 0 {
		return // what is asked for again may be its last word in the exchange
	}
	m.takesNothing()
}

// refusesStandby says whether a request of our own to go standby would be ignored, by us,
// while the other side would take it and wait; or, from the ipfail of a node that shuts down,
// complain of it.
func (m *Machine) refusesStandby(msg *hamsg.Message) bool {
	if msg.Type() != "ask_resources" || msg.Get("info") != "me" || !m.nice() {
		return false
	}
	return m.shut.begun() || m.inProgress(m.self) || m.fluxRefuses(m.self)
}

func (m *Machine) endStandby() { m.stand = standby{kind: m.stand.kind} }

// standbyTimeout gives up waiting for the other side.
func (m *Machine) standbyTimeout(*node) {
	m.log(Warn, "No reply to standby request.  Standby request cancelled.")
	m.dropPrepared()
	m.endStandby()
	m.res.otherStable = true
}

// withdrawRequest ends an exchange that nobody has answered yet, because what it was asked of has
// changed: a Systole peer sees by our status that we wait for nothing.
func (m *Machine) withdrawRequest() {
	if m.stand.phase == standbyMe {
		m.cancelStandby()
		m.res.otherStable = true
	}
}

// cancelStandby ends an exchange whose other side is gone.
func (m *Machine) cancelStandby() {
	if m.stand.phase == standbyNot {
		return
	}
	m.log(Info, "Cancelling pending standby operation")
	m.endStandby()
}
