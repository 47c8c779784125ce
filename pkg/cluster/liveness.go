package cluster

import (
	"fmt"
	"time"

	"systole/pkg/hamsg"
)

// deadAfter is how long a node may be silent. A peer is judged by the dead time that it
// announces itself (wire spec 5.3); until communication is up everybody gets initdead.
func (m *Machine) deadAfter(n *node) time.Duration {
	limit := n.deadtime
	switch {
	case n.ping:
		limit = m.cfg.Deadping
	case limit == 0:
		limit = m.cfg.Deadtime
	}
	if !m.commUp && !n.heard {
		limit = max(limit, m.cfg.Initdead)
	}
	return limit
}

// silenceDeadline is when a node will count as dead; zero for ourselves and the dead.
func (m *Machine) silenceDeadline(n *node) time.Time {
	if n == m.self || n.status == statusDead || m.began.IsZero() || m.shut.done {
		return time.Time{}
	}
	return n.last.Add(m.deadAfter(n))
}

// silent declares a node dead and lets the resources follow.
func (m *Machine) silent(n *node) {
	m.log(Warn, fmt.Sprintf("node %s: is dead", n.name))
	n.status = statusDead
	n.recv.forget()
	n.ackseq = 0
	m.announceDeath(n)
	if !n.ping {
		m.peerDied(n)
	}
	m.checkComm()
}

// deathNotice is the status message that a node would have sent about its own death; clients
// and scripts get it (failover spec 6).
func (m *Machine) deathNotice(n *node) *hamsg.Message {
	msg := hamsg.New("t", "status", "seq", "1", "ts", m.timestamp(), "src", n.name, "st", string(statusDead))
	if n.ping {
		msg.Add("info", "ping")
	}
	return msg
}

func (m *Machine) announceDeath(n *node) { m.do(Notify{m.deathNotice(n)}) }

// noteLate logs heartbeats that came later than warntime. The original declares the sender
// dead and alive again when the gap exceeds the local deadtime; here only real silence kills,
// because the gap may be our own.
func (m *Machine) noteLate(n *node) {
	if !n.heard || m.arrival.Before(n.last) {
		return
	}
	gap := m.arrival.Sub(n.last)
	if gap <= m.cfg.Warntime {
		return
	}
	ms := gap.Milliseconds() / 10 * 10
	if gap > m.cfg.Deadtime {
		m.log(Crit, fmt.Sprintf("Late heartbeat: Node %s: interval %d ms (> deadtime)", n.name, ms))
		return
	}
	m.log(Warn, fmt.Sprintf("Late heartbeat: Node %s: interval %d ms", n.name, ms))
}

// stallLimit is how late this node's own timers may be before it counts as stopped.
func (m *Machine) stallLimit() time.Duration { return max(m.cfg.Keepalive/2, 50*time.Millisecond) }

// discountStall gives every other node the time during which we could not have heard it.
func (m *Machine) discountStall(stopped time.Duration) {
	for _, n := range m.nodes {
		n.last = n.last.Add(stopped)
		for i := range n.links {
			n.links[i].heard = n.links[i].heard.Add(stopped)
		}
	}
}

// linkHeard marks the link that an authenticated packet came over as working.
func (m *Machine) linkHeard(n *node, name string, at time.Time) {
	l := n.link(name)
	if l == nil {
		return
	}
	if at.After(l.heard) {
		l.heard = at
	}
	if !l.up {
		m.setLink(n, l, true)
	}
}

func (m *Machine) setLink(n *node, l *link, up bool) {
	l.up = up
	st := "dead"
	if up {
		st = "up"
	}
	m.log(Info, fmt.Sprintf("Link %s:%s %s.", n.name, l.name, st))
	m.do(Notify{hamsg.New("t", "ifstat", "node", n.name, "ifname", l.name, "st", st)})
}

// linkDeadline is when the first of a node's working links will count as dead. The original
// judges all links by the dead time of the last node in its table; here each node's own counts.
func (m *Machine) linkDeadline(n *node) (at time.Time) {
	if n == m.self {
		return at
	}
	for _, l := range n.links {
		if end := l.heard.Add(m.deadAfter(n)); l.up && (at.IsZero() || end.Before(at)) {
			at = end
		}
	}
	return at
}

func (m *Machine) linksSilent(n *node) {
	for i := range n.links {
		l := &n.links[i]
		if l.up && !l.heard.Add(m.deadAfter(n)).After(m.now) {
			m.setLink(n, l, false)
		}
	}
}

// pingReply notes that a ping node answered.
func (m *Machine) pingReply(e PingReply) {
	if e.Link < 0 || e.Link >= len(m.cfg.Links) {
		return
	}
	n := m.find(m.cfg.Links[e.Link].Ping)
	if n == nil || !n.ping {
		return
	}
	m.linkHeard(n, n.name, e.At)
	m.arrival = e.At
	m.noteLate(n)
	if e.At.After(n.last) {
		n.last = e.At
	}
	n.heard = true
	if n.status != statusPing {
		m.statusChanged(n, statusPing, pingNotice(n, e.Msg))
		m.checkComm()
	}
}

func pingNotice(n *node, payload *hamsg.Message) *hamsg.Message {
	ts := "1"
	if payload != nil {
		ts = payload.Get("ts")
	}
	return hamsg.New("t", "NS_st", "st", "ping", "info", "ping", "src", n.name, "ts", ts)
}

// returnAfterPartition notices a peer that was taken for dead but had never stopped.
func (m *Machine) returnAfterPartition(n *node, msg *hamsg.Message) {
	m.log(Crit, fmt.Sprintf("Cluster node %s returning after partition.", n.name))
	m.log(Info, "For information on cluster partitions, See URL: http://linux-ha.org/wiki/Split_Brain")
	m.log(Warn, "Deadtime value may be too small.")
	m.log(Info, "See FAQ for information on tuning deadtime.")
	m.log(Info, "URL: http://linux-ha.org/wiki/FAQ#Heavy_Load")
	m.readPeerFields(n, msg)
	n.recv.forget()
	m.sendStatus()
	if !m.cfg.NoResources && !m.shut.begun() {
		m.afterPartition(n)
	}
}

// restartAfterPartition starts a new life two seconds after a healed partition, giving up
// what this node holds (wire spec 5.6): the original peer does the same.
func (m *Machine) restartAfterPartition(*node) {
	m.restart = time.Time{}
	m.shut.restart = true
	m.extra = restartDeadtime
	m.beginShutdown()
}
