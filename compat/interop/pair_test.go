package interop

import (
	"fmt"
	"io/fs"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"systole/compat/lab"
)

// setting is what the files of a pair say, and what its story may bring about.
type setting struct {
	failback string // of auto_failback; "" leaves the line out
	media    string // ucast if empty
	key      string // sha1 if empty
	ipfail   bool   // with a ping node
	groups   string // haresources of both; one group of lvsactive's if empty
	own      bool   // instead each node names itself
	logd     bool   // the logging daemon's file names the logs, ha.cf does not
	extra    string // more lines of ha.cf
	allowed  *regexp.Regexp
}

// role says who is who.
type role struct {
	name            string
	active, standby lab.Flavour
}

func roles() []role {
	return []role{
		{"ours active, original standby", lab.Systole, lab.Originals},
		{"original active, ours standby", lab.Originals, lab.Systole},
		{"ours both", lab.Systole, lab.Systole},
	}
}

const (
	activeName  = "lvsactive.gunnm.xyz"
	standbyName = "lvsstandby.gunnm.xyz"
	activeAddr  = "121.254.175.77"
	standbyAddr = "121.254.175.78"
	gatewayAddr = "121.254.175.65"
	wwwGroup    = activeName + " websvc::www IPaddr2::121.254.175.70/32/eth0\n"
	auxGroup    = standbyName + " websvc::aux IPaddr2::121.254.175.71/32/eth0\n"
)

// pair is two nodes and what a story knows of them.
type pair struct {
	*attempt
	set             setting
	lab             *lab.Lab
	active, standby *node
	lan             *lab.Switch
	gateway         *lab.Host // nil without ipfail
	www, aux        netip.Addr
	begun           time.Time // when the present step began
}

// eachRole tells a story with every pair, side by side.
func eachRole(t *testing.T, set setting, story func(p *pair)) {
	for _, r := range roles() {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			inRole(t, r, set, story)
		})
	}
}

func inRole(t *testing.T, r role, set setting, story func(p *pair)) {
	tell(t, func(a *attempt) {
		p := newPair(a, r, set)
		story(p)
		p.active.clean(set.allowed)
		p.standby.clean(set.allowed)
	})
}

func newPair(t *attempt, r role, set setting) *pair {
	p := &pair{attempt: t, set: set, lab: lab.Test(t), www: netip.MustParseAddr("121.254.175.70"), aux: netip.MustParseAddr("121.254.175.71")}
	p.lan = lab.OK(p.lab.Switch("lan"))(t)
	lan := p.lan
	if set.ipfail {
		p.gateway = lab.OK(p.lab.Host(lab.Spec{Name: "gateway", Ports: map[string]lab.Port{"eth0": lab.On(lan, gatewayAddr+"/28")}}))(t)
	}
	p.active = p.newNode(lan, activeName, activeAddr, standbyAddr, r.active)
	p.standby = p.newNode(lan, standbyName, standbyAddr, activeAddr, r.standby)
	t.Cleanup(func() {
		t.excused = p.active.lostOwn() || p.standby.lostOwn()
		if t.Failed() {
			t.Logf("%s (%s):\n%s", activeName, p.active.maker(), p.active.since(0))
			t.Logf("%s (%s):\n%s", standbyName, p.standby.maker(), p.standby.since(0))
		}
	})
	return p
}

func (p *pair) newNode(lan *lab.Switch, name, addr, peer string, f lab.Flavour) *node {
	p.Helper()
	n := &node{t: p.attempt, ours: f == lab.Systole}
	n.Host = lab.OK(p.lab.Host(lab.Spec{Name: name, Flavour: f, Ports: map[string]lab.Port{"eth0": lab.On(lan, addr+"/28")},
		EtcHosts: activeAddr + " " + activeName + "\n" + standbyAddr + " " + standbyName + "\n"}))(p.attempt)
	if err := n.Install("testdata/websvc", "/etc/ha.d/resource.d/websvc", 0o755); err != nil {
		p.Fatal(err)
	}
	n.write("ha.cf", p.set.haCF(peer), 0o644)
	n.write("haresources", p.set.haresources(name), 0o644)
	n.write("authkeys", p.set.authkeys(), 0o600)
	n.log = n.Tail("/var/log/ha.log")
	p.Cleanup(n.log.Stop)
	return n
}

func (n *node) write(name, text string, mode fs.FileMode) {
	n.t.Helper()
	lab.Must(n.t, n.WriteFile("/etc/ha.d/"+name, []byte(text), mode))
}

// logFiles are lines of ha.cf, and of logd.cf.
const logFiles = "debugfile /var/log/ha-debug.log\nlogfile /var/log/ha.log\n"

func (s setting) haCF(peer string) string {
	var b strings.Builder
	if s.logd {
		b.WriteString("use_logd yes\n")
	} else {
		b.WriteString(logFiles)
	}
	b.WriteString("keepalive 200ms\nwarntime 1\ndeadtime 2\ninitdead 10\nudpport 694\n")
	switch s.media {
	case "bcast":
		b.WriteString("bcast eth0\n")
	case "mcast":
		b.WriteString("mcast eth0 225.0.0.1 694 1 0\n")
	default:
		b.WriteString("ucast eth0 " + peer + "\n")
	}
	b.WriteString("node " + activeName + "\nnode " + standbyName + "\n")
	if s.failback != "" {
		b.WriteString("auto_failback " + s.failback + "\n")
	}
	if s.ipfail {
		b.WriteString("ping " + gatewayAddr + "\nrespawn hacluster /usr/libexec/heartbeat/ipfail\napiauth ipfail gid=haclient uid=hacluster\n")
	}
	return b.String() + s.extra
}

func (s setting) haresources(node string) string {
	switch {
	case s.own:
		return strings.Replace(wwwGroup, activeName, node, 1)
	case s.groups != "":
		return s.groups
	}
	return wwwGroup
}

func (s setting) authkeys() string {
	switch s.key {
	case "":
		return "auth 2\n2 sha1 gunnmlvs\n"
	case "crc":
		return "auth 1\n1 crc\n"
	case "two":
		return twoKeys(1)
	}
	return "auth 3\n3 " + s.key + " gunnm lvs\n"
}

// step begins something new: from here on the orders are looked for.
func (p *pair) step(what string) {
	p.Helper()
	p.active.mark, p.standby.mark = p.active.log.Len(), p.standby.log.Len()
	p.begun = time.Now()
	p.Logf("%s", what)
}

// startBoth is the cold start of both nodes at once.
func (p *pair) startBoth() {
	p.Helper()
	p.step("cold start of both")
	lab.StartHeartbeats(p.attempt, p.active.Host, p.standby.Host)
}

// at waits until the address is on the node and gone from the other one.
func (p *pair) at(vip netip.Addr, n *node) {
	p.Helper()
	came := lab.OK(n.AwaitAddr(patience.For(p.attempt), vip, true))(p.attempt)
	lab.OK(p.other(n).AwaitAddr(patience.For(p.attempt), vip, false))(p.attempt)
	if came.After(p.begun) {
		p.Logf("  %s is on %s (%s) after %.2f s", vip, n.Name, n.maker(), came.Sub(p.begun).Seconds())
	}
	p.oneHolder(vip, n)
}

func (p *pair) oneHolder(vip netip.Addr, n *node) {
	p.Helper()
	if have := p.lab.Holders(vip); len(have) != 1 || have[0] != n.Host {
		p.Errorf("%s is on %s, want it on %s alone", vip, hostNames(have), n.Name)
	}
}

func hostNames(hosts []*lab.Host) string {
	names := []string{}
	for _, h := range hosts {
		names = append(names, h.Name)
	}
	return fmt.Sprintf("%q", names)
}

func (p *pair) other(n *node) *node {
	if n == p.active {
		return p.standby
	}
	return p.active
}

// systole says whether both nodes are ours, and so behave better than an original pair.
func (p *pair) systole() bool { return p.active.ours && p.standby.ours }
