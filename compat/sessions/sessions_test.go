// Package sessions shows what the synchronisation of connections is for: an established TCP connection
// through the virtual address goes on when the active director loses its power, and is lost without.
//
//	client 192.0.2.9            the real server answers it directly
//	  |
//	  +--- node1 .1, node2 .2   heartbeat, and the table by hand on both; one has 192.0.2.10
//	  +--- real .20             192.0.2.10 on lo
package sessions

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"systole/compat/lab"
	"systole/compat/uml"
)

func TestMain(m *testing.M) {
	lab.Main()
	lab.AtOnce(3) // User-Mode Linux has one processor, and the tests wait most of the time
	os.Exit(uml.Main(m, uml.Installed))
}

const (
	vip      = "192.0.2.10"
	service  = vip + ":7"
	patience = lab.Patience(2 * time.Minute)
)

// stage is the hosts of one test.
type stage struct {
	*testing.T
	lab    *lab.Lab
	nodes  [2]*lab.Host
	client *lab.Host
}

// newStage starts a pair of directors with those groups in haresources. before is done on the second
// one, as at its boot.
func newStage(t *testing.T, groups, before string) *stage {
	t.Helper()
	s := &stage{T: t, lab: lab.Test(t)}
	lan := lab.OK(s.lab.Switch("lan"))(t)
	s.client = lab.OK(s.lab.Host(lab.Spec{Name: "client", Ports: map[string]lab.Port{"eth0": lab.On(lan, "192.0.2.9/24")}}))(t)
	s.real(lan)
	for i := range s.nodes {
		s.nodes[i] = s.director(lan, i, groups)
	}
	t.Cleanup(s.tell)
	lab.OK(s.nodes[1].Check(patience.For(t), "/bin/sh", "-ec", before))(t)
	for _, n := range s.nodes {
		lab.OK(n.Check(patience.For(t), "service", "heartbeat", "start"))(t)
	}
	lab.OK(s.nodes[0].AwaitAddr(patience.For(t), netip.MustParseAddr(vip), true))(t)
	return s
}

// tell shows the logs of a test that has failed.
func (s *stage) tell() {
	for _, n := range s.nodes {
		if text, err := n.ReadFile("/var/log/ha.log"); err == nil && s.Failed() {
			s.Logf("%s:\n%s", n.Name, text)
		}
	}
}

// real makes the real server: it echoes lines.
func (s *stage) real(lan *lab.Switch) {
	s.Helper()
	h := lab.OK(s.lab.Host(lab.Spec{Name: "real", Ports: map[string]lab.Port{"eth0": lab.On(lan, "192.0.2.20/24")}}))(s.T)
	lab.OK(h.Check(patience.For(s.T), "/bin/sh", "-ec", "sysctl -qw net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2; ip addr add "+vip+"/32 dev lo"))(s.T)
	l := lab.OK(h.Serve("tcp4", "0.0.0.0:7", func(c net.Conn) { io.Copy(c, c) }))(s.T)
	s.Cleanup(func() { l.Close() })
}

func (s *stage) director(lan *lab.Switch, i int, groups string) *lab.Host {
	s.Helper()
	name, peer := fmt.Sprintf("node%d", i+1), fmt.Sprintf("192.0.2.%d", 2-i)
	h := lab.OK(s.lab.Host(lab.Spec{Name: name, Flavour: lab.Systole, Ports: map[string]lab.Port{"eth0": lab.On(lan, fmt.Sprintf("192.0.2.%d/24", i+1))}}))(s.T)
	for file, text := range map[string]string{
		"ha.cf": "logfile /var/log/ha.log\nkeepalive 1\nwarntime 4\ndeadtime 8\ninitdead 16\nucast eth0 " + peer +
			"\nnode node1 node2\nauto_failback on\n",
		"haresources": groups,
		"authkeys":    "auth 1\n1 sha1 AKeyOfThisTestAlone\n",
	} {
		if err := h.WriteFile("/etc/ha.d/"+file, []byte(text), 0o600); err != nil {
			s.Fatal(err)
		}
	}
	lab.OK(h.Check(patience.For(s.T), "/bin/sh", "-ec", "sysctl -qw net.ipv4.ip_forward=1; ipvsadm -A -t "+service+" -s rr; ipvsadm -a -t "+service+" -r 192.0.2.20:7 -g"))(s.T)
	return h
}

// survives says whether a connection through the first director lives on when that loses its power.
func (s *stage) survives() bool {
	s.Helper()
	c := lab.OK(s.client.Dial(patience.For(s.T), "tcp4", service))(s.T)
	defer c.Close()
	answers := bufio.NewReader(c)
	say := func(text string, limit time.Duration) error {
		c.SetDeadline(time.Now().Add(limit))
		if _, err := c.Write([]byte(text + "\n")); err != nil {
			return err
		}
		got, err := answers.ReadString('\n')
		if err == nil && got != text+"\n" {
			s.Fatalf("the real server answered %q to %q", got, text)
		}
		return err
	}
	// The kernel tells of a connection with its third packet, and then again after some more.
	for i := range 60 {
		if err := say(fmt.Sprint("before ", i), time.Duration(patience)); err != nil {
			s.Fatal(err)
		}
	}
	s.knows()
	s.nodes[0].Kill()
	lab.OK(s.nodes[1].AwaitAddr(patience.For(s.T), netip.MustParseAddr(vip), true))(s.T)
	return say("after", time.Minute) == nil
}

// knows waits until the second director has been told of the connection, or a while.
func (s *stage) knows() {
	s.Helper()
	lab.Patience(10*time.Second).Within(s, func() bool {
		text, err := s.nodes[1].ReadFile("/proc/net/ip_vs_conn")
		return err == nil && strings.Contains(string(text), "ESTABLISHED")
	})
}

// TestSessions loses the power of the active director, with every form of synchronisation and with none.
func TestSessions(t *testing.T) {
	for _, c := range []struct {
		name, groups string
		before       string // on the second node
		survives     bool
	}{
		{"none", "node1 IPaddr2::" + vip + "/32/eth0\n", "true", false},
		{"the holder sends", "node1 LVSSyncDaemonSwap::master IPaddr2::" + vip + "/32/eth0\n",
			"ipvsadm --start-daemon backup --mcast-interface eth0", true},
		{"both ways on both nodes", "node1 LVSSyncDaemonSwap::both::eth0::0 IPaddr2::" + vip + "/32/eth0\n" +
			"node2 LVSSyncDaemonSwap::both::eth0\n", "true", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, c.groups, c.before)
			if got := s.survives(); got != c.survives {
				t.Errorf("the connection survives: %v, want %v", got, c.survives)
			}
		})
	}
}
