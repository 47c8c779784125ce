package interop

import (
	"regexp"
	"testing"
	"time"

	"systole/compat/lab"
)

// TestRollingSwap exchanges the software of a running pair of originals, one node after the other,
// and back again, while a client asks the service address all the time. What each node has on its disk
// (files, generation, uuid) stays. No exchange may cost the client more than stopping and starting the
// original where it is does. Half of most exchanges is the original's own doing, and a machine with too much
// to do delays either: only what is dearer in every round counts.
func TestRollingSwap(t *testing.T) {
	t.Parallel()
	set := setting{failback: "on", allowed: regexp.MustCompile(`lost packet|No pkts missing`)}
	tell(t, func(a *attempt) {
		p := newPair(a, role{"originals", lab.Originals, lab.Originals}, set)
		client := p.client()
		p.startBoth()
		p.at(p.www, p.active)
		p.joined()
		lab.OK(client.AwaitAnswer(patience.For(a), time.Now()))(a)

		own, dearest := 0, 0
		for range rounds {
			dearest = p.swaps(client)
			own = max(own, p.restarts(client, dearest-slack))
			if dearest <= own+slack {
				break
			}
		}
		if dearest > own+slack {
			p.Errorf("an exchange cost the client %d questions, the dearest restart of the original %d", dearest, own)
		}
		client.Stop()
		p.active.clean(set.allowed)
		p.standby.clean(set.allowed)
	})
}

// slack is how many questions more may be lost before it counts: half a second.
const slack = 25

// rounds is how often everything is exchanged at most.
const rounds = 3

// swaps exchanges the software of both nodes, and back, and returns what the dearest exchange cost the client.
func (p *pair) swaps(client *lab.Traffic) (dearest int) {
	p.Helper()
	for _, s := range []struct {
		node *node
		to   lab.Flavour
	}{{p.active, lab.Systole}, {p.standby, lab.Systole}, {p.active, lab.Originals}, {p.standby, lab.Originals}} {
		dearest = max(dearest, p.exchange(client, s.node, s.to))
	}
	return dearest
}

// restarts is how often the original is restarted at most.
const restarts = 6

// restarts stops and starts the original where it is, and returns what that cost the client at worst.
// One restart of an original costs from 15 questions to 60, by where its polling stands, and half of an
// exchange is its doing: it is restarted until it was as dear as enough, or restarts times.
func (p *pair) restarts(client *lab.Traffic, enough int) (worst int) {
	p.Helper()
	for i := 0; i < restarts && (i == 0 || worst < enough); i++ {
		worst = max(worst, p.exchange(client, p.active, lab.Originals))
	}
	return worst
}

// client asks the service address 50 times a second.
func (p *pair) client() *lab.Traffic {
	p.Helper()
	h := lab.OK(p.lab.Host(lab.Spec{Name: "client", Ports: map[string]lab.Port{"eth0": lab.On(p.lan, "121.254.175.68/28")}}))(p.attempt)
	return lab.OK(h.Ping(p.www, lab.Pace{Every: 20 * time.Millisecond, Timeout: time.Second}))(p.attempt)
}

// exchange stops a node, puts other software on it, starts it, and waits until the owner of the
// address has it again. It returns how many of the client's questions got no answer.
func (p *pair) exchange(client *lab.Traffic, n *node, to lab.Flavour) int {
	p.Helper()
	from := client.Len()
	p.step(n.maker() + " on " + n.Name + " is exchanged")
	n.stop()
	p.at(p.www, p.other(n))
	if err := n.Become(to); err != nil {
		p.Fatal(err)
	}
	n.ours = to == lab.Systole
	p.step("… for " + n.maker())
	n.start()
	n.awaits("Comm_now_up")
	p.at(p.www, p.active)
	p.joined()
	lab.OK(client.AwaitAnswer(patience.For(p.attempt), time.Now()))(p.attempt)
	lost := lab.Answers(client.All()[from:]).Failures()
	p.Logf("  the client lost %d questions", lost)
	return lost
}
