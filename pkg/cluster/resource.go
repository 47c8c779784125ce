package cluster

import (
	"slices"
	"strconv"
	"time"

	"systole/pkg/hacf"
	"systole/pkg/hamsg"
)

// rstate is the state of resource handling (failover spec 7, 8).
type rstate uint8

const (
	rInit         rstate = iota // communication is not up, or "starting" is held back
	rStarting                   // we said "starting"
	rBothStarting               // the peer said it too
	rReceived                   // some node, maybe ourselves, reported what it holds
	rStable                     // our resources are settled
	rShutdown                   // we are giving everything up for good
)

// resources is what this node knows of the resources of the cluster.
type resources struct {
	state       rstate
	hold        Hold      // what we believe to be responsible for
	held        Hold      // the same after the last step
	since       time.Time // … when that began
	otherHold   Hold      // what the peer said last
	otherStable bool
	takeover    bool // mach_down of a dead or departed peer is under way
	needsReturn bool // the peer's resources came to us by its death: auto_failback returns them

	heldBack     bool // our "starting" waits until the peer is active
	peerStarted  bool // the peer's "starting" came in this life of ours
	unanswered   bool // … before ours was sent
	peerReported bool // its report, after that, too

	prepared Hold // kinds that we started because the peer shuts down
	taken    Hold // kinds that came to us from a peer believed dead, not by agreement

	wait     time.Time // when rReceived ends by itself
	waited   bool      // that deadline has been set once
	failback time.Time // next try of an automatic failback

	localDone, foreignDone, announced bool // for "Initial resource acquisition complete"
}

// keepTime notes when what we hold has changed.
func (r *resources) keepTime(now time.Time) {
	if r.hold != r.held || r.since.IsZero() {
		r.held, r.since = r.hold, now
	}
}

func (r *resources) peerRestarted(*node) {
	r.otherStable, r.peerStarted, r.unanswered, r.peerReported = false, false, false, false
}

// nice says whether resources follow the protocol of auto_failback on and off.
func (m *Machine) nice() bool { return m.cfg.Failback != hacf.FailbackLegacy }

// startResources begins resource handling when communication has come up.
func (m *Machine) startResources() {
	switch {
	case m.cfg.NoResources:
	case !m.nice():
		if m.cfg.Resume == nil && !m.fencing() {
			m.requestOwn(true)
		}
	default:
		m.resume()
		if !m.anyDead() {
			m.done(HoldForeign, "HB_R_BOTHSTARTING")
		}
		m.res.heldBack = true
		m.sayStarting()
	}
}

func (m *Machine) anyDead() bool {
	for _, n := range m.peers() {
		if n.status == statusDead {
			return true
		}
	}
	return false
}

// resume continues a life in which resources were left in place: nothing has to be waited for
// (failover spec 10.7).
func (m *Machine) resume() {
	if m.cfg.Resume != nil {
		m.res.state = rStable
		m.res.hold = *m.cfg.Resume
	}
}

// sayStarting sends "starting" once no peer is on its way up: an original that has not come
// up itself yet would complain and never answer.
func (m *Machine) sayStarting() {
	if !m.res.heldBack {
		return
	}
	for _, n := range m.peers() {
		if n.status != statusActive && n.status != statusDead {
			return
		}
	}
	m.res.heldBack = false
	m.send(hamsg.New("t", "starting"))
	if m.res.state == rInit {
		m.res.state = rStarting
	}
	if m.res.unanswered {
		m.res.unanswered = false
		m.bothStarting()
	}
}

// peerBecame reacts to a peer's new status.
func (m *Machine) peerBecame(*node) {
	if m.commUp {
		m.sayStarting()
	}
}

// peerStarting answers a peer whose communication has just come up.
func (m *Machine) peerStarting(n *node, own bool) {
	if own || !m.nice() {
		return
	}
	m.res.peerStarted = true
	if m.res.state == rInit {
		m.res.unanswered = true
		return
	}
	m.bothStarting()
}

func (m *Machine) bothStarting() {
	if m.res.takeover {
		m.log(Warn, "T_STARTING received during takeover.")
	}
	m.res.otherStable = false
	if m.res.state == rStarting {
		m.res.state = rBothStarting
		m.done(HoldForeign, "HB_R_BOTHSTARTING")
	}
	m.reportHold("")
	m.fastStart()
}

// reportHold tells the cluster what we hold.
func (m *Machine) reportHold(info string) {
	msg := hamsg.New("t", "resource", "rsc_hold", m.res.hold.String(), "rtype", "full", "isstable", m.isStable())
	if info != "" {
		msg.Add("info", info)
	}
	if m.res.hold != HoldNone && m.res.hold == m.res.held && m.allSystole() {
		msg.Add(FieldHeldFor, strconv.FormatInt(m.now.Sub(m.res.since).Milliseconds(), 16))
	}
	m.send(msg)
}

func (m *Machine) isStable() string {
	if m.res.state == rStable {
		return "1"
	}
	return "0"
}

// resourceReport takes a resource message, from the peer or from ourselves.
func (m *Machine) resourceReport(n *node, own bool, msg *hamsg.Message) {
	if !m.nice() {
		return
	}
	if m.res.state == rInit && msg.Get("info") != "mach_down" {
		if !m.res.heldBack && m.commUp {
			m.log(Error, "resource message received in state 0")
		}
		return
	}
	hold, ok := ParseHold(msg.Get("rsc_hold"))
	if !ok {
		m.log(Error, "encode_resources: bad resource type ["+msg.Get("rsc_hold")+"]")
	}
	m.someReport()
	if own {
		m.ownReport(hold, msg)
	} else {
		m.peerReport(n, hold, msg)
	}
	m.audit()
	m.fastStart()
}

// someReport leaves the starting states: resource handling is known to work both ways.
func (m *Machine) someReport() {
	if m.res.state != rStarting && m.res.state != rBothStarting {
		return
	}
	m.res.state = rReceived
	if !m.res.waited {
		m.res.waited = true
		m.res.wait = m.after(resourceWait)
	}
	if m.cfg.Failback == hacf.FailbackOff {
		m.done(HoldForeign, "T_RESOURCES")
	}
}

// update applies a report to a hold: full reports replace it, partial ones add.
func update(old, hold Hold, msg *hamsg.Message) Hold {
	if msg.Get("rtype") == "full" || hold == HoldNone {
		return hold
	}
	return old | hold
}

func (m *Machine) ownReport(hold Hold, msg *hamsg.Message) {
	m.res.hold = update(m.res.hold, hold, msg)
	if m.res.hold.Has(HoldLocal) {
		m.done(HoldLocal, "T_RESOURCES(us)")
	}
	switch msg.Get("info") {
	case "mach_down":
		m.machDownDone()
	case "shutdown":
		m.res.state = rShutdown
	}
}

func (m *Machine) peerReport(n *node, hold Hold, msg *hamsg.Message) {
	m.res.peerReported = true
	if m.arrivalSeq < n.reportSeq {
		return // asked for and sent again: the original believes it, and its newer ones are forgotten
	}
	n.reportSeq = m.arrivalSeq
	m.res.otherHold = update(m.res.otherHold, hold, msg)
	if msg.Get("info") == "shutdown" {
		m.peerStops(n)
		m.takerReady() // if we wait for it: it takes nothing any more
	}
	switch msg.Get("isstable") {
	case "1":
		if !m.res.otherStable {
			m.log(Info, "remote resource transition completed.")
			m.res.otherStable = true
			m.reportHold("")
			m.autoFailback()
		}
	case "0":
		m.res.otherStable = false
	}
	if m.res.otherStable && m.res.state != rStable && m.res.state != rShutdown {
		m.followPeer()
	}
}

// followPeer becomes stable because the peer is.
func (m *Machine) followPeer() {
	m.log(Info, "remote resource transition completed.")
	m.requestOwn(false)
	m.res.state = rStable
	m.res.wait = time.Time{}
	m.reportHold("")
	m.autoFailback()
	m.done(HoldForeign, "T_RESOURCES")
	if m.cfg.Failback == hacf.FailbackOff && m.res.otherHold.Has(HoldForeign) {
		m.done(HoldLocal, "T_RESOURCES(them)")
	}
}

// waitedEnough ends the wait of a cold start: nobody was there before us.
func (m *Machine) waitedEnough(*node) {
	m.res.wait = time.Time{}
	if m.res.state != rReceived {
		return
	}
	if m.fencing() { // what we want to take may still be in use
		m.res.wait = m.after(stonithRetry)
		return
	}
	m.res.state = rStable
	m.requestOwn(false)
	m.log(Info, "local resource transition completed.")
	m.reportHold("")
}

// requestOwn starts the job that asks for our own groups. Unless forced it finds nothing to do
// when the peer has them, or when we have them already.
func (m *Machine) requestOwn(forced bool) {
	if m.shut.begun() {
		return
	}
	if !forced && m.stand.phase == standbyNot && (m.res.otherHold.Has(HoldForeign) || m.res.hold.Has(HoldLocal)) {
		m.log(Info, "Local Resource acquisition completed. (none)")
		return
	}
	m.res.hold |= HoldLocal
	job := Job{Kind: JobRequestOwn, DontAsk: !m.otherActive()}
	if m.nice() {
		job.End = hamsg.New("t", "resource", "rsc_hold", m.res.hold.String(), "rtype", "full",
			"isstable", "1", "info", "req_our_resources()")
	}
	m.run(job)
}

// done notes that the local or foreign part of the start-up work is finished, and says so
// once when both are.
func (m *Machine) done(part Hold, reason string) {
	if part.Has(HoldLocal) {
		m.res.localDone = true
	}
	if part.Has(HoldForeign) {
		m.res.foreignDone = true
	}
	if m.res.localDone && m.res.foreignDone && !m.res.announced {
		m.res.announced = true
		m.log(Info, "Initial resource acquisition complete ("+reason+")")
	}
}

// audit complains about reports that contradict each other; nothing is repaired by it.
func (m *Machine) audit() {
	r := &m.res
	if m.waitsForReports() {
		return
	}
	if r.hold.Has(HoldLocal) && r.otherHold.Has(HoldForeign) {
		m.log(Error, "Both machines own our resources!")
	}
	if r.hold.Has(HoldForeign) && r.otherHold.Has(HoldLocal) {
		m.log(Error, "Both machines own foreign resources!")
	}
	if !m.settled() || m.shut.begun() || r.state == rInit {
		return
	}
	if !r.hold.Has(HoldLocal) && !r.otherHold.Has(HoldForeign) {
		m.log(Error, "No one owns our local resources!")
	}
	if !r.hold.Has(HoldForeign) && !r.otherHold.Has(HoldLocal) {
		m.log(Error, "No one owns foreign resources!")
	}
}

// waitsForReports says whether messages of a peer are missing that may say otherwise; they have
// been asked for.
func (m *Machine) waitsForReports() bool {
	return slices.ContainsFunc(m.peers(), func(n *node) bool { return len(n.recv.missing) > 0 })
}

// settled says whether nothing about resources is in motion (failover spec 7, rscstatus).
func (m *Machine) settled() bool {
	if !m.nice() {
		return m.jobs.running() == 0 && !m.fencing()
	}
	return m.res.otherStable && !m.fencing() && !m.res.takeover && m.stand.phase == standbyNot &&
		m.stand.deadline.IsZero() && m.jobs.running() == 0 &&
		(m.res.state == rStable || m.res.state == rShutdown || m.res.state == rInit)
}
