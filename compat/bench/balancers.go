package main

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"systole/compat/lab"
	"systole/pkg/ipvs"
	"systole/pkg/ipvs/kernel"
)

// The third part of the bench is keepalived beside our ldirectord. Both write to the kernel's table, so
// it runs where there is ip_vs: here, or in User-Mode Linux. There everything takes longer, and
// starting a process most of all: only what both have done under the same conditions is compared, and
// no start is timed.

// balancer is one who keeps the kernel's table.
type balancer struct {
	who, file     string
	text          func(servers int, weight func(i int) int) string
	start, reload []string
}

// checkEvery is how often each server is checked, by a connection.
const checkEvery = 2 * time.Second

func balancers() []balancer {
	return []balancer{
		{"systole", "/etc/ha.d/ldirectord.cf", ldirectordText, []string{"/usr/sbin/ldirectord", "/etc/ha.d/ldirectord.cf", "start"},
			[]string{"sh", "-c", "kill -HUP $(cat /var/run/ldirectord.ldirectord.cf.pid)"}},
		{"keepalived", "/etc/keepalived/keepalived.conf", keepalivedText, []string{"keepalived", "-C", "-f", "/etc/keepalived/keepalived.conf"},
			[]string{"sh", "-c", "kill -HUP $(cat /run/keepalived.pid)"}},
	}
}

func ldirectordText(servers int, weight func(int) int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "checkinterval=%d\nchecktimeout=5\nquiescent=no\nvirtual=10.0.0.100:80\n    scheduler=wrr\n    checktype=connect\n", int(checkEvery.Seconds()))
	for i := range servers {
		fmt.Fprintf(&b, "    real=%s:80 gate %d\n", farmAddr(i), weight(i))
	}
	return b.String()
}

func keepalivedText(servers int, weight func(int) int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "virtual_server 10.0.0.100 80 {\n delay_loop %d\n lb_algo wrr\n lb_kind DR\n protocol TCP\n", int(checkEvery.Seconds()))
	for i := range servers {
		fmt.Fprintf(&b, " real_server %s 80 {\n  weight %d\n  TCP_CHECK {\n   connect_timeout 5\n  }\n }\n", farmAddr(i), weight(i))
	}
	return b.String() + "}\n"
}

// Weights of the servers: those of the beginning, one changed, and all changed.
func allOne(int) int { return 1 }
func firstTwo(i int) int {
	if i == 0 {
		return 2
	}
	return 1
}
func allThree(int) int { return 3 }

// balanced is what a balancer costs.
type balanced struct {
	Who      string
	Servers  int
	Check    time.Duration // of the processor, for one check
	Load     float64       // of the processor
	Resident int64         // KiB
	// from SIGHUP until the table shows it: one weight changed, and all
	One, All time.Duration
}

// measureBalancer has a balancer check servers for a while, and changes their weights.
func (s *directorStage) measureBalancer(ctx context.Context, b balancer, servers int) (balanced, error) {
	x := balanced{Who: b.who, Servers: servers}
	d, err := s.balancerHost(b)
	if err != nil {
		return x, err
	}
	defer d.Kill()
	k, err := kernelOf(ctx, d.Host)
	if err != nil {
		return x, err
	}
	defer k.Close()
	if err := d.WriteFile(b.file, []byte(b.text(servers, allOne)), 0o644); err != nil {
		return x, err
	}
	if _, err := d.Check(ctx, b.start...); err != nil {
		return x, err
	}
	if _, err := awaitWeights(ctx, k, servers, allOne); err != nil {
		return x, fmt.Errorf("%s: %w", b.who, err)
	}
	// All checks of a start are over, and the next ones are spread.
	if err := pause(ctx, 3*checkEvery); err != nil {
		return x, err
	}
	const lasting = 10 * checkEvery
	asked := s.farm.opened.Load()
	if x.Check, err = s.costOfCheck(ctx, d, lasting); err != nil {
		return x, err
	}
	x.Load = float64(s.farm.opened.Load()-asked) * x.Check.Seconds() / lasting.Seconds()
	m, err := memoryOf(ctx, d.Host)
	if err != nil {
		return x, err
	}
	x.Resident = m.resident
	for _, r := range []struct {
		took   *time.Duration
		weight func(int) int
	}{{&x.One, firstTwo}, {&x.All, allThree}} {
		if *r.took, err = b.reloaded(ctx, d, k, servers, r.weight); err != nil {
			return x, fmt.Errorf("%s: %w", b.who, err)
		}
	}
	return x, nil
}

// balancerHost is a host with both programs.
func (s *directorStage) balancerHost(b balancer) (directorHost, error) {
	s.next++
	d := directorHost{ours: b.who == "systole"}
	var err error
	d.Host, err = s.lab.Host(lab.Spec{Name: fmt.Sprintf("%s%d", b.who, s.next),
		Ports: map[string]lab.Port{"eth0": lab.On(s.lan, fmt.Sprintf("10.0.0.%d/24", s.next))}, Gateway: farmGate})
	if err != nil {
		return d, err
	}
	return d, d.Install(s.dir+"/ldirectord", "/usr/sbin/ldirectord", 0o755)
}

func kernelOf(ctx context.Context, h *lab.Host) (k *kernel.Handle, err error) {
	err = h.Do(func() error {
		k, err = kernel.Open(ctx, kernel.Options{})
		return err
	})
	return k, err
}

// reloaded gives a balancer other weights, and says how long it took from the signal on.
func (b balancer) reloaded(ctx context.Context, d directorHost, k *kernel.Handle, servers int, weight func(int) int) (time.Duration, error) {
	if err := d.WriteFile(b.file, []byte(b.text(servers, weight)), 0o644); err != nil {
		return 0, err
	}
	begin := time.Now()
	if _, err := d.Check(ctx, b.reload...); err != nil {
		return 0, err
	}
	at, err := awaitWeights(ctx, k, servers, weight)
	if err != nil {
		return 0, err
	}
	return at.Sub(begin), pause(ctx, 2*checkEvery)
}

// awaitWeights waits until the table has all servers with their weights, and says when that was. Looking
// takes a processor that the balancer needs: it gets four fifths of it.
func awaitWeights(ctx context.Context, k *kernel.Handle, servers int, weight func(int) int) (time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	for {
		begin := time.Now()
		t, err := k.Read(ctx)
		now := time.Now()
		if err == nil && showsWeights(t, servers, weight) {
			return now, nil
		}
		if pause(ctx, max(10*time.Millisecond, 4*now.Sub(begin))) != nil {
			return now, fmt.Errorf("the table of %d servers never came about (%v)", servers, err)
		}
	}
}

func showsWeights(t ipvs.Table, servers int, weight func(int) int) bool {
	if len(t) != 1 || len(t[0].Dests) != servers {
		return false
	}
	e := t.Sorted()[0]
	for i := range servers {
		d, there := e.Find(netip.AddrPortFrom(farmAddr(i), 80))
		if !there || d.Weight != weight(i) {
			return false
		}
	}
	return true
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
