package interop

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"systole/compat/lab"
)

// mediaAllowed are complaints of either daemon that say nothing about media.
var mediaAllowed = regexp.MustCompile(`Cannot lock ourselves into memory|No one owns (our local|foreign) resources`)

// cables are a medium of each kind, each over a link of its own. PEER is the number of the peer.
func cables() map[string]string {
	return map[string]string{
		"eth0":       "ucast eth0 10.9.0.PEER",
		"eth1":       "bcast eth1",
		"eth2":       "mcast eth2 225.0.0.1 694 1 0",
		"eth3":       "ucast6 eth3 fd03::PEER",
		"eth4":       "mcast6 eth4 ff12::1:2:3:4 694 1 0",
		"/dev/ttyS0": "baud 19200\nserial /dev/ttyS0",
	}
}

// TestMedia joins one of ours and an original by every kind of medium: each link is up on both
// sides, goes down when it is cut and comes back, and neither complains.
func TestMedia(t *testing.T) {
	for _, r := range roles() {
		if r.active == r.standby {
			continue
		}
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			l := lab.Test(t)
			wire := lab.OK(l.Cable())(t)
			var lans []*lab.Switch
			for i := range 5 {
				lans = append(lans, lab.OK(l.Switch(fmt.Sprintf("lan%d", i)))(t))
			}
			one, two := mediaNode(t, l, lans, wire.A, 1, r.active), mediaNode(t, l, lans, wire.B, 2, r.standby)
			one.start()
			two.start()
			for link := range cables() {
				one.hears(two, link, "up")
				two.hears(one, link, "up")
			}
			wire.Cut()
			for i := range lans[1:] { // the last link left is eth0
				lab.Must(t, one.Unplug(fmt.Sprintf("eth%d", i+1)))
			}
			for link := range cables() {
				if link != "eth0" {
					one.hears(two, link, "dead")
					two.hears(one, link, "dead")
				}
			}
			wire.Mend()
			for i := range lans[1:] {
				lab.Must(t, one.Plug(fmt.Sprintf("eth%d", i+1)))
			}
			for link := range cables() {
				one.hears(two, link, "up")
				two.hears(one, link, "up")
			}
			one.stop()
			two.stop()
			for _, n := range []*node{one, two} {
				n.quiet()
			}
		})
	}
}

func mediaNode(t *testing.T, l *lab.Lab, lans []*lab.Switch, tty *lab.Tty, number int, f lab.Flavour) *node {
	t.Helper()
	s := lab.Spec{Name: fmt.Sprintf("n%d", number), Flavour: f, Ports: map[string]lab.Port{}, Serial: map[string]*lab.Tty{"/dev/ttyS0": tty}}
	for i, lan := range lans {
		s.Ports[fmt.Sprintf("eth%d", i)] = lab.On(lan, fmt.Sprintf("10.9.%d.%d/24", i, number), fmt.Sprintf("fd0%d::%d/64", i, number))
	}
	n := &node{t: t, ours: f == lab.Systole, Host: lab.OK(l.Host(s))(t)}
	cf := "debugfile /var/log/ha-debug.log\nlogfile /var/log/ha.log\nkeepalive 500ms\ndeadtime 4\ninitdead 12\nauto_failback on\nnode n1\nnode n2\n"
	for _, medium := range cables() {
		cf += strings.ReplaceAll(medium, "PEER", fmt.Sprint(3-number)) + "\n"
	}
	n.write("ha.cf", cf+fmt.Sprintf("ping6 fd03::%d\n", 3-number), 0o644)
	n.write("haresources", "", 0o644)
	n.write("authkeys", "auth 2\n2 sha1 gunnmlvs\n", 0o600)
	n.log = n.Tail("/var/log/ha.log")
	t.Cleanup(n.log.Stop)
	return n
}

// hears waits until a link to the peer has a status, as cl_status tells it.
func (n *node) hears(peer *node, link, status string) {
	n.t.Helper()
	patience.Until(n.t, fmt.Sprintf("%s: %s of %s is %s", n.Name, link, peer.Name, status), func() bool {
		return strings.TrimSpace(lab.OK(n.Run(patience.For(n.t), "cl_status", "hblinkstatus", peer.Name, link))(n.t).Stdout) == status
	})
}

// quiet checks that the daemon has not complained about its media.
func (n *node) quiet() {
	n.t.Helper()
	for _, line := range n.log.All() {
		if strings.Contains(line.Text, "ERROR") && !mediaAllowed.MatchString(line.Text) {
			n.t.Errorf("%s: %s", n.Name, line.Text)
		}
	}
}
