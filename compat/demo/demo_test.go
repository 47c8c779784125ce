package main

import (
	"errors"
	"io"
	"net/netip"
	"reflect"
	"slices"
	"testing"
	"time"

	"systole/compat/lab"
)

// noon is when the tests' clients begin.
var noon = time.Date(2018, 8, 8, 12, 0, 0, 0, time.UTC)

// asked is a question at a second after noon that took so many seconds. Without a
// server it failed.
func asked(at, took float64, server string) lab.Answer {
	a := lab.Answer{Start: after(at), Latency: time.Duration(took * float64(time.Second)), Server: server}
	if server == "" {
		a.Err = errors.New("refused")
	}
	return a
}

func after(s float64) time.Time { return noon.Add(time.Duration(s * float64(time.Second))) }

func TestViewOf(t *testing.T) {
	one := lab.Answers{asked(0, 0.1, "web1"), asked(1, 0.1, ""), asked(2, 2, ""), asked(5, 0.5, "web2")}
	two := lab.Answers{asked(0, 0.1, "web2"), asked(1, 0.1, "web2"), asked(2, 0.1, "web2")}
	for _, c := range []struct {
		name     string
		from, to float64
		want     view
	}{
		{"all", -1, 10, view{7, 2, 5400 * time.Millisecond}},
		{"before the outage", -1, 0.5, view{2, 0, 100 * time.Millisecond}},
		{"an outage that goes on", 0.5, 4.5, view{4, 2, 4400 * time.Millisecond}},
		{"its end", 4.5, 10, view{1, 0, 5400 * time.Millisecond}},
		{"nobody asked", 20, 30, view{}},
	} {
		got := viewOf([]lab.Answers{one, two}, after(c.from), after(c.to))
		if got.gap = got.gap.Round(time.Millisecond); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

func TestServersSince(t *testing.T) {
	c := &clients{seen: map[netip.Addr]lab.Answers{
		netip.MustParseAddr("203.0.113.11"): {asked(0, 0.1, "web1"), asked(3, 0.1, ""), asked(4, 0.1, "web2")},
		netip.MustParseAddr("203.0.113.12"): {asked(0, 0.1, "web1"), asked(3, 0.1, "web2"), asked(4, 0.1, "web1")},
	}}
	for _, s := range []struct {
		after float64
		want  map[string]int
		ok    bool
	}{
		{-1, map[string]int{"web1": 3, "web2": 2}, true},
		{2, map[string]int{"web1": 1, "web2": 2}, true},
		{3.5, map[string]int{"web1": 1, "web2": 1}, true},
		{4.5, map[string]int{}, false},
	} {
		got, ok := c.serversSince(after(s.after))
		if !reflect.DeepEqual(got, s.want) || ok != s.ok {
			t.Errorf("after %g s: %v, %t; want %v, %t", s.after, got, ok, s.want, s.ok)
		}
	}
}

func TestClosingTable(t *testing.T) {
	done := []outcome{
		{name: "start", from: after(-5), to: after(-1)},
		{name: "web1 dies", from: after(-1), to: after(10), err: errors.New("no\nand no")},
	}
	got := closingTable(done, []lab.Answers{{asked(0, 0.1, "web1"), asked(1, 2, ""), asked(3, 0.2, "web2")}})
	want := "" +
		"    Step         Took  Requests  Failed  Longest gap  Result\n" +
		"1.  start       4.0 s         -       -            -  ok\n" +
		"2.  web1 dies  11.0 s         3       1        3.1 s  FAILED: no; and no\n"
	if got != want {
		t.Errorf("table\n%swant\n%s", got, want)
	}
}

func TestClosingTellsTheExitStatus(t *testing.T) {
	s := &screen{to: io.Discard}
	if got := s.closing([]outcome{{name: "a"}}, nil, time.Second); got != 0 {
		t.Errorf("exit status %d of a walk without faults", got)
	}
	if got := s.closing([]outcome{{name: "a"}, {name: "b", err: errors.New("x")}}, nil, time.Second); got != 1 {
		t.Errorf("exit status %d of a walk with a fault", got)
	}
}

func TestOptionsSurviveUserModeLinux(t *testing.T) {
	for _, args := range [][]string{nil, {"-original"}, {"-keep", "-v", "-howto=002"}} {
		want, err := parse(args, "", io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := parse(want.args(), "003", io.Discard); got != want || err != nil {
			t.Errorf("%q: %+v (%v), want %+v", args, got, err, want)
		}
	}
	if _, err := parse([]string{"now"}, "", io.Discard); err == nil {
		t.Error("a stray argument is taken")
	}
}

// ipvsText is /proc/net/ip_vs of a director with two services.
const ipvsText = `IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port Forward Weight ActiveConn InActConn
TCP  79FEAF46:0050 wlc persistent 3600000 FFFFFFFF
  -> 79FEAF4B:0050      Route   10     4          38        
  -> 79FEAF4A:0050      Route   10     0          0         
UDP  79FEAF46:0050 rr
  -> 79FEAF50:0050      Route   1      0          0         
FWM  00000001 wlc
  -> 79FEAF51:0050      Route   1      0          0         
`

func TestParseIPVS(t *testing.T) {
	got, err := parseIPVS(ipvsText, howto000().service)
	want := []netip.Addr{netip.MustParseAddr("121.254.175.74"), netip.MustParseAddr("121.254.175.75")}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("real servers %v (%v), want %v", got, err, want)
	}
	if got, err := parseIPVS(ipvsText, netip.MustParseAddrPort("121.254.175.70:443")); err != nil || len(got) != 0 {
		t.Errorf("a service that is not there has %v (%v)", got, err)
	}
}

func FuzzParseIPVS(f *testing.F) {
	f.Add(ipvsText)
	f.Add("TCP  79FEAF46:0050 wlc\n  -> nonsense Route 1 0 0\n")
	f.Add("  -> 79FEAF46:0050\nTCP\n")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := parseIPVS(text, howto000().service)
		if err != nil && got != nil {
			t.Errorf("servers %v beside error %v", got, err)
		}
		if !slices.IsSortedFunc(got, netip.Addr.Compare) {
			t.Errorf("not in order: %v", got)
		}
	})
}
