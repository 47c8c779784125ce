package interop

import (
	"regexp"
	"testing"
	"time"

	"systole/compat/lab"
)

// TestRollingSwap exchanges the software of a running pair of originals, one node after the other,
// and back again, while a client asks the service address all the time. What each node has on its disk
// (files, generation, uuid) stays. First the original is stopped and started where it is: no exchange
// may cost the client more than that.
func TestRollingSwap(t *testing.T) {
	t.Parallel()
	set := setting{failback: "on", allowed: regexp.MustCompile(`lost packet|No pkts missing`)}
	tell(t, func(a *attempt) {
		p := newPair(a, role{"originals", lab.Originals, lab.Originals}, set)
		client := p.client()
		p.startBoth()
		p.at(p.www, p.active)
		p.joined()
		lab.OK(client.AwaitAnswer(soon(a), time.Now()))(a)

		worst := p.exchange(client, p.active, lab.Originals)
		for _, s := range []struct {
			node *node
			to   lab.Flavour
		}{{p.active, lab.Systole}, {p.standby, lab.Systole}, {p.active, lab.Originals}, {p.standby, lab.Originals}} {
			if lost := p.exchange(client, s.node, s.to); lost > worst+slack {
				p.Errorf("the exchange cost the client %d questions, the restart of an original %d", lost, worst)
			}
		}
		client.Stop()
		p.active.clean(set.allowed)
		p.standby.clean(set.allowed)
	})
}

// slack is how many questions more may be lost before it counts: half a second.
const slack = 25

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
	lab.OK(client.AwaitAnswer(soon(p.attempt), time.Now()))(p.attempt)
	lost := lab.Answers(client.All()[from:]).Failures()
	p.Logf("  the client lost %d questions", lost)
	return lost
}
