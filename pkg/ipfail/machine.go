package ipfail

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"systole/pkg/hamsg"
)

// settling is how long after a transition the comparison is made again (the original sleeps).
const settling = 10 * time.Second

// question says what an answer of the daemon is wanted for.
type question uint8

const (
	forAlive   question = iota // node list: a node died; do we still see a ping node?
	forLink                    // node list: a link died; say so, and compare
	forAsking                  // node list: compare
	forAnswer                  // node list: the peer compares
	forGiveup                  // resources: the giveup timer is over
	forForeign                 // resources: balanced; may the peer have its resources back?
)

// waiting is a question asked and not answered.
type waiting struct {
	question
	remote int    // forAnswer: the peer's count
	what   string // forGiveup: the resources to give up
}

// giveup is the timer before resources are given up; at is zero while none runs.
type giveup struct {
	at   time.Time
	what string // all or foreign
	id   int    // number in the log
}

// firstTimer is the number of the first giveup timer. The original logs the numbers of its main
// loop, where two other sources come first.
const firstTimer = 3

// Machine is one ipfail. The zero value waits for SignedOn.
type Machine struct {
	node      string
	peer      string // the other node; only two-node clusters compare
	keepalive time.Duration
	failback  bool
	lists     []waiting // for NodeList
	states    []waiting // for Resources
	giveup    giveup
	timers    int       // giveup timers so far
	settle    bool      // a giveup found the resources in transition
	again     time.Time // when to compare again; zero: not
	actions   []Action
}

// Step takes one event and returns what is to be done, in order.
func (m *Machine) Step(now time.Time, e Event) []Action {
	switch e := e.(type) {
	case SignedOn:
		m.start(e)
	case NodeStatus:
		m.nodeStatus(e)
	case LinkStatus:
		m.linkStatus(e)
	case ClientStatus:
		m.clientStatus(e)
	case PingCount:
		m.pingCount(e)
	case YouAreDead:
		m.youAreDead(now, e)
	case AbortGiveup:
		m.abortGiveup(e)
	case HeldResources:
		m.heldResources(now, e)
	case NodeList:
		m.nodeList(now, e)
	case Resources:
		m.resources(now, e)
	case Tick:
		m.tick(now)
	}
	actions := m.actions
	m.actions = nil
	return actions
}

// Next returns the time of the next Tick, if there is one to come.
func (m *Machine) Next() (time.Time, bool) {
	next := m.giveup.at
	if next.IsZero() || !m.again.IsZero() && m.again.Before(next) {
		next = m.again
	}
	return next, !next.IsZero()
}

func (m *Machine) start(e SignedOn) {
	m.node, m.keepalive = e.Node, e.Keepalive
	if !e.Managed {
		m.fail("No managed resources")
		return
	}
	m.logf(Debug, "[We are %s]", e.Node)
	if !m.readFailback(e) {
		return
	}
	for i := len(e.Nodes) - 1; i >= 0; i-- { // the original's library lists them backwards
		n := e.Nodes[i]
		m.logf(Debug, "Cluster node: %s: status: %s", n.Name, n.Status)
		if !n.Ping && n.Name != e.Node {
			m.peer = n.Name
			m.logf(Debug, "[They are %s]", n.Name)
		}
	}
	m.logf(Debug, "Waiting for messages...")
}

// readFailback understands auto_failback and says whether ipfail can work with it.
func (m *Machine) readFailback(e SignedOn) bool {
	switch strings.ToLower(e.Failback) {
	case "legacy":
		m.fail("auto_failback set to incompatible legacy option.")
		return false
	case "on", "true", "yes", "y", "1":
		m.failback = true
	case "off", "false", "no", "n", "0":
	default:
		if e.FailbackSet {
			m.fail(fmt.Sprintf(" invalid auto_faiback value(%s)", e.Failback))
			return false
		}
		m.logf(Error, "Couldn't get auto_failback setting.")
		return true
	}
	number := 0
	if m.failback {
		number = 1
	}
	m.logf(Debug, "auto_failback -> %d (%s)", number, e.Failback)
	return true
}

func (m *Machine) fail(text string) {
	m.logf(Error, "%s", text)
	m.do(Exit{ExitForGood})
}

func (m *Machine) nodeStatus(e NodeStatus) {
	m.logf(Info, "Status update: Node %s now has status %s", e.Node, e.Status)
	switch e.Status {
	case "dead":
		m.askNodes(waiting{question: forAlive})
	case "ping":
		m.logf(Info, "A ping node just came up.")
		m.askNodes(waiting{question: forAsking})
	}
}

func (m *Machine) linkStatus(e LinkStatus) {
	m.logf(Info, "Link Status update: Link %s/%s now has status %s", e.Node, e.Link, e.Status)
	if e.Status == "dead" {
		m.askNodes(waiting{question: forLink})
	}
}

func (m *Machine) clientStatus(e ClientStatus) {
	if e.Client == Client && e.Status == "join" && e.Node != m.node {
		m.logf(Debug, "Got join message from another ipfail client. (%s)", e.Node)
		m.askNodes(waiting{question: forAsking})
	}
}

func (m *Machine) askNodes(w waiting) {
	m.lists = append(m.lists, w)
	m.do(AskNodeList{})
}

// nodeList answers the oldest question about ping nodes: how many are there now?
func (m *Machine) nodeList(now time.Time, e NodeList) {
	if len(m.lists) == 0 {
		return
	}
	w := m.lists[0]
	m.lists = m.lists[1:]
	count := 0
	for i := len(e.Nodes) - 1; i >= 0; i-- {
		if e.Nodes[i].Status == "ping" {
			m.logf(Debug, "Found ping node %s!", e.Nodes[i].Name)
			count++
		}
	}
	switch w.question {
	case forAlive:
		m.alive(count)
	case forLink:
		m.linkDead(count)
	case forAsking:
		m.ask(count)
	case forAnswer:
		m.compare(now, count, w.remote)
	}
}

func (m *Machine) alive(count int) {
	if count > 0 {
		m.logf(Info, "NS: We are still alive!")
	} else {
		m.logf(Info, "NS: We are dead. :<")
	}
}

func (m *Machine) linkDead(count int) {
	if count == 0 {
		m.logf(Info, "We are dead. :<")
		m.ask(count)
		return
	}
	m.ask(count)
	m.logf(Info, "Checking remote count of ping nodes.")
}

// resources answers the oldest question about our resources.
func (m *Machine) resources(now time.Time, e Resources) {
	if len(m.states) == 0 {
		return
	}
	w := m.states[0]
	m.states = m.states[1:]
	steady := e.State != "transition" && e.State != ""
	switch {
	case w.question == forGiveup:
		m.giveUp(now, w.what, steady)
	case steady && m.giveup.at.IsZero():
		m.logf(Info, "Giving up foreign resources (auto_failback).")
		m.delayGiveup(now, "foreign")
	}
}

func (m *Machine) tick(now time.Time) {
	if !m.giveup.at.IsZero() && !now.Before(m.giveup.at) {
		m.logf(Info, "giveup() called (timeout worked)")
		m.states = append(m.states, waiting{question: forGiveup, what: m.giveup.what})
		m.do(AskResources{})
		m.giveup = giveup{}
	}
	if !m.again.IsZero() && !now.Before(m.again) {
		m.again, m.settle = time.Time{}, false
		m.askNodes(waiting{question: forAsking})
	}
}

func (m *Machine) send(pairs ...string) { m.do(Send{hamsg.New(pairs...)}) }

func (m *Machine) do(a Action) { m.actions = append(m.actions, a) }

func (m *Machine) logf(level Level, format string, args ...any) {
	m.do(Log{level, fmt.Sprintf(format, args...)})
}

func decimal(n int) string { return strconv.Itoa(n) }
