package decision

import (
	"fmt"
	"strings"
)

// Cause is what an occasion begins with.
type Cause string

// The causes.
const (
	Start     Cause = "start"
	Stop      Cause = "stop"
	Reload    Cause = "reload"
	PeerStop  Cause = "peer stop"
	Death     Cause = "death" // by silence: a crash, a power cut, a cut link or a stall look alike
	Return    Cause = "return"
	Partition Cause = "partition"
	Link      Cause = "link"
	PingLoss  Cause = "ping loss"
	Standby   Cause = "standby"
	Takeover  Cause = "takeover"
	Failback  Cause = "failback"
	Failure   Cause = "failed start"
	Ipfail    Cause = "ipfail"
	Stall     Cause = "stall"
)

// Occasion is one cause with what it is about.
type Occasion struct {
	Cause   Cause  `json:"cause"`
	Subject string `json:"subject"`          // the node, link or ping node that the cause is about
	Detail  string `json:"detail,omitempty"` // which groups were asked for, what failed, how long it stood
}

// Title says it in a line.
func (o Occasion) Title() string {
	words := o.Cause.words()
	title := fmt.Sprintf(words.title, o.Subject)
	if o.Detail != "" && words.detail != "" && !words.apart() {
		title += fmt.Sprintf(words.detail, o.Detail)
	}
	return title
}

// more is what the title leaves out, as a sentence; "" if there is nothing.
func (o Occasion) more() string {
	words := o.Cause.words()
	if o.Detail == "" || !words.apart() {
		return ""
	}
	return fmt.Sprintf(words.detail, o.Detail)
}

// rank orders causes: a record is named after the strongest of those that come while it is open.
type rank uint8

const (
	sign  rank = iota // something was seen; alone it moves nothing
	turn              // a node came or went
	order             // somebody asked for a move
)

// cause is what is said about one: %s is the subject, or the detail.
type cause struct {
	cause  Cause
	rank   rank
	title  string
	detail string  // behind the title, or a sentence of its own if it ends as one
	after  []Cause // what it may be the consequence of
	rule   string
}

// apart says whether the detail is a sentence of its own.
func (c *cause) apart() bool { return strings.HasSuffix(c.detail, ".") }

func causes() []cause {
	return []cause{
		{Start, turn, "Heartbeat started on %s", "", nil,
			"A node that starts waits until every other node has been heard or counts as dead. Then its own groups come to it, unless the other node holds them and auto_failback is off."},
		{Stop, order, "Heartbeat was told to stop on %s", "", nil,
			"A node that stops gives up every group, tells the other node that it has, and ends. Between two Systole nodes the other one takes over first."},
		{Reload, order, "Heartbeat was told to reread its files on %s", "", nil,
			"A changed ha.cf begins a new life that keeps the resources."},
		{PeerStop, turn, "%s shut down", "", nil,
			"A node that says shutdone has given up everything that it held: the other one takes its groups without waiting for any dead time. A Systole node starts them as soon as it hears of the shutdown."},
		{Death, turn, "%s was silent for longer than its dead time", "", []Cause{Link},
			"A node is dead when no status of it came over any path for as long as it had announced as its dead time. Whoever is left takes the groups of the dead node."},
		{Return, sign, "%s came back after a restart", "", []Cause{Death, PeerStop},
			"A node that returns says what it holds: nothing. With auto_failback on it gets its own groups back once both nodes are at rest; with off they stay where they are."},
		{Partition, sign, "%s was heard again and had never stopped", "", []Cause{Death},
			"After a partition both nodes may hold the same groups. Who took them from a node that it believed dead gives them up; nobody restarts. Beside an original both nodes restart."},
		{Link, sign, "The link %s died", "", nil,
			"A link is dead when nothing came over it for the dead time of the node behind it. Nothing moves as long as another link to that node works."},
		{PingLoss, sign, "The ping node %s stopped answering", "", nil,
			"A dead ping node moves nothing by itself. ipfail compares how many ping nodes each node sees, and the one that sees fewer gives up."},
		{Standby, order, "%s asked to go standby", "It asked to hand over %s, as it sees it.", []Cause{Takeover},
			"On request (hb_standby, or a client), a node hands what it was told to the other one: the other agrees, the groups are released on one side and acquired on the other, and both say so."},
		{Takeover, order, "%s was told to take over", "It asked for %s, as it sees it.", nil,
			"hb_takeover has the other node go standby with what is asked for: the groups move as with hb_standby there."},
		{Failback, order, "%s gives back the groups of the other node, because auto_failback is on", "", []Cause{Return, Partition, Start, PeerStop, Death},
			"With auto_failback on, a node that took groups when the other one went returns them once the other one is back and both are at rest."},
		{Failure, order, "A resource failed to start on %s", ": %s", nil, // that in which the start failed
			"A group of which a resource cannot be started is given up whole, and half a minute later the node asks the other one to take it."},
		{Ipfail, order, "Ipfail on %s asked to go standby", "", []Cause{PingLoss},
			"ipfail compares how many ping nodes each node sees; the one that sees fewer asks to hand over everything. When they see equally many again and auto_failback is on, the one that took it gives it back."},
		{Stall, sign, "%s stood still", " for %s", []Cause{Death},
			"A node that stood still for longer than its dead time is taken for dead, and its groups are taken. It gives the others as much time as it could not have heard them, and keeps what it holds: who took its groups gives them up."},
	}
}

// Causes are all of them.
func Causes() (all []Cause) {
	for _, row := range causes() {
		all = append(all, row.cause)
	}
	return all
}

func (c Cause) words() cause {
	for _, row := range causes() {
		if row.cause == c {
			return row
		}
	}
	return cause{cause: c, title: string(c) + " of %s"}
}

// Known says whether a word is one of the causes.
func (c Cause) Known() bool { return c.words().rule != "" }
