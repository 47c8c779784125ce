package director

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"systole/pkg/diag"
	"systole/pkg/ipvs"
	"systole/pkg/ldirectorcf"
)

// crowd is a director of thousands of servers that answer at once, and its kernel.
type crowd struct {
	tb     testing.TB
	m      Machine
	now    time.Time
	kernel ipvs.Table
	writes int // changes that the kernel was asked for
}

// crowdCF is a configuration of n servers in virtuals of at most each.
func crowdCF(n, each, weight int) string {
	var b strings.Builder
	b.WriteString("checkinterval=1\nchecktimeout=1\n")
	for i := range n {
		if i%each == 0 {
			fmt.Fprintf(&b, "virtual=10.1.%d.%d:80\n        checktype=connect\n", i/each/250, i/each%250+1)
		}
		w := 1
		if i == n/2 {
			w = weight
		}
		fmt.Fprintf(&b, "        real=10.%d.%d.%d:80 gate %d\n", 2+i/62500, i/250%250, i%250+1, w)
	}
	return b.String()
}

func crowdConfig(tb testing.TB, text string) *ldirectorcf.Config {
	tb.Helper()
	cf, diags := ldirectorcf.Load(ldirectorcf.Env{}, "/etc/ha.d/ldirectord.cf", []byte(text))
	if diag.Failed(diags) {
		tb.Fatal(diags)
	}
	return cf
}

// step gives an event and carries out what it brings, until the machine waits.
func (c *crowd) step(events ...Event) {
	for len(events) > 0 {
		var next []Event
		for _, ev := range events {
			for _, a := range c.m.Step(c.now, ev) {
				next = append(next, c.do(a)...)
			}
		}
		events = next
	}
}

func (c *crowd) do(a Action) []Event {
	switch a := a.(type) {
	case ReadTable:
		return []Event{TableRead{Table: c.kernel}}
	case Apply:
		var err error
		if c.kernel, err = c.kernel.Apply(a.Changes); err != nil {
			c.tb.Fatal(err)
		}
		c.writes += len(a.Changes)
		return []Event{Applied{Errs: make([]error, len(a.Changes))}}
	case StartCheck:
		return []Event{CheckResult{ID: a.ID, Seq: a.Seq, Up: true}}
	}
	return nil
}

// advance lets time pass.
func (c *crowd) advance(d time.Duration) {
	for end := c.now.Add(d); ; {
		next, ok := c.m.Next()
		if !ok || next.After(end) {
			c.now = end
			return
		}
		c.now = next
		c.step(Tick{})
	}
}

func newCrowd(tb testing.TB, n, each int) *crowd {
	tb.Helper()
	c := &crowd{tb: tb, now: began}
	c.step(Configured{crowdConfig(tb, crowdCF(n, each, 1))})
	c.advance(3 * time.Second)
	if have := count(c.kernel); have != n {
		tb.Fatalf("%d servers in service, want %d", have, n)
	}
	return c
}

func count(t ipvs.Table) (n int) {
	for _, e := range t {
		n += len(e.Dests)
	}
	return n
}

// TestReloadOfThousands: nothing is written for what has not changed.
func TestReloadOfThousands(t *testing.T) {
	for _, each := range []int{1, 20, 10_000} {
		c := newCrowd(t, 10_000, each)
		for _, r := range []struct{ weight, writes int }{{1, 0}, {7, 1}, {7, 0}} {
			c.writes = 0
			c.step(Reloaded{Config: crowdConfig(t, crowdCF(10_000, each, r.weight))})
			c.advance(3 * time.Second)
			if c.writes != r.writes {
				t.Errorf("%d servers a virtual: reload with weight %d: %d changes, want %d", each, r.weight, c.writes, r.writes)
			}
		}
	}
}

// BenchmarkSecond is a second of 10,000 servers that are checked each second.
func BenchmarkSecond(b *testing.B) {
	for _, each := range []int{1, 20, 10_000} {
		b.Run(fmt.Sprintf("%d a virtual", each), func(b *testing.B) {
			c := newCrowd(b, 10_000, each)
			for b.Loop() {
				c.advance(time.Second)
			}
		})
	}
}

// BenchmarkReload is a reload of 10,000 servers with one change.
func BenchmarkReload(b *testing.B) {
	for _, each := range []int{1, 20, 10_000} {
		b.Run(fmt.Sprintf("%d a virtual", each), func(b *testing.B) {
			c := newCrowd(b, 10_000, each)
			texts := []*ldirectorcf.Config{crowdConfig(b, crowdCF(10_000, each, 2)), crowdConfig(b, crowdCF(10_000, each, 3))}
			i := 0
			for b.Loop() {
				c.step(Reloaded{Config: texts[i%2]})
				i++
			}
		})
	}
}
