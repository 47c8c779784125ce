package clients

import (
	"regexp"
	"strings"
	"testing"

	"systole/compat/lab"
)

// The clients of the original that ours has no counterpart of, at our daemons.

const libexec = "/usr/libexec/heartbeat/"

// TestAPITest runs api_test on both nodes: it walks through the whole API and then exchanges
// messages for ever. Against the original's slow daemon it usually fails half way (tools spec 11.3).
func TestAPITest(t *testing.T) {
	t.Parallel()
	p := newPair(t, ours, "apiauth ping uid=root\n")
	p.start()
	p.saysFinally("ping\n", "nodestatus", gatewayAddr)
	started := map[*node]*lab.Process{}
	for _, n := range []*node{p.active, p.standby} {
		started[n] = lab.OK(n.Start(libexec + "api_test"))(t)
	}
	found := 0 // who began later finds the other one's api_test
	for n, proc := range started {
		patience.Until(t, n.Name+": api_test has heard both nodes' pings and their answers", func() bool { return heardAll(proc.Stderr()) })
		checkWalk(t, n, proc.Stderr())
		peer := map[*node]string{p.active: standbyName, p.standby: activeName}[n]
		found += strings.Count(proc.Stderr(), peer+"/api_test status: [online]")
	}
	if found == 0 {
		t.Error("neither api_test finds the other")
	}
	for n, proc := range started {
		if err := proc.Signal(15); err != nil {
			t.Fatal(err)
		}
		if _, err := proc.Wait(patience.For(t)); err != nil {
			t.Errorf("%s: %v", n.Name, err)
		}
	}
}

// heardAll says whether api_test has got a ping of each node and the ten answers of each to its own.
func heardAll(text string) bool {
	for _, name := range []string{activeName, standbyName} {
		if strings.Count(text, "of type [ping] from ["+name+"]") < 1 || strings.Count(text, "of type [pingreply] from ["+name+"]") < 10 {
			return false
		}
	}
	return true
}

// checkWalk looks at what api_test found out. The parameter it misses has not been there since
// heartbeat 1.
func checkWalk(t *testing.T, n *node, text string) {
	t.Helper()
	for _, part := range []string{
		"Parameter keepalive is [200ms]", "Parameter deadping is [2]", "Parameter auto_failback is [on]", "Optional Parameter logfile is [/var/log/ha.log]",
		"Current resource status: local", "Cluster node: " + gatewayAddr + ": status: ping",
		"node " + gatewayAddr + ": intf: " + gatewayAddr + " ifstatus: up", gatewayAddr + "/api_test status: [offline]",
		"Cluster node: " + activeName + ": status: active", "Cluster node: " + standbyName + ": status: active",
		n.Name + "/api_test status: [online]",
		"Sent ping request to cluster", "Waiting for messages...", "Client " + n.Name + "/ping now has status [join]",
	} {
		if !strings.Contains(text, part) {
			t.Errorf("%s: api_test does not say %q", n.Name, part)
		}
	}
	for _, line := range regexp.MustCompile(`(?m)^.*\b(?:ERROR|CRIT): .*$`).FindAllString(text, -1) {
		if !strings.HasSuffix(line, "Mandantory Parameter normalpoll is not available!") {
			t.Errorf("%s: api_test complains: %s", n.Name, line)
		}
	}
}

// TestCCM has the membership daemon as respawn client of both nodes: it finds two members, and one
// when the other node is gone.
func TestCCM(t *testing.T) {
	t.Parallel()
	p := newPair(t, ours, respawn(libexec+"ccm"))
	p.start()
	// It says nothing ever if there is no ccm to talk to when it starts.
	patience.Until(t, "ccm listens", func() bool {
		return lab.OK(p.active.Run(patience.For(t), "grep", "-q", "/ccm/ccm$", "/proc/net/unix"))(t).Code == 0
	})
	watch := lab.OK(p.active.Start(libexec + "ccm_testclient"))(t)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the membership as told:\n%s%s", watch.Stderr(), watch.Stdout())
		}
	})
	members := func(names ...string) bool {
		events := strings.Split(watch.Stderr()+watch.Stdout(), "event=")
		last, _, _ := strings.Cut(events[len(events)-1], "MY NODE IS")
		for _, name := range []string{activeName, standbyName} {
			want := strings.Contains(strings.Join(names, " "), name)
			if strings.Contains(last, "uname="+name+",") != want {
				return false
			}
		}
		return strings.Contains(last, "NODES IN THE PRIMARY MEMBERSHIP")
	}
	patience.Until(t, "two members", func() bool { return members(activeName, standbyName) })
	p.standby.Kill()
	patience.Until(t, "one member", func() bool { return members(activeName) })
	if err := p.standby.Restart(); err != nil {
		t.Fatal(err)
	}
	p.standby.run("service", "heartbeat", "start")
	patience.Until(t, "two members again", func() bool { return members(activeName, standbyName) })
}

// TestDopd has DRBD's daemon as respawn client: it signs on, opens its socket and answers that no
// DRBD is there. The original's dopd dies of a question now and then and is started again.
func TestDopd(t *testing.T) {
	t.Parallel()
	p := newPair(t, ours, "apiauth dopd gid=haclient uid=hacluster\n"+respawn(libexec+"dopd"))
	p.start()
	p.saysFinally("online\n", "clientstatus", activeName, "dopd")
	p.saysFinally("online\n", "clientstatus", standbyName, "dopd", "4000")
	for _, n := range []*node{p.active, p.standby} {
		n.run("test", "-S", "/run/heartbeat/dopd/outdater")
	}
	// 20: the peer could not be reached, or has no DRBD.
	r := lab.OK(p.active.Run(patience.For(t), libexec+"drbd-peer-outdater", "-p", standbyName, "-r", "r0", "-t", "2"))(t)
	if r.Code != 20 {
		t.Errorf("drbd-peer-outdater: %+v", r)
	}
	p.active.awaits("dopd: .*sending start_outdate message to the other node " + activeName + " -> " + standbyName)
	p.saysFinally("online\n", "clientstatus", activeName, "dopd")
}
