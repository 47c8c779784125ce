// Package steer holds orders of an operator, counters, metrics and path checks to a real ip_vs, with clients on the
// wire: a drained server keeps its connections and gets no new one, through a restart, and is gone when
// the time of the drain is over.
//
//	client 192.0.2.9 ──▶ director 192.0.2.1, 192.0.2.10 ──gate──▶ 192.0.2.21, 192.0.2.22 (192.0.2.10 on lo)
package steer

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"systole/compat/lab"
	"systole/compat/uml"
	"systole/pkg/state"
)

func TestMain(m *testing.M) {
	lab.Main()
	os.Exit(uml.Main(m, uml.Installed))
}

const (
	vip      = "192.0.2.10"
	service  = vip + ":7"
	first    = "192.0.2.21"
	second   = "192.0.2.22"
	patience = lab.Patience(2 * time.Minute)
)

const config = "checkinterval=1\nchecktimeout=2\nsystole_metrics=:9695\nvirtual=" + service + "\n\treal=" + first + ":7 gate 5\n\treal=" + second +
	":7 gate 5\n\tservice=none\n\tchecktype=connect\n\tscheduler=rr\n\tprotocol=tcp\n"

// stage is the hosts of the test.
type stage struct {
	*testing.T
	director, client *lab.Host
	reals            map[string]*lab.Host // by address
}

func newStage(t *testing.T, config string) *stage {
	t.Helper()
	l := lab.Test(t)
	lan := lab.OK(l.Switch("lan"))(t)
	s := &stage{T: t, reals: map[string]*lab.Host{}}
	s.client = lab.OK(l.Host(lab.Spec{Name: "client", Ports: map[string]lab.Port{"eth0": lab.On(lan, "192.0.2.9/24")}}))(t)
	for _, addr := range []string{first, second} {
		h := lab.OK(l.Host(lab.Spec{Name: "real" + addr[len(addr)-2:], Ports: map[string]lab.Port{"eth0": lab.On(lan, addr+"/24")}}))(t)
		s.reals[addr] = h
		s.serve(h, addr)
	}
	t.Cleanup(s.tell)
	s.director = lab.OK(l.Host(lab.Spec{Name: "director", Flavour: lab.Systole, Ports: map[string]lab.Port{"eth0": lab.On(lan, "192.0.2.1/24")}}))(t)
	if err := s.director.WriteFile("/etc/ha.d/ldirectord.cf", []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	lab.OK(s.director.Check(patience.For(t), "ip", "addr", "add", vip+"/32", "dev", "eth0"))(t)
	lab.OK(s.director.Check(patience.For(t), "ldirectord", "ldirectord.cf", "start"))(t)
	return s
}

// tell shows the table of a test that has failed.
func (s *stage) tell() {
	if s.Failed() && s.director != nil {
		table, err := s.director.Check(context.Background(), "ipvsadm", "-Ln")
		s.Logf("%s%v", table, err)
	}
}

// serve makes a real server, which says its address and echoes lines.
func (s *stage) serve(h *lab.Host, addr string) {
	s.Helper()
	lab.OK(h.Check(patience.For(s.T), "/bin/sh", "-ec", "sysctl -qw net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2; ip addr add "+vip+"/32 dev lo"))(s.T)
	l := lab.OK(h.Serve("tcp4", "0.0.0.0:7", func(c net.Conn) {
		fmt.Fprintln(c, addr)
		io.Copy(c, c)
	}))(s.T)
	s.Cleanup(func() { l.Close() })
}

// connection is one of the client's, and the server that it is with.
type connection struct {
	net.Conn
	lines  *bufio.Reader
	server string
}

func (s *stage) connect() connection {
	s.Helper()
	c := connection{Conn: lab.OK(s.client.Dial(patience.For(s.T), "tcp", service))(s.T)}
	c.SetDeadline(time.Now().Add(time.Duration(patience)))
	c.lines = bufio.NewReader(c.Conn)
	c.server = strings.TrimSpace(lab.OK(c.lines.ReadString('\n'))(s.T))
	s.Cleanup(func() { c.Close() })
	return c
}

// both connects to each of the servers.
func (s *stage) both() map[string]connection {
	s.Helper()
	with := map[string]connection{}
	for range 10 {
		if c := s.connect(); with[c.server].Conn == nil {
			with[c.server] = c
		} else {
			c.Close()
		}
		if len(with) == 2 {
			return with
		}
	}
	s.Fatal("one of the servers gets nothing")
	return nil
}

// echoes says whether a connection still works.
func (c connection) echoes() bool {
	fmt.Fprintln(c, "still there")
	line, err := c.lines.ReadString('\n')
	return err == nil && line == "still there\n"
}

// told is what the daemon says about a server.
func (s *stage) told(server string) state.Real {
	s.Helper()
	r := lab.OK(s.director.Run(patience.For(s.T), "systole", "status", "--json"))(s.T)
	doc := lab.OK(state.Decode([]byte(r.Stdout)))(s.T)
	for _, d := range doc.Directors {
		for _, v := range d.Virtuals {
			for _, r := range v.Reals {
				if r.Name == server+":7" {
					return r
				}
			}
		}
	}
	s.Fatalf("%s is not told of: exit code %d\n%s%s", server, r.Code, r.Stdout, r.Stderr)
	return state.Real{}
}

// scraped is what Prometheus gets.
func (s *stage) scraped() string {
	s.Helper()
	r := lab.OK(s.director.HTTP(time.Duration(patience)).Get("http://127.0.0.1:9695/metrics"))(s.T)
	defer r.Body.Close()
	return string(lab.OK(io.ReadAll(r.Body))(s.T))
}

func (s *stage) systole(args ...string) {
	s.Helper()
	s.Log(lab.OK(s.director.Check(patience.For(s.T), append([]string{"systole"}, args...)...))(s.T))
}

func TestSteer(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	s := newStage(t, config)
	with := s.both()
	patience.Until(s, "both are counted", func() bool {
		for _, name := range []string{first, second} {
			if c := s.told(name).Counters; c.Active < 1 || c.Conns < 1 || c.InBytes == 0 {
				return false
			}
		}
		return true
	})
	if r := s.told(first); r.State != "up" || r.Weight != 5 {
		t.Errorf("%+v", r)
	}
	if text := s.scraped(); !strings.Contains(text, `ldirectord_real_active_connections{real="`+first+`:7",virtual="tcp:`+service+`"} `) {
		t.Errorf("not told:\n%s", text)
	}

	s.systole("drain", first+":7", "--reason", "a new kernel")
	s.onlySecond()
	if !with[first].echoes() {
		t.Error("the drain broke a connection")
	}
	lab.OK(s.director.Check(patience.For(t), "ldirectord", "ldirectord.cf", "restart"))(t)
	patience.Until(s, "it serves again", func() bool { return s.told(second).Weight == 5 })
	s.onlySecond()
	if r := s.told(first); r.State != "draining" || r.Weight != 0 {
		t.Errorf("after the restart: %+v", r)
	}

	s.systole("undrain", first+":7")
	patience.Until(s, "it is back", func() bool { return s.told(first).Weight == 5 })
	with = s.both()
	s.systole("drain", first, "--for", "3s")
	s.onlySecond()
	patience.Until(s, "it is removed", func() bool { r := s.told(first); return r.State == "drained" && !r.Listed })
	if table := lab.OK(s.director.Check(patience.For(t), "ipvsadm", "-Ln"))(t); strings.Contains(table, first) || !strings.Contains(table, second) {
		t.Errorf("%s", table)
	}
	if !with[second].echoes() {
		t.Error("the removal broke a connection of the other server")
	}
}

// onlySecond sees that the table has weight 0 for the first server, and that no new connection goes there.
func (s *stage) onlySecond() {
	s.Helper()
	patience.Until(s, "it is drained", func() bool { return s.told(first).Weight == 0 })
	for range 4 {
		c := s.connect()
		if c.server != second {
			s.Errorf("a new connection went to %s", c.server)
		}
		c.Close()
	}
}
