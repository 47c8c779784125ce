package interop

import (
	"strings"
	"time"

	"systole/compat/lab"
)

// node is one of the pair.
type node struct {
	*lab.Host
	t    tester
	ours bool
	log  *lab.Tail
	mark int // lines of the log before the present step

	died []span // lines that a host wrote while its power was failing
}

// span is some lines of a log, the last one not included.
type span struct{ from, to int }

// run is a command that must succeed.
func (n *node) run(argv ...string) string {
	n.t.Helper()
	return lab.OK(n.Check(patience.For(n.t), argv...))(n.t)
}

func (n *node) start() {
	n.t.Helper()
	n.run("service", "heartbeat", "start")
}

// stop returns when the init script does; the daemon is gone then.
func (n *node) stop() {
	n.t.Helper()
	n.run("service", "heartbeat", "stop")
	if r := lab.OK(n.Sh(patience.For(n.t), "pgrep -x heartbeat; pgrep -f '[h]eartbeat: '; pgrep -x ipfail"))(n.t); r.Stdout != "" {
		n.t.Errorf("%s: after the stop runs still %q", n.Name, r.Stdout)
	}
}

// crash cuts the power. The network is dead a moment before the processes are: what they say about
// that is forgotten when the host comes back.
func (n *node) crash() {
	n.t.Helper()
	n.died = append(n.died, span{from: n.log.Len(), to: 1 << 30})
	n.Kill()
}

// reboot brings a node back that lost power, and starts its daemon.
func (n *node) reboot() {
	n.t.Helper()
	n.died[len(n.died)-1].to = n.log.Len()
	if err := n.Restart(); err != nil {
		n.t.Fatal(err)
	}
	n.start()
}

// tool runs one of the commands of /usr/share/heartbeat.
func (n *node) tool(name string, args ...string) {
	n.t.Helper()
	n.run(append([]string{"/usr/share/heartbeat/" + name}, args...)...)
}

// holds waits until the node says that it is responsible for what, and that nothing is in motion.
func (n *node) holds(what string) {
	n.t.Helper()
	patience.Until(n.t, n.Name+" holds "+what, func() bool { return n.rscstatus() == what })
}

// rests waits until nothing is in motion on the node.
func (n *node) rests() {
	n.t.Helper()
	patience.Until(n.t, n.Name+" is at rest", func() bool {
		now := n.rscstatus()
		return now != "transition" && now != ""
	})
}

func (n *node) rscstatus() string {
	n.t.Helper()
	return strings.TrimSpace(lab.OK(n.Run(patience.For(n.t), "cl_status", "rscstatus"))(n.t).Stdout)
}

// says waits for the lines of an order (see orders_test.go), from the present step's mark on.
func (n *node) says(order string, peer *node) {
	n.t.Helper()
	at := n.mark
	for _, line := range orderOf(n.t, order, n.Name, peer.Name) {
		next := at
		_, err := n.log.AwaitFrom(patience.For(n.t), at, func(l lab.Line) bool {
			next++
			return line.MatchString(l.Text)
		})
		if err != nil {
			n.t.Errorf("%s, %q: no line %q after\n%s", n.Name, order, line, n.since(at-1))
			return
		}
		at = next
	}
}

// awaits waits for one line from the present step's mark on and returns it.
func (n *node) awaits(re string) lab.Line {
	n.t.Helper()
	line, err := n.log.AwaitLogFrom(patience.For(n.t), n.mark, re)
	if err != nil {
		n.t.Fatalf("%s: %v: no line %q among\n%s", n.Name, err, re, n.since(n.mark))
	}
	return line
}

// since is the log from a line on.
func (n *node) since(mark int) string {
	var b strings.Builder
	for i, l := range n.log.All() {
		if i >= mark {
			b.WriteString(l.At.Format(time.StampMilli) + " | " + l.Text + "\n")
		}
	}
	return b.String()
}
