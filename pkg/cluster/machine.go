package cluster

import (
	"math/rand/v2"
	"time"

	"systole/pkg/hamsg"
)

// Machine is one node of the cluster. It is not safe for concurrent use: one loop owns it.
type Machine struct {
	cfg   Config
	rng   *rand.Rand
	now   time.Time
	out   []Action
	loop  []*hamsg.Message // own messages sent but not yet processed by ourselves
	nodes []*node          // configuration order: normal nodes, then ping nodes
	self  *node
	load  string

	seq       uint64 // of the last sequenced message sent
	history   [historySize]kept
	beat      time.Time // next status
	young     time.Time // when the extra dead time of youth ends; zero afterwards
	extra     time.Duration
	began     time.Time
	commUp    bool
	listAsked time.Time // next reqnodes, while communication comes up
	deleted   []string  // names removed by delnode

	res      resources
	stand    standby
	jobs     jobTable
	clients  []client
	shut     shutdown
	restart  time.Time // of the restart after a partition; zero: none planned
	shared   map[string]string
	quietLog map[string]time.Time // next time that a rate-limited line may be written

	arrival    time.Time // when the message in hand came in
	arrivalSeq uint64    // and its seq
	timerList  []timer   // scratch of timers
}

// New makes the machine of a node that has not begun to live; the first event is Start.
func New(cfg Config) *Machine {
	m := &Machine{
		cfg:      cfg,
		rng:      rand.New(rand.NewPCG(cfg.Seed, 0x5157_0e)),
		load:     "n/a",
		shared:   map[string]string{},
		quietLog: map[string]time.Time{},
		clients:  make([]client, len(cfg.Clients)),
	}
	for _, name := range cfg.Nodes {
		m.addNode(name, false)
	}
	for _, l := range cfg.Links {
		if l.Ping != "" && m.find(l.Ping) == nil {
			m.addNode(l.Ping, true)
		}
	}
	m.self = m.find(cfg.Node)
	if m.self == nil {
		m.self = m.addNode(cfg.Node, false)
	}
	return m
}

// Step tells the machine that ev happened and returns what to do, in order. The slice is the
// caller's. Time must not go backwards; a step back is taken as no time passed.
func (m *Machine) Step(now time.Time, ev Event) []Action {
	m.advance(now)
	m.out = nil
	m.handle(ev)
	m.settle()
	m.expire()
	m.retryShutdown()
	m.settle()
	m.res.keepTime(m.now)
	return m.out
}

// advance moves the machine's clock, discounting the time that this node itself was stopped.
func (m *Machine) advance(now time.Time) {
	if !now.After(m.now) {
		return
	}
	if due, ok := m.Next(); ok && !m.began.IsZero() && !m.cfg.Options.NoStallGuard {
		if late := now.Sub(due); late > m.stallLimit() {
			m.discountStall(late)
		}
	}
	m.now = now
}

// handle is the one switch over events.
func (m *Machine) handle(ev Event) {
	switch e := ev.(type) {
	case Start:
		m.start()
	case Recv:
		m.receive(e)
	case PingReply:
		m.pingReply(e)
	case Local:
		m.local(e.Msg)
	case JobDone:
		m.jobDone(e)
	case ClientStarted:
		m.clientStarted(e)
	case ClientExited:
		m.clientExited(e)
	case Terminate:
		m.terminate()
	case Reload:
		m.reload()
	case GroupsChanged:
		m.groupsChanged(e.Groups)
	case Load:
		m.load = e.Text
	case Tick:
	}
}

// settle processes our own messages and whatever they set off until nothing is left.
func (m *Machine) settle() {
	for {
		m.nextScript()
		if len(m.loop) == 0 {
			return
		}
		msg := m.loop[0]
		m.loop = m.loop[1:]
		if m.forUs(msg) {
			m.dispatch(m.self, msg)
		}
	}
}

// timer is a deadline and what happens when it passes. The handler must move or clear it.
type timer struct {
	at   time.Time
	fire func(*Machine, *node)
	node *node
}

// timers lists every deadline; of equal ones the first in the list fires first.
func (m *Machine) timers() []timer {
	ts := append(m.timerList[:0],
		timer{m.beat, (*Machine).heartbeat, nil},
		timer{m.young, (*Machine).grownUp, nil},
		timer{m.listAsked, (*Machine).askNodeList, nil},
		timer{m.res.wait, (*Machine).waitedEnough, nil},
		timer{m.stand.deadline, (*Machine).standbyTimeout, nil},
		timer{m.res.failback, (*Machine).retryFailback, nil},
		timer{m.restart, (*Machine).restartAfterPartition, nil},
		timer{m.shut.next, (*Machine).shutdownStep, nil},
		timer{m.shut.emergency, (*Machine).emergency, nil},
	)
	for _, n := range m.nodes {
		ts = append(ts,
			timer{m.silenceDeadline(n), (*Machine).silent, n},
			timer{m.linkDeadline(n), (*Machine).linksSilent, n},
			timer{n.recv.nextRequest(), (*Machine).requestMissing, n},
			timer{n.refence, (*Machine).fence, n},
		)
	}
	m.timerList = ts
	return ts
}

// earliest returns the timer that fires next; its time is zero if none is set.
func (m *Machine) earliest() (first timer) {
	for _, t := range m.timers() {
		if !t.at.IsZero() && (first.at.IsZero() || t.at.Before(first.at)) {
			first = t
		}
	}
	return first
}

// Next returns the time at which the machine wants a Tick, if nothing else happens.
func (m *Machine) Next() (deadline time.Time, ok bool) {
	t := m.earliest()
	return t.at, !t.at.IsZero()
}

// expire fires every deadline that has passed. The bound is a guard: a handler that leaves
// its deadline in the past costs a busy loop, not a hanging node.
func (m *Machine) expire() {
	for range 1000 {
		t := m.earliest()
		if t.at.IsZero() || t.at.After(m.now) {
			return
		}
		t.fire(m, t.node)
		m.settle()
	}
}

func (m *Machine) do(a Action)                     { m.out = append(m.out, a) }
func (m *Machine) log(level Level, text string)    { m.do(Log{level, text}) }
func (m *Machine) after(d time.Duration) time.Time { return m.now.Add(d) }

// seldom says whether a line about key may be written now: once a second, so that bad input
// from the network cannot fill the disk.
func (m *Machine) seldom(key string) bool {
	if next, ok := m.quietLog[key]; ok && m.now.Before(next) {
		return false
	}
	if len(m.quietLog) > 64 {
		clear(m.quietLog)
	}
	m.quietLog[key] = m.after(time.Second)
	return true
}
