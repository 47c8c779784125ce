package hbd

import (
	"slices"
	"time"

	"systole/pkg/hamsg"
	"systole/pkg/state"
)

// fieldSees tells another Systole node what this one sees (state.Sight). An original keeps unknown
// fields to itself. It decides nothing, so the machine does not know of it.
const fieldSees = "systole_sees"

// seeing returns a status with what this node sees.
func (d *beatDaemon) seeing(msg *hamsg.Message) *hamsg.Message {
	told := msg.Clone() // the machine keeps its own
	told.Set(fieldSees, d.sight(time.Now()).Encode())
	return told
}

// sight is made for every heartbeat, so it is made of the nodes alone: clients may be many.
func (d *beatDaemon) sight(now time.Time) state.Sight {
	nodes, pings := d.nodeStates(now)
	return state.SightOf(d.machine.Holding().String(), d.machine.ResourceState() == "transition", append(nodes, pings...))
}

// sees takes what another node says that it sees. Names that are no nodes of ours are left out, so that
// the table cannot grow.
func (c *chronicle) sees(nodes []string, node string, msg *hamsg.Message) {
	if node == c.node || !slices.Contains(nodes, node) {
		return
	}
	delete(c.sights, node)
	if s, ok := state.ParseSight(msg.Get(fieldSees)); ok {
		c.sights[node] = &s
	}
}
