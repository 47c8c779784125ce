package main

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"systole/compat/lab"
)

// node is one of the two directors.
type node struct {
	name string
	addr netip.Prefix
}

// The addresses are those of the how-to that the project comes from.
var (
	active  = node{"lvsactive.gunnm.xyz", netip.MustParsePrefix("121.254.175.77/28")}
	standby = node{"lvsstandby.gunnm.xyz", netip.MustParsePrefix("121.254.175.78/28")}
	gateway = netip.MustParsePrefix("121.254.175.65/28")
	asker   = netip.MustParsePrefix("121.254.175.68/28")
	vip     = netip.MustParseAddr("121.254.175.70")
)

func (n node) peer() node {
	if n == active {
		return standby
	}
	return active
}

// stage is the two nodes, the client, and what is seen of them.
type stage struct {
	lab             *lab.Lab
	active, standby *lab.Host
	client          *lab.Traffic
	logs            []*lab.Tail
	c               contestant
}

// pace of the client. It asks on time also while it waits for answers.
var pace = lab.Pace{Every: 2 * time.Millisecond, Timeout: time.Second}

// newStage builds the stage; no daemon runs yet, and the client asks already.
func newStage(c contestant) (*stage, error) {
	l, err := lab.New()
	if err != nil {
		return nil, err
	}
	s := &stage{lab: l, c: c}
	if err := s.build(); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *stage) build() error {
	lan, err := s.lab.Switch("lan", gateway.String())
	if err != nil {
		return err
	}
	if s.active, err = s.node(lan, active); err != nil {
		return err
	}
	if s.standby, err = s.node(lan, standby); err != nil {
		return err
	}
	ports := map[string]lab.Port{"eth0": lab.On(lan, asker.String())}
	client, err := s.lab.Host(lab.Spec{Name: "client", Ports: ports})
	if err != nil {
		return err
	}
	s.client, err = client.Ping(vip, pace)
	return err
}

// node makes a node with its configuration.
func (s *stage) node(lan *lab.Switch, n node) (*lab.Host, error) {
	var hosts string
	for _, n := range []node{active, standby} {
		hosts += fmt.Sprintf("%s %s\n", n.addr.Addr(), n.name)
	}
	h, err := s.lab.Host(lab.Spec{
		Name: n.name, Flavour: s.c.flavour, EtcHosts: hosts,
		Ports: map[string]lab.Port{"eth0": lab.On(lan, n.addr.String())}, Gateway: gateway.Addr(),
	})
	if err != nil {
		return nil, err
	}
	for _, f := range s.c.files(n) {
		if err := h.WriteFile(f.name, []byte(f.text), os.FileMode(f.perm)); err != nil {
			return nil, err
		}
	}
	s.logs = append(s.logs, h.Tail(s.c.log))
	return h, nil
}

func (s *stage) close() {
	if s.client != nil {
		s.client.Stop()
	}
	for _, t := range s.logs {
		t.Stop()
	}
	s.lab.Close()
}

// patience is how long a node may take for anything.
const patience = time.Minute

// settle waits until nothing has been logged and no address has moved for the
// contestant's quiet time. A daemon that is never quiet is measured as it is.
func (s *stage) settle(ctx context.Context) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	seen, since, begin := s.seen(), time.Now(), time.Now()
	for time.Since(since) < s.c.quiet && time.Since(begin) < patience {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		if n := s.seen(); n != seen {
			seen, since = n, time.Now()
		}
	}
	return nil
}

// seen counts log lines and address changes so far.
func (s *stage) seen() int {
	n := s.active.AddrEvents().Len() + s.standby.AddrEvents().Len()
	for _, t := range s.logs {
		n += t.Len()
	}
	return n
}

// saveLogs copies the nodes' logs into a directory of this machine.
func (s *stage) saveLogs(dir string) error {
	if dir == "" {
		return nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, h := range []*lab.Host{s.active, s.standby} {
		text, err := h.ReadFile(s.c.log)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, h.Name+".log"), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}
