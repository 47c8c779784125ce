package decision

// Cause is what an occasion begins with.
type Cause string

// The causes.
const (
	Start    Cause = "start"
	Stop     Cause = "stop"
	Reload   Cause = "reload"
	PeerStop Cause = "peer stop"
	Crash    Cause = "crash"
	Return   Cause = "return"
	Link     Cause = "link"
	PingLoss Cause = "ping loss"
	Standby  Cause = "standby"
	Ipfail   Cause = "ipfail"
	Stall    Cause = "stall"
)

// cause is what is said about one: %s is the subject.
type cause struct {
	cause Cause
	title string
	rule  string
}

func causes() []cause {
	return []cause{
		{Start, "Heartbeat started on %s",
			"A node that starts waits until every other node has been heard or counts as dead. Then its own groups come to it, unless the other node holds them and auto_failback is off."},
		{Stop, "Heartbeat was told to stop on %s",
			"A node that stops gives up every group, tells the other node that it has, and ends. Between two Systole nodes the other one takes over first."},
		{Reload, "Heartbeat was told to reread its files on %s",
			"A changed ha.cf begins a new life that keeps the resources."},
		{PeerStop, "%s shut down",
			"A node that says shutdone has given up everything that it held: the other one takes its groups at once, without waiting for any dead time."},
		{Crash, "%s was silent for longer than its dead time",
			"A node is dead when no status of it came over any path for as long as it had announced as its dead time. Whoever is left takes the groups of the dead node."},
		{Return, "%s came back",
			"A node that returns says what it holds: nothing. With auto_failback on it gets its own groups back once both nodes are at rest; with off they stay where they are."},
		{Link, "The link %s died",
			"A link is dead when nothing came over it for the dead time of the node behind it. Nothing moves as long as another link to that node works."},
		{PingLoss, "The ping node %s stopped answering",
			"A dead ping node moves nothing by itself. ipfail compares how many ping nodes each node sees, and the one that sees fewer gives up."},
		{Standby, "%s asked to go standby",
			"On request, a node hands what it was told to the other one: the other agrees, the groups are released on one side and acquired on the other, and both say so."},
		{Ipfail, "Ipfail on %s asked to go standby, because the other node sees more ping nodes",
			"ipfail compares how many ping nodes each node sees; the one that sees fewer asks to hand over everything."},
		{Stall, "%s stood still",
			"A node whose own clock stood still gives the others as much time as it could not have heard them: nobody is declared dead for that."},
	}
}

func (c Cause) words() cause {
	for _, row := range causes() {
		if row.cause == c {
			return row
		}
	}
	return cause{cause: c, title: string(c) + " of %s"}
}
