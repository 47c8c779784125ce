package clients

import (
	"flag"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"systole/compat/lab"
)

var (
	hostileTime = flag.Duration("hostile", 0, "how long hostile clients attack a node of a pair; 0: not at all")
	hostileSeed = flag.Uint64("hostile-seed", 1, "what hostile clients do follows from this")
)

// maxResident bounds the daemon's resident memory in kB while it is attacked.
const maxResident = 128 << 10

// TestHostileClients lets hostile clients loose on the active node of a pair. They are root, who
// may do everything that a client may. With a warntime of one and a half keepalives the peer says
// so if a heartbeat is late by more than half of one. They are nice, because it is not the machine
// that is to be tested; and nothing else runs meanwhile: make test runs it alone.
func TestHostileClients(t *testing.T) {
	if *hostileTime == 0 {
		t.Skip("needs a machine that does nothing else: run it with -hostile=1m and no other package")
	}
	p := newPair(t, ours, "apiauth default uid=root\nkeepalive 1\nwarntime 1500ms\ndeadtime 10\ndeadping 10\ninitdead 20\n")
	p.start()
	attack := lab.OK(p.active.Start("nice", "-n", "19", lab.Self, "lab:hostile", strconv.FormatUint(*hostileSeed, 10), strconv.Itoa(int(hostileTime.Seconds()))))(t)
	if _, err := attack.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Logf("%s%s", attack.Stdout(), attack.Stderr())
	for _, line := range strings.Split(strings.TrimSpace(attack.Stdout()), "\n") {
		if strings.HasSuffix(line, ": 0 connections") {
			t.Errorf("an attack came to nothing: %s", line)
		}
	}
	for _, n := range []*node{p.active, p.standby} {
		n.holds("local")
		n.staysCalm()
		t.Logf("%s: at most %d kB", n.Name, n.resident())
		if have := n.resident(); have > maxResident {
			t.Errorf("%s: the daemon had %d kB", n.Name, have)
		}
	}
	p.at(p.active)
	p.saysFinally("active\n", "nodestatus", standbyName)
}

// staysCalm looks for what must not happen to a node because of a client.
func (n *node) staysCalm() {
	n.t.Helper()
	bad := regexp.MustCompile(`Late heartbeat|is dead|lost packet|missing from|panic|Gave up|Heartbeat restart|returning after partition`)
	for _, l := range n.log.All() {
		if bad.MatchString(l.Text) {
			n.t.Errorf("%s: %s", n.Name, l.Text)
		}
	}
}

// resident is the most memory in kB that the daemon has had.
func (n *node) resident() int {
	n.t.Helper()
	text := n.run("sh", "-c", `grep VmHWM /proc/$(($(cat /run/heartbeat.pid)))/status`)
	kb, err := strconv.Atoi(strings.Fields(text)[1])
	if err != nil {
		n.t.Fatal(err)
	}
	return kb
}
