package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"systole/compat/lab"
)

// healthy is what n servers that are all well cost.
type healthy struct {
	who     string
	servers int
	start   time.Duration // until all are in service
	pass    time.Duration // from the first to the last check of a pass; of ours they are spread over the interval
	check   time.Duration // of a processor, for one check
	memory  memory
}

// measureHealthy has a director check n servers every two seconds for a while.
func (s *directorStage) measureHealthy(ctx context.Context, ours bool, n int) (healthy, error) {
	h := healthy{who: directorHost{ours: ours}.who(), servers: n}
	d, err := s.host(ours)
	if err != nil {
		return h, err
	}
	defer d.Kill()
	if err := d.config("checkinterval=2\nchecktimeout=10\n", webCheck, 0, n); err != nil {
		return h, err
	}
	first, last := farmAddr(0), farmAddr(n-1)
	begin := time.Now()
	if err := d.ldirectord(ctx, "start"); err != nil {
		return h, err
	}
	at, err := d.await(ctx, n, 3*time.Minute)
	if err != nil {
		return h, err
	}
	h.start = at.Sub(begin)
	s.farm.watch(first)
	s.farm.watch(last)
	if h.check, err = s.costOfCheck(ctx, d, 12*time.Second); err != nil {
		return h, err
	}
	h.pass = passOf(s.farm.times(first), s.farm.times(last))
	h.memory, err = memoryOf(ctx, d.Host)
	return h, err
}

// costOfCheck is the processor time of the director's processes for each request that arrived.
func (s *directorStage) costOfCheck(ctx context.Context, d directorHost, lasting time.Duration) (time.Duration, error) {
	before, err := ranFor(ctx, d.Host)
	if err != nil {
		return 0, err
	}
	asked := s.farm.opened.Load()
	select {
	case <-time.After(lasting):
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
	checks := s.farm.opened.Load() - asked
	after, err := ranFor(ctx, d.Host)
	if err != nil || checks == 0 {
		return 0, errors.Join(err, fmt.Errorf("%s: %d checks in %s", d.Name, checks, lasting))
	}
	return (after - before) / time.Duration(checks), nil
}

// passOf is the shortest time from a check of the first server to the next one of the last.
func passOf(first, last []time.Time) (pass time.Duration) {
	for _, f := range first {
		for _, l := range last {
			if d := l.Sub(f); d >= 0 && (pass == 0 || d < pass) {
				pass = d
			}
		}
	}
	return pass
}

// detection is how long a server that has died stays in service while others hang.
type detection struct {
	who     string
	hanging int
	took    time.Duration
}

// measureDetection has some servers hang, waits until they are out, and then breaks one.
func (s *directorStage) measureDetection(ctx context.Context, d directorHost, first, hanging int) (detection, error) {
	x := detection{who: d.who(), hanging: hanging}
	const well = 3
	if err := d.config("checkinterval=10\nchecktimeout=10\n", webCheck, first, well+hanging); err != nil {
		return x, err
	}
	var bad []netip.Addr
	for i := range hanging {
		bad = append(bad, farmAddr(first+i))
	}
	s.farm.set(s.farm.hanging, bad...)
	if err := d.ldirectord(ctx, "start"); err != nil {
		return x, err
	}
	if _, err := d.await(ctx, well, 10*time.Minute); err != nil {
		return x, err
	}
	// In the middle of a rhythm, not right after a check of this one.
	victim := farmAddr(first + hanging + 1)
	s.farm.watch(victim)
	select {
	case <-time.After(15 * time.Second):
	case <-ctx.Done():
		return x, context.Cause(ctx)
	}
	begin := time.Now()
	s.farm.set(s.farm.dead, victim)
	at, err := d.await(ctx, well-1, 10*time.Minute)
	x.took = at.Sub(begin)
	return x, err
}

// measureDetections runs all of them side by side: they wait most of the time.
func (s *directorStage) measureDetections(ctx context.Context) ([]detection, error) {
	var hosts []directorHost
	hanging := []int{0, 1, 5, 10}
	for range hanging {
		for _, ours := range []bool{true, false} {
			d, err := s.host(ours)
			if err != nil {
				return nil, err
			}
			defer d.Kill()
			hosts = append(hosts, d)
		}
	}
	found := make([]detection, len(hosts))
	g, ctx := errgroup.WithContext(ctx)
	for i, d := range hosts {
		g.Go(func() (err error) {
			found[i], err = s.measureDetection(ctx, d, 1000+100*i, hanging[i/2])
			return err
		})
	}
	return found, g.Wait()
}

// crowd is what ten thousand servers cost, checked each second; the real one would need minutes a pass.
type crowd struct {
	check  string
	start  time.Duration
	cost   time.Duration // of a processor, for one check
	load   float64       // processors
	memory memory
	// of a reload, until the daemon has taken it: nothing, and one weight changed
	reload [2]time.Duration
	writes [2]int
}

const crowdSize = 10_000

func (s *directorStage) measureCrowd(ctx context.Context, name, check string) (crowd, error) {
	c := crowd{check: name}
	d, err := s.host(true)
	if err != nil {
		return c, err
	}
	defer d.Kill()
	if err := d.config("checkinterval=1\nchecktimeout=5\n", check, 0, crowdSize); err != nil {
		return c, err
	}
	begin := time.Now()
	if err := d.ldirectord(ctx, "start"); err != nil {
		return c, err
	}
	at, err := d.await(ctx, crowdSize, time.Minute)
	if err != nil {
		return c, err
	}
	c.start = at.Sub(begin)
	const lasting = 10 * time.Second
	asked := s.farm.opened.Load()
	if c.cost, err = s.costOfCheck(ctx, d, lasting); err != nil {
		return c, err
	}
	c.load = float64(s.farm.opened.Load()-asked) * c.cost.Seconds() / lasting.Seconds()
	if c.memory, err = memoryOf(ctx, d.Host); err != nil {
		return c, err
	}
	return c, s.measureReloads(ctx, d, &c)
}

// measureReloads reloads the same file, and one with another weight.
func (s *directorStage) measureReloads(ctx context.Context, d directorHost, c *crowd) error {
	log := d.Tail("/var/log/ldirectord.log")
	defer log.Stop()
	if _, err := log.AwaitLog(ctx, "Starting Linux Director"); err != nil {
		return err
	}
	const name = "/etc/ha.d/ldirectord.cf"
	text, err := d.ReadFile(name)
	if err != nil {
		return err
	}
	line := farmAddr(crowdSize/2).String() + ":80 gate"
	for i, weight := range []string{"", " 7"} {
		changed := strings.Replace(string(text), line, line+weight, 1)
		if err := d.WriteFile(name, []byte(changed), 0o644); err != nil {
			return err
		}
		written := d.number("writes")
		if c.reload[i], err = reload(ctx, d, log); err != nil {
			return err
		}
		c.writes[i] = d.number("writes") - written
	}
	return nil
}

// reload tells the daemon to read its file, says how long it was until it had it, and waits for two more
// rounds of checks.
func reload(ctx context.Context, d directorHost, log *lab.Tail) (time.Duration, error) {
	mark := log.Len()
	if _, err := d.Check(ctx, "sh", "-c", "kill -HUP $(cat /var/run/ldirectord.ldirectord.cf.pid)"); err != nil {
		return 0, err
	}
	from, err := log.AwaitLogFrom(ctx, mark, "Reloading Linux Director")
	if err != nil {
		return 0, err
	}
	to, err := log.AwaitLogFrom(ctx, mark, "Changed virtual server")
	if err != nil {
		return 0, err
	}
	select {
	case <-time.After(3 * time.Second):
		return to.At.Sub(from.At), nil
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
}
