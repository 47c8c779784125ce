package cluster

import (
	"time"

	"systole/pkg/hamsg"
)

// A node that is dead, and not known to hold nothing, may still write to shared disks. With a
// device that can reset it nothing of it is taken before the device has done so, however often
// that has to be tried (failover spec 10.8). A node that comes back by itself is left alone: the
// original would go on and reset it while it works.

// fence resets a dead node. It is also the timer of the next try.
func (m *Machine) fence(n *node) {
	n.refence = time.Time{}
	if n.status != statusDead || m.shut.begun() || m.shut.waiting {
		return
	}
	m.run(Job{Kind: JobStonith, Node: n.name})
}

// fenced is the end of a try.
func (m *Machine) fenced(name string, reset bool) {
	n := m.find(name)
	if n == nil || n.status != statusDead {
		return
	}
	if !reset {
		m.log(Error, "STONITH of "+name+" failed.  Retrying...")
		n.refence = m.after(stonithRetry)
		return
	}
	m.send(hamsg.New("t", "stonith", "node", name, "result", "OK"))
	m.takeOver(n)
}

// fencing says whether a dead node has not been reset yet.
func (m *Machine) fencing() bool {
	for _, n := range m.nodes {
		if !n.refence.IsZero() {
			return true
		}
	}
	return m.jobs.has(JobStonith)
}
