package metrics

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"systole/pkg/golden"
	"systole/pkg/state"
)

var update = flag.Bool("update", false, "rewrite the expected metrics")

var now = time.Date(2026, 11, 21, 14, 3, 7, 0, time.UTC)

func pair() *state.Document {
	return &state.Document{Version: state.Version, Time: now,
		Daemon:    state.Daemon{Program: "systole", Version: "3.0.6", Node: "node1", Started: now.Add(-time.Hour), Generation: 7, Keepalive: 2000, Failback: "on"},
		Resources: state.Resources{Holds: "local", Settled: true, Since: now, Groups: []state.Group{{Owner: "node1", Words: []string{"IPaddr2::10.1.0.70/24/eth0"}, Holder: "node1"}}},
		Nodes: []state.Node{{Name: "node1", Self: true, Status: "active", Since: now}, {Name: "node2", Status: "dead", Since: now, Age: 412, Deadtime: 10000, Paths: []state.Path{
			{Name: "eth0", Up: true, Age: 412, Interval: 2001, Jitter: 840, Count: 5766}, {Name: "eth1", Age: -1}}}},
		Pings: []state.Node{{Name: "10.1.0.254", Status: "ping", Since: now, Age: 100, Deadtime: 10000}}}
}

// crowd is a director of n servers.
func crowd(n int) *state.Director {
	d := &state.Director{Name: "ldirectord.cf", Config: "/etc/ha.d/ldirectord.cf", Phase: "running", Started: now, Counted: true, Orders: make([]state.Order, 1)}
	for i := range n {
		if i%100 == 0 {
			d.Virtuals = append(d.Virtuals, state.Virtual{ID: fmt.Sprintf("tcp:10.0.%d.%d:80", i/100/250, i/100%250), Fallback: "127.0.0.1:80", Counters: state.Counters{Conns: 5}})
		}
		v := &d.Virtuals[len(d.Virtuals)-1]
		v.Reals = append(v.Reals, state.Real{Name: fmt.Sprintf("10.1.%d.%d:80", i/250, i%250), Up: i%10 != 1, Listed: i%10 != 1, Weight: 10, Configured: 10, State: "up", Since: now,
			Checked: now, Took: 1234, Counters: state.Counters{Conns: uint64(i), InBytes: 1 << 40, Active: 3}})
	}
	return d
}

// steadied is a director with one server of each state that the opt-in directives bring about.
func steadied() *state.Director {
	return &state.Director{Name: "a", Counted: true, Virtuals: []state.Virtual{
		{ID: "tcp:10.0.0.1:25", Panic: true, Reals: []state.Real{{Name: "10.1.0.1:25", State: "up", Up: true, Listed: true, Weight: 1, Configured: 1},
			{Name: "10.1.0.2:25", State: "down", Listed: true, Weight: 1, Configured: 1}, {Name: "10.1.0.3:25", State: "down", Listed: true, Weight: 1, Configured: 1}}},
		{ID: "tcp:10.0.0.1:80", Reals: []state.Real{{Name: "10.1.0.1:80", State: "held", HeldUntil: now.Add(10 * time.Minute), Configured: 10},
			{Name: "10.1.0.2:80", State: "down", Path: "no answer", Configured: 10}, {Name: "10.1.0.3:80", State: "up", Up: true, Listed: true, Growing: true, Weight: 3, Configured: 10}}}}}
}

func text(t testing.TB, families []Family) string {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, families); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestFamilies(t *testing.T) {
	d := crowd(2)
	d.Virtuals[0].Reals = append(d.Virtuals[0].Reals, d.Virtuals[0].Reals[0], state.Real{Name: "10.1.0.9:80", State: "disabled"})
	for name, families := range map[string][]Family{"heartbeat": Heartbeat(pair()), "ldirectord": Director(d), "steadied": Director(steadied())} {
		golden.File(t, *update, "testdata/"+name+".prom", text(t, families))
	}
}

// promtool's linter has nothing to say, and no family or sample is there twice.
func TestConventions(t *testing.T) {
	d := crowd(3)
	d.Virtuals = append(d.Virtuals, steadied().Virtuals...)
	families := append(Heartbeat(pair()), Director(d)...)
	problems, err := promlint.New(strings.NewReader(text(t, families))).Lint()
	if err != nil || len(problems) > 0 {
		t.Errorf("%v %+v", err, problems)
	}
	seen := map[string]bool{}
	for line := range strings.Lines(text(t, families)) {
		sample, _, _ := strings.Cut(line, "} ")
		if strings.HasPrefix(line, "#") {
			sample = line
		}
		if seen[sample] {
			t.Errorf("twice: %s", sample)
		}
		seen[sample] = true
	}
}

// Without the kernel's counters there are none, rather than counters of 0.
func TestUncounted(t *testing.T) {
	d := crowd(1)
	d.Counted = false
	if got := text(t, Director(d)); strings.Contains(got, "_connections") || !strings.Contains(got, "ldirectord_real_up") {
		t.Error(got)
	}
}

func get(t *testing.T, c *http.Client, url string) (string, int) {
	t.Helper()
	r, err := c.Get(url)
	if err != nil {
		return "", 0
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b), r.StatusCode
}

// The socket answers always, TCP as long as it is configured.
func TestServer(t *testing.T) {
	s := NewServer(func() []Family { return Heartbeat(pair()) })
	defer s.Close()
	path := filepath.Join(t.TempDir(), "metrics")
	if err := s.Socket(path, 0o660, os.Getgid()); err != nil {
		t.Fatal(err)
	}
	var dialer net.Dialer
	local := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return dialer.DialContext(ctx, "unix", path) }}}
	body, code := get(t, local, "http://local/metrics")
	if code != 200 || !strings.Contains(body, `heartbeat_node_up{node="node2",type="normal"} 0`) {
		t.Errorf("%d %s", code, body)
	}
	if _, code := get(t, local, "http://local/"); code != 404 {
		t.Errorf("%d", code)
	}
	at := free(t)
	remote := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	if err := s.Listen(at); err != nil {
		t.Fatal(err)
	}
	if body, _ := get(t, remote, "http://"+at.String()+"/metrics"); !strings.Contains(body, "heartbeat_info") {
		t.Errorf("%s", body)
	}
	if err := NewServer(nil).Listen(at); err == nil || !strings.Contains(err.Error(), "systole_metrics") {
		t.Errorf("an address in use: %v", err)
	}
	if err := s.Listen(netip.AddrPort{}); err != nil {
		t.Fatal(err)
	}
	if _, code := get(t, remote, "http://"+at.String()+"/metrics"); code != 0 {
		t.Error("it answers at an address that is no longer configured")
	}
	if _, code := get(t, local, "http://local/metrics"); code != 200 {
		t.Errorf("%d", code)
	}
}

// free is an address that nobody listens on.
func free(t *testing.T) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return netip.MustParseAddrPort(l.Addr().String())
}

// BenchmarkScrape is a scrape of ten thousand servers, without the network.
func BenchmarkScrape(b *testing.B) {
	d := crowd(10000)
	h := handler(func() []Family { return Director(d) })
	for b.Loop() {
		w := &nowhere{}
		r, _ := http.NewRequest("GET", "/metrics", nil)
		h.ServeHTTP(w, r)
		b.SetBytes(int64(w.n))
	}
}

type nowhere struct {
	n      int
	header http.Header
}

func (w *nowhere) Header() http.Header {
	if w.header == nil {
		w.header = http.Header{}
	}
	return w.header
}
func (w *nowhere) Write(b []byte) (int, error) { w.n += len(b); return len(b), nil }
func (w *nowhere) WriteHeader(int)             {}
