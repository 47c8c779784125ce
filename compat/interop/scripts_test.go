package interop

import (
	"net"
	"regexp"
	"strings"
	"testing"

	"systole/compat/lab"
)

// alone makes a node of a cluster of one. (With a dead peer mach_down runs beside what asks for the
// node's own groups, and an original now and then loses the message of one of them; and but for
// auto_failback legacy a single original waits for a peer's word for ever.)
func alone(t *testing.T, f lab.Flavour, resources string, scripts ...string) *node {
	t.Helper()
	l := lab.Test(t)
	lan := lab.OK(l.Switch("lan"))(t)
	n := &node{t: t, ours: f == lab.Systole}
	n.Host = lab.OK(l.Host(lab.Spec{Name: activeName, Flavour: f, Ports: map[string]lab.Port{"eth0": lab.On(lan, activeAddr+"/28")},
		EtcHosts: activeAddr + " " + activeName + "\n"}))(t)
	for _, name := range append(scripts, "../websvc") {
		if err := n.Install("testdata/scripts/"+name, "/etc/ha.d/resource.d/"+strings.TrimPrefix(name, "../"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	n.write("ha.cf", strings.NewReplacer(" "+standbyName, "", "auto_failback on", "auto_failback legacy").Replace(goodHaCF)+"debugfile /var/log/ha-debug.log\ninitdead 3\n", 0o644)
	n.write("haresources", resources, 0o644)
	n.write("authkeys", goodKeys, 0o600)
	n.log = n.Tail("/var/log/ha.log")
	t.Cleanup(n.log.Stop)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s (%s):\n%s", n.Name, n.maker(), n.since(0))
		}
	})
	return n
}

// TestScripts has groups whose scripts fail, leave a daemon behind, and refuse to stop. Ours says
// of each what the original says, and the other groups do not suffer (failover spec 3).
func TestScripts(t *testing.T) {
	t.Parallel()
	groups := activeName + " failing::x websvc::x\n" + activeName + " daemonic::d websvc::d\n" + activeName + " stubborn::u websvc::u\n"
	for name, f := range map[string]lab.Flavour{"ours": lab.Systole, "original": lab.Originals} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := alone(t, f, groups, "failing", "daemonic", "stubborn")
			n.run("env", "HA_STOPRETRYMAX=1", "/etc/init.d/heartbeat", "start")
			n.says("start fails", n)
			n.says("leaves a daemon", n)
			patience.Until(t, "the last group runs", func() bool { return n.has("/run/websvc.u") })
			n.run("test", "-e", "/run/websvc.d")
			n.run("sh", "-c", "kill -0 $(cat /run/daemonic.d)")
			if n.has("/run/websvc.x") {
				t.Error("a group runs whose first resource could not be started")
			}

			n.mark = n.log.Len()
			n.stop()
			n.says("stop fails", n)
			if n.has("/run/websvc.u") || n.has("/run/websvc.d") || n.has("/run/daemonic.d") {
				t.Error("something of the groups still runs after the stop")
			}
		})
	}
}

func (n *node) has(path string) bool {
	_, err := n.ReadFile(path)
	return err == nil
}

// TestHangingScript has a start that never ends. The original waits for it without a word; ours
// says so, and goes on answering. Both end only when the script does (failover spec 19, 9).
func TestHangingScript(t *testing.T) {
	t.Parallel()
	n := alone(t, lab.Systole, activeName+" hanging::h websvc::h\n", "hanging")
	n.start()
	n.awaits(`info: Running /etc/ha\.d/resource\.d/hanging h start$`)
	if got := n.rscstatus(); got != "transition" {
		t.Errorf("rscstatus is %q while a script hangs", got)
	}
	n.awaits(`WARN: /etc/ha\.d/resource\.d/hanging h start still runs after 30s$`)
	if r := lab.OK(n.Run(patience.For(t), "cl_status", "hbstatus"))(t); r.Code != 0 {
		t.Errorf("cl_status hbstatus: exit code %d, %s", r.Code, r.Stdout)
	}
	stop := lab.OK(n.Start("service", "heartbeat", "stop"))(t)
	n.awaits(`WARN: Shutdown delayed until current resource activity finishes\.$`)
	n.run("sh", "-c", "kill $(cat /run/hanging.pid)")
	n.awaits(`ERROR: Return code \d+ from /etc/ha\.d/resource\.d/hanging$`)
	n.awaits(`CRIT: Giving up resources due to failure of hanging::h$`)
	if code := lab.OK(stop.Wait(patience.For(t)))(t); code != 0 {
		t.Errorf("the stop ends with %d", code)
	}
	n.awaits(`Heartbeat shutdown complete\.$`)
	n.leftNothing()
}

// TestCannotOpen starts ours where its medium cannot be opened. The original returns 0 to whoever
// started it and dies a moment later; ours fails with a message.
func TestCannotOpen(t *testing.T) {
	t.Parallel()
	n := alone(t, lab.Systole, activeName+" 121.254.175.70\n")
	refused := func(want string) {
		t.Helper()
		r := lab.OK(n.Run(patience.For(t), "/usr/libexec/heartbeat/heartbeat"))(t)
		if r.Code != 1 || !regexp.MustCompile(want).MatchString(r.Stderr) {
			t.Errorf("exit code %d, says %q, want %q", r.Code, r.Stderr, want)
		}
		if r := lab.OK(n.Run(patience.For(t), "pgrep", "-f", "[h]eartbeat: master"))(t); r.Stdout != "" {
			t.Errorf("runs: %s", r.Stdout)
		}
		if n.has("/run/heartbeat.pid") {
			t.Error("a pid file is left")
		}
	}
	var other net.PacketConn
	err := n.Do(func() (err error) {
		other, err = net.ListenPacket("udp4", ":694")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	refused(`(?m)^heartbeat: .*UDP port 694 of eth0: Address already in use`)
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	n.write("ha.cf", strings.Replace(goodHaCF, "eth0", "eth9", 1), 0o644)
	refused(`(?m)^heartbeat: .*eth9: No such device`)
	n.write("ha.cf", goodHaCF+"initdead 3\n", 0o644)
	n.start()
	n.awaits(`Local status now set to: 'up'$`)
	n.stop()
	n.leftNothing()
}
