package sim

import (
	"time"

	"systole/pkg/cluster"
	"systole/pkg/hacf"
	"systole/pkg/hamsg"
	"systole/pkg/ipfail"
)

// clientLatency is how long a client takes to sign on, and each message to reach it.
const clientLatency = 2 * time.Millisecond

// client is an ipfail that runs on a node.
type client struct {
	n       *Node
	machine ipfail.Machine
	life    int
	tickAt  time.Time
}

// startClient starts the ipfail of a node: it joins, and learns what it needs from the daemon.
func (n *Node) startClient(a cluster.StartClient) {
	n.event(cluster.ClientStarted{Index: a.Index, PID: 100 + a.Index})
	c := &client{n: n, life: n.life}
	n.later(a.Delay+clientLatency, func() {
		n.client = c
		n.event(cluster.Local{Msg: hamsg.New("t", "hbapi-clstat", "st", "join", "from_id", "ipfail", "to_id", "ipfail",
			"info", "signon", "client_gen", "0")})
		c.step(ipfail.SignedOn{Node: n.Name, Keepalive: n.cfg.Keepalive, Managed: true, FailbackSet: true,
			Failback: map[hacf.Failback]string{hacf.FailbackOn: "on", hacf.FailbackOff: "off", hacf.FailbackLegacy: "legacy"}[n.cfg.Failback],
			Nodes:    n.list()})
	})
}

// notify gives a message of the daemon to the client.
func (n *Node) notify(msg *hamsg.Message) {
	c := n.client
	if c == nil {
		return
	}
	if to, ok := msg.Lookup("to_id"); ok && to != ipfail.Client {
		return
	}
	if ev, ok := ipfail.Heard(msg); ok {
		n.later(clientLatency, func() { c.step(ev) })
	}
}

func (n *Node) list() []ipfail.Node {
	var nodes []ipfail.Node
	for _, v := range n.machine.Nodes() {
		nodes = append(nodes, ipfail.Node{Name: v.Name, Ping: v.Ping, Status: v.Status})
	}
	return nodes
}

func (c *client) step(ev ipfail.Event) {
	n := c.n
	if n.life != c.life || n.client != c || n.machine == nil {
		return
	}
	for _, a := range c.machine.Step(n.w.Now, ev) {
		switch a := a.(type) {
		case ipfail.AskNodeList:
			c.step(ipfail.NodeList{Nodes: n.list()})
		case ipfail.AskResources:
			c.step(ipfail.Resources{State: n.machine.ResourceState()})
		case ipfail.Send:
			msg := a.Msg.Clone()
			msg.Set("from_id", ipfail.Client)
			msg.Set("to_id", ipfail.Client)
			n.event(cluster.Local{Msg: msg})
		case ipfail.Log:
			if a.Level != ipfail.Debug {
				n.w.trace(n, "ipfail "+a.String())
			}
		case ipfail.Exit:
			n.client = nil
			n.w.trace(n, "ipfail exit")
			n.later(0, func() { n.event(cluster.ClientExited{PID: 100, Code: a.Code}) })
			return
		}
	}
	c.arm()
}

func (c *client) arm() {
	at, ok := c.machine.Next()
	if !ok || at.Equal(c.tickAt) {
		return
	}
	c.tickAt = at
	c.n.w.at(at, func() {
		if c.tickAt.Equal(at) {
			c.tickAt = time.Time{}
			c.step(ipfail.Tick{})
		}
	})
}
