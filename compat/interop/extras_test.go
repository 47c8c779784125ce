package interop

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"systole/compat/lab"
)

// The rarer directives of ha.cf, on both nodes of a pair.

// TestStonith has a device that resets dead nodes: the takeover waits for it (failover spec 10.8).
func TestStonith(t *testing.T) {
	t.Parallel()
	set := setting{failback: "on", extra: "stonith_host * null " + activeName + " " + standbyName + "\n"}
	eachRole(t, set, func(p *pair) {
		p.startBoth()
		p.at(p.www, p.active)
		p.joined()
		p.step("crash of the holder")
		p.active.crash()
		p.at(p.www, p.standby)
		p.standby.says("take after reset", p.active)
		p.step("return of the owner")
		p.active.reboot()
		p.at(p.www, p.active)
		p.joined()
		p.stopBoth()
	})
}

// TestLogd names the logs in logd.cf alone. Beside an original ha_logd runs, which writes them; ours writes
// them itself, and so do the scripts that it runs.
func TestLogd(t *testing.T) {
	t.Parallel()
	eachRole(t, setting{failback: "on", logd: true}, func(p *pair) {
		for _, n := range []*node{p.active, p.standby} {
			lab.OK(0, n.WriteFile("/etc/logd.cf", []byte(logFiles), 0o644))(p.attempt)
			if !n.ours {
				n.run("/usr/lib/heartbeat/ha_logd", "-d")
			}
		}
		p.startBoth()
		p.at(p.www, p.active)
		p.joined()
		p.active.awaits(`heartbeat: \[\d+\]: info: (Local|Initial) [Rr]esource acquisition complete`)
		p.active.awaits(`ResourceManager\(default\).*Acquiring resource group`)
		p.stopBoth()
		p.active.awaits("Heartbeat shutdown complete")
	})
}

// TestForms has what is too long compressed as a whole, by either method: each node gets what a
// script of the other one sends, short or long. Ours writes messages without the inner signature; an
// original that is told so loses those of its own scripts (wire spec 1.6).
func TestForms(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"zlib", "bz2"} {
		for _, r := range roles()[:2] {
			t.Run(method+", "+r.name, func(t *testing.T) {
				t.Parallel()
				extra := "compression " + method + "\ncompression_threshold 1\ntraditional_compression yes\n"
				inRole(t, r, setting{failback: "on", extra: extra}, exchangeLetters)
			})
		}
	}
}

// postman is a script of rc.d: it writes down from whom a message came and how long its texts are.
const postman = `#!/bin/sh
echo "$HA_src $HA_number $(env | sed -n 's/^HA_text[0-9]*=//p' | tr -d '\n' | wc -c)" >>/var/log/letters
`

func exchangeLetters(p *pair) {
	logs := map[*node]*lab.Tail{}
	for _, n := range []*node{p.active, p.standby} {
		lab.OK(0, n.WriteFile("/etc/ha.d/rc.d/letter", []byte(postman), 0o755))(p.attempt)
		if n.ours {
			n.run("sh", "-c", "echo 'msgfmt netstring' >>/etc/ha.d/ha.cf")
		}
		logs[n] = n.Tail("/var/log/letters")
		defer logs[n].Stop()
	}
	p.startBoth()
	p.at(p.www, p.active)
	p.joined()
	for i, texts := range []int{0, 1, 3, 50} {
		for _, from := range []*node{p.active, p.standby} {
			p.step(fmt.Sprintf("%s sends %d texts", from.maker(), texts))
			from.letter(i, texts)
			want := fmt.Sprintf("%s %d %d", from.Name, i, texts*textLength)
			for _, to := range logs {
				lab.OK(to.Await(patience.For(p.attempt), func(l lab.Line) bool { return strings.TrimSpace(l.Text) == want }))(p.attempt)
			}
		}
	}
	p.stopBoth()
}

// textLength is that of a text in a letter: an original cuts lines of its FIFO at 511 bytes.
const textLength = 400

// letter has a script of the node send a message with some texts, through the FIFO.
func (n *node) letter(number, texts int) {
	n.t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, ">>>\nt=letter\nnumber=%d\n", number)
	for i := range texts {
		var text strings.Builder // compressible, but not to nothing
		for j := 0; text.Len() < textLength; j++ {
			fmt.Fprintf(&text, "%d.", i*7919+j*104729)
		}
		fmt.Fprintf(&b, "text%d=%s\n", i, text.String()[:textLength])
	}
	b.WriteString("<<<\n")
	n.write("letter", b.String(), 0o644)
	n.run("dd", "bs=65536", "if=/etc/ha.d/letter", "of=/var/lib/heartbeat/fifo", "status=none")
}

// TestPingGroup is TestPing with a group of which one member is enough.
func TestPingGroup(t *testing.T) {
	t.Parallel()
	set := setting{failback: "off", extra: "ping_group gateways " + gatewayAddr + " 121.254.175.66\ndeadping 2\n" +
		"respawn hacluster /usr/libexec/heartbeat/ipfail\napiauth ipfail gid=haclient uid=hacluster\n",
		allowed: regexp.MustCompile(`CRIT: Late heartbeat: Node gateways: |lost packet|No pkts missing`)}
	eachRole(t, set, func(p *pair) {
		p.gateway = lab.OK(p.lab.Host(lab.Spec{Name: "gateway", Ports: map[string]lab.Port{"eth0": lab.On(p.lan, gatewayAddr+"/28")}}))(p.attempt)
		p.startBoth()
		p.at(p.www, p.active)
		p.active.awaits("ipfail: .* (No giveup timer to abort|Ping node count is balanced)")
		p.standby.awaits("ipfail: .* (No giveup timer to abort|Ping node count is balanced)")
		p.joined()
		p.step("the holder loses the group")
		p.deafen(p.active)
		p.active.awaits(`WARN: node gateways: is dead$`)
		p.at(p.www, p.standby)
		p.step("the group is back: nothing moves")
		p.hear(p.active)
		p.active.awaits(`Link gateways:gateways up\.`)
		p.joined()
		p.at(p.www, p.standby)
		p.stopBoth()
	})
}

// witness stands before the script of status messages and writes down what its daemon has passed on.
const witness = `#!/bin/sh
echo "$HA_src $HA_st ${HA_systole:-none} ${HA_systole_first:-none}" >>/var/log/fields
exec /etc/ha.d/status.shipped "$@"
`

// TestOwnFields has an original get our status with its additional fields: it hands them to its
// scripts like any others, and works with us as with one of its kind. Nothing of what we do between
// ourselves is done with it.
func TestOwnFields(t *testing.T) {
	t.Parallel()
	for _, r := range roles()[:2] {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			inRole(t, r, setting{failback: "on"}, func(p *pair) {
				ours, original := p.active, p.standby
				if !ours.ours {
					ours, original = original, ours
				}
				original.run("mv", "/etc/ha.d/rc.d/status", "/etc/ha.d/status.shipped")
				original.write("rc.d/status", witness, 0o755)
				fields := original.Tail("/var/log/fields")
				defer fields.Stop()
				p.startBoth()
				p.at(p.www, p.active)
				p.joined()
				want := ours.Name + " active 1,handover " + activeName
				lab.OK(fields.Await(patience.For(p.attempt), func(l lab.Line) bool { return strings.TrimSpace(l.Text) == want }))(p.attempt)
				p.step("standby of the holder: released before it is taken")
				p.active.tool("hb_standby", "all")
				p.at(p.www, p.standby)
				p.oneHolder(p.www, p.standby)
				p.stopBoth()
			})
		})
	}
}
