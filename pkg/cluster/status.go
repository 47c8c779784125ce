package cluster

import (
	"strconv"
	"time"

	"systole/pkg/hamsg"
)

// start sends the first statuses: init, then up twice, all at once (wire spec 5.1).
func (m *Machine) start() {
	m.began = m.now
	m.extra = extraDeadtime
	m.young = m.after(youth)
	m.beat = m.after(m.cfg.Keepalive)
	for _, n := range m.nodes {
		n.last = m.now
	}
	m.self.heard = true
	m.self.uuid = m.cfg.UUID
	m.self.gen = m.cfg.Generation
	if m.cfg.Resume != nil {
		m.res.hold = *m.cfg.Resume
	}
	m.sendStatus()
	m.self.status = statusUp
	m.sendStatus()
	m.sendStatus()
	m.log(Info, "Local status now set to: 'up'")
	m.aloneAlready()
}

// aloneAlready brings communication up at once when there is nobody to wait for.
func (m *Machine) aloneAlready() {
	if len(m.nodes) == 1 {
		m.checkComm()
	}
}

// heartbeat is the status of every keepalive. No other message replaces it.
func (m *Machine) heartbeat(*node) {
	m.sendStatus()
	m.beat = m.beat.Add(m.cfg.Keepalive)
	if !m.beat.After(m.now) { // we were stopped: do not catch up with a burst
		m.beat = m.after(m.cfg.Keepalive)
	}
}

// grownUp announces the ordinary dead time, five seconds after the start.
func (m *Machine) grownUp(*node) {
	m.young = time.Time{}
	m.extra = 0
	m.sendStatus()
}

// sendStatus sends our status now, and asks the ping nodes.
func (m *Machine) sendStatus() {
	msg := hamsg.New("t", "status", "st", string(m.self.status),
		"dt", strconv.FormatInt((m.cfg.Deadtime+m.extra).Milliseconds(), 16), "protocol", "1")
	m.addPeerFields(msg)
	m.send(msg)
	m.self.last = m.now
	m.do(Ping{m.timestamp()})
}

// setStatus changes our status and tells the cluster.
func (m *Machine) setStatus(s status) {
	m.self.status = s
	m.sendStatus()
}
