package ipfail

import "time"

// ask tells the peer our count; its answer decides who gives up.
func (m *Machine) ask(count int) {
	if m.peer == "" {
		return
	}
	m.logf(Info, "Asking other side for ping node count.")
	m.send("t", "num_ping_nodes", "src", m.node, "num_ping", decimal(count), "dest", m.peer)
	m.logf(Debug, "Message [num_ping] sent.")
}

func (m *Machine) pingCount(e PingCount) {
	if e.From != m.peer {
		return
	}
	m.logf(Debug, "Got asked for num_ping.")
	m.askNodes(waiting{question: forAnswer, remote: e.Count})
}

// compare answers the peer's count. The one who sees less gives up; when both see the same, any
// giveup is called off on both sides.
func (m *Machine) compare(now time.Time, own, remote int) {
	switch {
	case own > remote:
		m.logf(Info, "Telling other node that we have more visible ping nodes.")
		m.logf(Debug, "Sending you_are_dead.")
		m.send("t", "you_are_dead", "dest", m.peer)
		m.logf(Debug, "Message [you_are_dead] sent.")
	case own < remote:
		m.logf(Info, "Giving up because we have less visible ping nodes.")
		m.delayGiveup(now, "all")
	default:
		m.logf(Info, "Ping node count is balanced.")
		m.send("t", "abort_giveup", "src", m.node, "dest", m.peer)
		m.logf(Debug, "Abort message sent.")
		m.balanced()
	}
}

// balanced ends a giveup of ours. With auto_failback on, what we hold for the peer can go back to
// it now: the original asks for that after every comparison, which usually moves nothing.
func (m *Machine) balanced() {
	switch {
	case !m.giveup.at.IsZero():
		m.abort()
	case m.failback:
		m.states = append(m.states, waiting{question: forForeign})
		m.do(AskResources{})
	}
}

func (m *Machine) youAreDead(now time.Time, e YouAreDead) {
	if e.From != m.peer {
		return
	}
	m.logf(Info, "Giving up because we were told that we have less ping nodes.")
	m.delayGiveup(now, "all")
}

func (m *Machine) abortGiveup(e AbortGiveup) {
	switch {
	case e.From != m.peer:
	case m.giveup.at.IsZero():
		m.logf(Info, "No giveup timer to abort.")
	default:
		m.abort()
	}
}

const timerGone = "giveup timeout has been destroyed."

// delayGiveup starts the timer, anew if one runs.
func (m *Machine) delayGiveup(now time.Time, what string) {
	delay := 2 * m.keepalive
	m.logf(Info, "Delayed giveup in %d seconds.", delay/time.Second)
	if !m.giveup.at.IsZero() {
		m.logf(Debug, "Detected existing delay timer, overriding")
		m.stopTimer()
	}
	m.giveup = giveup{at: now.Add(delay), what: what, id: firstTimer + m.timers}
	m.timers++
}

func (m *Machine) abort() {
	m.logf(Info, "Aborted delayed giveup (%d)", m.giveup.id)
	m.stopTimer()
}

func (m *Machine) stopTimer() {
	m.giveup = giveup{}
	m.logf(Debug, timerGone)
}

// giveUp asks the cluster to take our resources over, unless they are on the move just now.
func (m *Machine) giveUp(now time.Time, what string, steady bool) {
	if steady {
		m.send("t", "ask_resources", "rsc_hold", what, "src", m.node, "info", "me")
		m.logf(Debug, "Message [ask_resources] sent.")
	} else {
		m.settle = true
		m.again = now.Add(settling)
	}
	m.logf(Debug, timerGone)
}

// heldResources sees the peer come out of a transition. A giveup that found one makes us compare
// again some time later. The original waits for this report for ever; here the wait has begun
// already when the giveup failed, and a report only starts it again.
func (m *Machine) heldResources(now time.Time, e HeldResources) {
	if e.From != m.peer || !e.Stable || e.Info != "" {
		return
	}
	m.logf(Debug, "Other side is now stable.")
	if m.settle {
		m.settle = false
		m.again = now.Add(settling)
	}
}
