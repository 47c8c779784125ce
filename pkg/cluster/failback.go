package cluster

import (
	"time"

	"systole/pkg/hacf"
	"systole/pkg/hamsg"
)

// autoFailback returns the resources of a peer that is back and stable, if its death or
// departure had brought them here (failover spec 11).
func (m *Machine) autoFailback() {
	if m.cfg.Failback != hacf.FailbackOn || !m.res.needsReturn || !m.otherActive() {
		return
	}
	if !m.res.hold.Has(HoldForeign) || m.stand.phase != standbyNot || !m.stand.deadline.IsZero() ||
		!m.res.otherStable || m.res.state != rStable || m.shut.begun() {
		m.log(Debug, "Auto failback delayed.")
		m.res.failback = m.after(failbackRetry)
		return
	}
	m.res.failback = m.after(standbyReply + failbackRetry) // in case nobody answers
	msg := hamsg.New("t", "ask_resources", "rsc_hold", HoldForeign.String(), "info", "me")
	msg.Add(FieldWhy, WhyFailback)
	m.sendReasoned(msg)
}

func (m *Machine) retryFailback(*node) {
	m.res.failback = time.Time{}
	m.autoFailback()
}
