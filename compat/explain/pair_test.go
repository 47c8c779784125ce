package explain

import (
	"strings"
	"testing"

	"systole/compat/lab"
	"systole/pkg/decision"
)

const (
	first   = "node1"
	second  = "node2"
	gateway = "192.0.2.254"
)

// pair is two hosts with the same groups, and the gateway that both can ping.
type pair struct {
	*testing.T
	lab     *lab.Lab
	gateway *lab.Host
	a, b    *node
}

// node is one of the pair.
type node struct {
	*lab.Host
	t    *testing.T
	peer string
}

// setting is what differs between stories.
type setting struct {
	failback string // off if empty
	ipfail   bool
	alone    bool // the other node is never started
}

// groups: one of each node, so that local, foreign and all differ.
const groups = "node1 websvc::www IPaddr2::192.0.2.10/24/eth0\nnode2 websvc::aux\n"

// newPair makes the hosts; nothing runs on them yet.
func newPair(t *testing.T, s setting) *pair {
	t.Helper()
	t.Parallel()
	p := &pair{T: t, lab: lab.Test(t)}
	lan, cross := lab.OK(p.lab.Switch("lan"))(t), lab.OK(p.lab.Switch("cross"))(t)
	if s.ipfail {
		p.gateway = lab.OK(p.lab.Host(lab.Spec{Name: "gateway", Ports: map[string]lab.Port{"eth0": lab.On(lan, gateway+"/24")}}))(t)
	}
	p.a = p.newNode(s, first, second, lab.On(lan, "192.0.2.1/24"), lab.On(cross, "198.51.100.1/24"), "192.0.2.2", "198.51.100.2")
	p.b = p.newNode(s, second, first, lab.On(lan, "192.0.2.2/24"), lab.On(cross, "198.51.100.2/24"), "192.0.2.1", "198.51.100.1")
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s:\n%s\n%s:\n%s", first, p.a.log(), second, p.b.log())
		}
	})
	return p
}

func (p *pair) newNode(s setting, name, peer string, lan, cross lab.Port, overLan, overCross string) *node {
	p.Helper()
	n := &node{t: p.T, peer: peer}
	n.Host = lab.OK(p.lab.Host(lab.Spec{Name: name, Flavour: lab.Systole, Ports: map[string]lab.Port{"eth0": lan, "eth1": cross}}))(p.T)
	n.write("ha.cf", s.haCF(overLan, overCross))
	n.write("haresources", groups)
	n.write("authkeys", "auth 1\n1 sha1 AKeyOfThisTestAlone\n")
	if err := n.Install("testdata/websvc", "/etc/ha.d/resource.d/websvc", 0o755); err != nil {
		p.Fatal(err)
	}
	return n
}

func (s setting) haCF(overLan, overCross string) string {
	text := "logfile /var/log/ha.log\nkeepalive 200ms\nwarntime 1\ndeadtime 2\ninitdead 10\n" +
		"ucast eth0 " + overLan + "\nucast eth1 " + overCross + "\nnode node1 node2\n"
	if s.alone {
		text = strings.Replace(text, "initdead 10", "initdead 2", 1)
	}
	if s.ipfail {
		text += "ping " + gateway + "\ndeadping 2\nrespawn hacluster /usr/libexec/heartbeat/ipfail\napiauth ipfail gid=haclient uid=hacluster\n"
	}
	if s.failback == "" {
		return text + "auto_failback off\n"
	}
	return text + "auto_failback " + s.failback + "\n"
}

func (n *node) write(file, text string) {
	n.t.Helper()
	lab.Must(n.t, n.WriteFile("/etc/ha.d/"+file, []byte(text), 0o600))
}

// run is a command that must succeed.
func (n *node) run(argv ...string) string {
	n.t.Helper()
	return lab.OK(n.Check(patience.For(n.t), argv...))(n.t)
}

func (n *node) tool(name string, args ...string) {
	n.t.Helper()
	n.run(append([]string{"/usr/share/heartbeat/" + name}, args...)...)
}

// signal sends a signal to the daemon.
func (n *node) signal(name string) {
	n.t.Helper()
	n.run("sh", "-c", "kill -"+name+" $(cat /run/heartbeat.pid)")
}

func (n *node) start() {
	n.t.Helper()
	n.run("service", "heartbeat", "start")
}

// reboot brings a node back that lost power.
func (n *node) reboot() {
	n.t.Helper()
	if err := n.Restart(); err != nil {
		n.t.Fatal(err)
	}
	n.start()
}

// holds waits until a node says that it holds what, with nothing in motion.
func (n *node) holds(what string) {
	n.t.Helper()
	said := ""
	if !patience.Within(n.t, func() bool {
		said = strings.TrimSpace(lab.OK(n.Run(patience.For(n.t), "cl_status", "rscstatus"))(n.t).Stdout)
		return said == what
	}) {
		n.t.Fatalf("%s holds %q, not %q", n.Name, said, what)
	}
}

// startBoth brings the pair to rest: each node holds its own group, and has told its start.
func (p *pair) startBoth() {
	p.Helper()
	p.a.start()
	p.b.start()
	for _, n := range []*node{p.a, p.b} {
		n.holds("local")
		n.last(decision.Occasion{Cause: decision.Start})
	}
}

func (n *node) log() string {
	text, _ := n.ReadFile("/var/log/ha.log")
	return string(text)
}
