package clients

import (
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"systole/compat/lab"
)

const (
	activeName  = "lvsactive.gunnm.xyz"
	standbyName = "lvsstandby.gunnm.xyz"
	activeAddr  = "121.254.175.77"
	standbyAddr = "121.254.175.78"
	gatewayAddr = "121.254.175.65"
	etcHosts    = activeAddr + " " + activeName + "\n" + standbyAddr + " " + standbyName + "\n"
)

// Where the programs of both makers lie on every host.
const (
	originalDir = "/opt/original"
	oursDir     = "/opt/ours"
)

// daemon says whose daemon runs.
type daemon bool

const (
	original daemon = false
	ours     daemon = true
)

func (d daemon) String() string { return map[daemon]string{ours: "ours", original: "original"}[d] }

// layers are what lies over Debian's package on a host, topmost first.
func (d daemon) layers(t *testing.T) []string {
	t.Helper()
	layers := []string{bothPrograms(t)}
	if d == ours {
		layers = append(layers, lab.OK(lab.EnsureInstalled(t.Context()))(t))
	}
	return layers
}

// bothPrograms lays out the clients of both makers side by side.
func bothPrograms(t *testing.T) string {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	roots := lab.OK(lab.EnsureRoot(t.Context()))(t)
	installed := lab.OK(lab.EnsureInstalled(t.Context()))(t)
	dir := t.TempDir()
	for from, to := range map[string]string{roots.Originals: originalDir, installed: oursDir} {
		for _, program := range []string{"usr/bin/cl_status", "usr/libexec/heartbeat/ipfail"} {
			text := lab.OK(os.ReadFile(filepath.Join(from, program)))(t)
			path := filepath.Join(dir, to, filepath.Base(program))
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, text, 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// excused is a test in which an original may lose a message of its own scripts.
type excused struct {
	*testing.T
	logs func() string
}

func (e excused) Fatalf(format string, args ...any) {
	e.Helper()
	if lab.LostOwn(e.logs()) {
		e.Skipf("the original lost a message of its own scripts: "+format, args...)
	}
	e.T.Fatalf(format, args...)
}

// pair is two nodes with the same daemon, and a gateway to ping.
type pair struct {
	t               excused
	made            daemon
	lab             *lab.Lab
	active, standby *node
	gateway         *lab.Host
}

// vip is the address that belongs to the active node.
func vip() netip.Addr { return netip.MustParseAddr("121.254.175.70") }

// node is one of a pair.
type node struct {
	*lab.Host
	t   excused
	log *lab.Tail
}

// newPair makes two nodes that are not started. extra is added to both ha.cf.
func newPair(t *testing.T, d daemon, extra string) *pair {
	t.Helper()
	layers := d.layers(t)
	p := &pair{made: d, lab: lab.Test(t)}
	p.t = excused{t, func() string { return p.active.originalLines(d) + p.standby.originalLines(d) }}
	lan := lab.OK(p.lab.Switch("lan"))(t)
	p.gateway = lab.OK(p.lab.Host(lab.Spec{Name: "gateway", Ports: map[string]lab.Port{"eth0": lab.On(lan, gatewayAddr+"/28")}}))(t)
	for at, n := range map[**node]struct{ name, addr, peer string }{
		&p.active: {activeName, activeAddr, standbyAddr}, &p.standby: {standbyName, standbyAddr, activeAddr},
	} {
		*at = newNode(t, p.lab, lab.Spec{Name: n.name, Layers: layers, Ports: map[string]lab.Port{"eth0": lab.On(lan, n.addr+"/28")}})
		(*at).t = p.t
		(*at).write("ha.cf", haCF(n.peer)+extra, 0o644)
		(*at).write("haresources", activeName+" IPaddr2::"+vip().String()+"/28/eth0\n", 0o644)
		(*at).write("authkeys", "auth 1\n1 sha1 gunnmlvs\n", 0o600)
	}
	return p
}

// newNode boots Debian's package with layers over it. cl_status has its group's rights, as a
// package or an installer on the machine itself gives them.
func newNode(t *testing.T, l *lab.Lab, s lab.Spec) *node {
	t.Helper()
	s.Flavour, s.EtcHosts, s.Gateway = lab.Originals, etcHosts, netip.MustParseAddr(gatewayAddr)
	n := &node{t: excused{t, func() string { return "" }}, Host: lab.OK(l.Host(s))(t)}
	n.run("sh", "-c", "for f in /usr/bin/cl_status /opt/*/cl_status; do chgrp haclient $f && chmod 2555 $f; done")
	n.log = n.Tail("/var/log/ha.log")
	t.Cleanup(n.log.Stop)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s:\n%s", n.Name, n.allLines())
		}
	})
	return n
}

func haCF(peer string) string {
	return "logfile /var/log/ha.log\ndebugfile /var/log/ha-debug.log\nkeepalive 200ms\ndeadtime 2\nwarntime 1\ninitdead 10\ndeadping 2\n" +
		"ucast eth0 " + peer + "\nnode " + activeName + " " + standbyName + "\nping " + gatewayAddr + "\nauto_failback on\n"
}

func (n *node) write(name, text string, mode fs.FileMode) {
	n.t.Helper()
	lab.Must(n.t, n.WriteFile("/etc/ha.d/"+name, []byte(text), mode))
}

// run is a command that must succeed.
func (n *node) run(argv ...string) string {
	n.t.Helper()
	return lab.OK(n.Check(patience.For(n.t), argv...))(n.t)
}

func (n *node) awaits(re string) {
	n.t.Helper()
	if _, err := n.log.AwaitLog(patience.For(n.t), re); err != nil {
		n.t.Fatalf("%s: no line %q: %v", n.Name, re, err)
	}
}

func (n *node) allLines() string {
	var b strings.Builder
	for _, l := range n.log.All() {
		b.WriteString(l.Text + "\n")
	}
	return b.String()
}

// originalLines is the log of an original.
func (n *node) originalLines(d daemon) string {
	if n == nil || d == ours {
		return ""
	}
	return n.allLines()
}

// start starts both nodes at once and waits until each holds its own resources.
func (p *pair) start() {
	p.t.Helper()
	lab.StartHeartbeats(p.t, p.active.Host, p.standby.Host)
	if p.t.Failed() {
		p.t.FailNow()
	}
	for _, n := range []*node{p.active, p.standby} {
		n.holds("local")
	}
	p.at(p.active)
}

// holds waits until the node says that it is responsible for what.
func (n *node) holds(what string) {
	n.t.Helper()
	patience.Until(n.t, n.Name+" holds "+what, func() bool {
		return lab.OK(n.Run(patience.For(n.t), "cl_status", "rscstatus"))(n.t).Stdout == what+"\n"
	})
}

// at waits until the address is on the node and nowhere else.
func (p *pair) at(n *node) {
	p.t.Helper()
	lab.OK(n.AwaitAddr(patience.For(p.t), vip(), true))(p.t)
	other := p.active
	if n == p.active {
		other = p.standby
	}
	lab.OK(other.AwaitAddr(patience.For(p.t), vip(), false))(p.t)
}
