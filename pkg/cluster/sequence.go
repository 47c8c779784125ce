package cluster

import (
	"fmt"
	"strconv"
	"time"

	"systole/pkg/hamsg"
)

// window tracks which messages of a peer have arrived (wire spec 6.1, 6.2).
type window struct {
	last    uint64 // highest seq taken
	first   uint64 // seq with which tracking began
	acked   uint64 // highest seq that we acknowledged
	trigger uint64 // messages with seq % 10 == trigger are acknowledged
	missing []gap  // below last, ascending
	fresh   bool   // the next message is taken whatever its seq
	begun   bool
}

// gap is one message that did not arrive.
type gap struct {
	seq uint64
	ask time.Time // when to ask for it (again)
}

func (w *window) reset() { *w = window{trigger: w.trigger} }

// forget keeps the life of the peer but starts tracking anew: after death or heavy loss.
func (w *window) forget() {
	w.missing = nil
	w.fresh = true
}

// nextRequest returns when the first missing message is to be asked for; zero: never.
func (w *window) nextRequest() (at time.Time) {
	for _, g := range w.missing {
		if at.IsZero() || g.ask.Before(at) {
			at = g.ask
		}
	}
	return at
}

// sequence says whether a message with this number is new, and keeps book of the others.
func (m *Machine) sequence(n *node, seq uint64) bool {
	w := &n.recv
	switch {
	case !w.begun || w.fresh:
		w.missing, w.fresh, w.begun = nil, false, true
		w.last, w.first = seq, seq
		w.acked = seq - 1
		return true
	case seq == w.last+1:
		w.last = seq
		return true
	case seq > w.last+1:
		m.lost(n, seq)
		return true
	case seq == w.last:
		return false
	}
	return m.late(n, seq)
}

// lost schedules requests for the messages between the last and this one.
func (m *Machine) lost(n *node, seq uint64) {
	w := &n.recv
	count := seq - w.last - 1
	m.log(Warn, fmt.Sprintf("%d lost packet(s) for [%s] [%d:%d]", count, n.name, w.last, seq))
	if count > maxMissing || len(w.missing)+int(count) > 2*maxMissing {
		m.log(Error, "lost a lot of packets!")
		w.missing, w.last, w.first, w.acked = nil, seq, seq, seq-1
		return
	}
	for s := w.last + 1; s < seq; s++ {
		w.missing = append(w.missing, gap{s, m.after(m.firstRequestDelay())})
	}
	w.last = seq
}

// firstRequestDelay is random so that several nodes do not ask at once.
func (m *Machine) firstRequestDelay() time.Duration {
	low := 50 * time.Millisecond
	if m.cfg.MaxRexmitDelay < 100*time.Millisecond {
		low = 0
	}
	span := m.cfg.MaxRexmitDelay - low
	if span <= 0 {
		return m.cfg.MaxRexmitDelay
	}
	return low + time.Duration(m.rng.Int64N(int64(span)))
}

// late takes a message that was missing; anything else below last is a duplicate.
func (m *Machine) late(n *node, seq uint64) bool {
	if !n.recv.fill(seq) {
		return false
	}
	if len(n.recv.missing) == 0 {
		m.log(Info, fmt.Sprintf("No pkts missing from %s!", n.name))
	}
	return true
}

// fill removes seq from the missing list and says whether it was there.
func (w *window) fill(seq uint64) bool {
	for i, g := range w.missing {
		if g.seq == seq {
			w.missing = append(w.missing[:i], w.missing[i+1:]...)
			return true
		}
	}
	return false
}

// requestMissing asks for every missing message whose time has come. The original asks for each
// again every max_rexmit_delay, however many there are; nobody may answer, or all answers be lost.
func (m *Machine) requestMissing(n *node) {
	w := &n.recv
	if n.status != statusUp && n.status != statusActive {
		w.missing = nil
		return
	}
	again := max(m.cfg.MaxRexmitDelay, time.Millisecond, time.Duration(len(w.missing))*requestPace)
	for i := range w.missing {
		g := &w.missing[i]
		if g.ask.After(m.now) {
			continue
		}
		g.ask = m.after(again)
		s := strconv.FormatUint(g.seq, 10)
		m.send(hamsg.New("t", "NS_rexmit", "dest", n.name, "firstseq", s, "lastseq", s))
	}
}

// acknowledge sends an ack when the messages up to a trigger have all arrived (wire spec 6.5).
func (m *Machine) acknowledge(n *node) {
	w := &n.recv
	if !w.begun {
		return
	}
	upTo := w.last
	if len(w.missing) > 0 {
		upTo = w.missing[0].seq - 1
	}
	behind := (upTo + 10 - w.trigger) % 10
	if behind > upTo || upTo-behind <= w.acked {
		return
	}
	w.acked = upTo - behind
	m.send(hamsg.New("t", "NS_ackmsg", "dest", n.name, "ackseq", strconv.FormatUint(w.acked, 16)))
}

// control acts on the unsequenced messages.
func (m *Machine) control(n *node, h header, msg *hamsg.Message) {
	if !m.forUs(msg) {
		return
	}
	switch h.typ {
	case "NS_ackmsg":
		m.ackArrived(n, msg)
	case "NS_rexmit":
		m.resend(n, msg)
	case "NS_nak_rexmit":
		m.nakArrived(n, msg)
	}
}

func (m *Machine) ackArrived(n *node, msg *hamsg.Message) {
	ack, err := strconv.ParseUint(msg.Get("ackseq"), 16, 64)
	if err != nil || ack > m.seq {
		// Soon after our start it is for what our former life sent: acks carry no generation.
		if m.young.IsZero() && m.seldom("ack "+n.name) {
			m.log(Error, fmt.Sprintf("HBDoMsg_T_ACK: corrupted ackseq current hiseq = %d ackseq =%d in this message", m.seq, ack))
		}
		return
	}
	n.ackseq = max(n.ackseq, ack)
}

// nakArrived gives up a message that the sender no longer has.
func (m *Machine) nakArrived(n *node, msg *hamsg.Message) {
	seq, err := strconv.ParseUint(msg.Get("firstseq"), 16, 64)
	if err != nil || !n.recv.fill(seq) {
		return
	}
	m.log(Error, fmt.Sprintf("Irretrievably lost packet: node %s seq %d", n.name, seq))
}
