package cluster

import (
	"fmt"
	"strconv"
	"time"

	"systole/pkg/hamsg"
)

// resend serves a request for messages of ours, from the history (wire spec 6.3).
func (m *Machine) resend(n *node, msg *hamsg.Message) {
	first, err1 := strconv.ParseUint(msg.Get("firstseq"), 10, 64)
	last, err2 := strconv.ParseUint(msg.Get("lastseq"), 10, 64)
	if err1 != nil || err2 != nil || first > last {
		if m.seldom("rexmit " + n.name) {
			m.log(Error, "Invalid rexmit seqnos")
		}
		return
	}
	last = min(last, first+historySize)
	for seq, sent := first, 0; seq <= last && sent < maxRexmitBurst; seq++ {
		if m.resendOne(n, seq) {
			sent++
		}
	}
}

// resendOne sends one message again, or says why it cannot.
func (m *Machine) resendOne(n *node, seq uint64) bool {
	switch {
	case seq <= n.ackseq:
		return false
	case seq > m.seq:
		if m.seldom("beyond " + n.name) {
			m.log(Warn, fmt.Sprintf("Rexmit of seq %d requested. %d is max.", seq, m.seq))
		}
		return false
	}
	k := &m.history[seq%historySize]
	if k.seq != seq {
		m.refuse(n, seq)
		return false
	}
	if m.now.UnixNano()-k.sent < int64(m.cfg.MaxRexmitDelay-10*time.Millisecond) {
		return false
	}
	k.sent = m.now.UnixNano()
	m.do(Send{k.msg})
	m.outdated(n, k.msg)
	return true
}

// outdated follows a resource report that is sent again with what holds now. An original believes
// the one that arrives last: with an old one it never is at rest again, nor can it be stopped.
func (m *Machine) outdated(n *node, again *hamsg.Message) {
	if again.Type() == "resource" && !n.peer.systole && m.quiet() {
		m.reportHold("")
	}
}

// refuse tells a peer that a message is gone for good.
func (m *Machine) refuse(n *node, seq uint64) {
	if m.seldom("nak " + n.name) {
		m.log(Error, fmt.Sprintf("Cannot rexmit pkt %d for %s: seqno too low", seq, n.name))
		m.log(Info, fmt.Sprintf("fromnode =%s, fromnode's ackseq = %d", n.name, n.ackseq))
	}
	m.send(hamsg.New("t", "NS_nak_rexmit", "firstseq", strconv.FormatUint(seq, 16),
		"dest", n.name, "info", "seqno too low"))
}
