package ipfail

import (
	"strconv"
	"time"

	"systole/pkg/hamsg"
)

// Client is the name that all ipfail clients sign on with.
const Client = "ipfail"

// Event is something that happened.
type Event interface{ event() }

// Node is one node as the daemon lists it.
type Node struct {
	Name   string
	Ping   bool
	Status string
}

// SignedOn is the start: the daemon has let us in and said this about itself.
type SignedOn struct {
	Node        string // our own name
	Keepalive   time.Duration
	Managed     bool   // the daemon answers what resources it holds
	Failback    string // auto_failback as written in ha.cf
	FailbackSet bool   // whether the daemon knows auto_failback
	Nodes       []Node // in the order of ha.cf
}

// NodeStatus is a new status of a node.
type NodeStatus struct{ Node, Status string }

// LinkStatus is a new status of a link to a node.
type LinkStatus struct{ Node, Link, Status string }

// ClientStatus is a client that joined or left on some node.
type ClientStatus struct{ Node, Client, Status string }

// PingCount is a node telling how many ping nodes it sees, and asking for a comparison.
type PingCount struct {
	From  string
	Count int
}

// YouAreDead is a node telling that it sees more ping nodes than we do.
type YouAreDead struct{ From string }

// AbortGiveup is a node telling that it sees as many ping nodes as we do.
type AbortGiveup struct{ From string }

// HeldResources is a report of a node about its resources.
type HeldResources struct {
	From   string
	Stable bool
	Info   string
}

// NodeList answers AskNodeList.
type NodeList struct{ Nodes []Node }

// Resources answers AskResources: none, local, foreign, all or transition; empty if the daemon
// did not say.
type Resources struct{ State string }

// Tick is the time of Next.
type Tick struct{}

func (SignedOn) event()      {}
func (NodeStatus) event()    {}
func (LinkStatus) event()    {}
func (ClientStatus) event()  {}
func (PingCount) event()     {}
func (YouAreDead) event()    {}
func (AbortGiveup) event()   {}
func (HeldResources) event() {}
func (NodeList) event()      {}
func (Resources) event()     {}
func (Tick) event()          {}

// Heard turns a message of the daemon into an event; ok is false for messages of no interest. A
// ping count that is no number is one: the original reads it as 0, or crashes if it is missing.
func Heard(m *hamsg.Message) (e Event, ok bool) {
	src := m.Get("src")
	switch m.Type() {
	case "status", "NS_st":
		return NodeStatus{src, m.Get("st")}, true
	case "ifstat":
		return LinkStatus{m.Get("node"), m.Get("ifname"), m.Get("st")}, true
	case "hbapi-clstat":
		return ClientStatus{src, m.Get("from_id"), m.Get("st")}, true
	case "num_ping_nodes":
		count, err := strconv.Atoi(m.Get("num_ping"))
		return PingCount{src, count}, err == nil && count >= 0
	case "you_are_dead":
		return YouAreDead{src}, true
	case "abort_giveup":
		return AbortGiveup{src}, true
	case "resource":
		return HeldResources{src, m.Get("isstable") == "1", m.Get("info")}, true
	}
	return nil, false
}
