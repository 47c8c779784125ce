package medium

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"systole/pkg/hacf"
	"systole/pkg/medium/socket"
)

func pingTo(hosts ...string) hacf.Medium {
	cfg := hacf.Medium{Kind: hacf.Ping, Node: hosts[0], Hosts: hosts}
	if len(hosts) > 1 {
		cfg.Kind, cfg.Node = hacf.PingGroup, "gw"
	}
	return cfg
}

// The kernel of B answers.
func TestPing(t *testing.T) {
	w := newWire(t)
	a := w.openA(pingTo("10.77.0.2"))
	if a.Name() != "10.77.0.2" || a.Kind() != "ping" {
		t.Errorf("%s %s", a.Kind(), a.Name())
	}
	for _, text := range []string{"###\nfirst", "###\nsecond", strings.Repeat("fragments ", 500)} {
		w.must(a.Send([]byte(text)))
		if d := a.await(); string(d.Data) != text || d.From != netip.MustParseAddr("10.77.0.2") || d.Link != 5 {
			t.Errorf("received %.50q from %s", d.Data, d.From)
		}
	}
	if got := a.logs.Text(); got != "info glib: ping heartbeat started." {
		t.Errorf("log %q", got)
	}
}

// Media in one process see only the replies to their own requests.
func TestPingMediaAreApart(t *testing.T) {
	w := newWire(t)
	one, two := newEnd(t), newEnd(t)
	w.must(one.open(t.Context(), pingTo("10.77.0.2"), 1))
	w.must(two.open(t.Context(), pingTo("10.77.0.2"), 2))
	for range 10 {
		w.must(one.Send([]byte("one")))
		w.must(two.Send([]byte("two")))
	}
	for range 10 {
		if d := one.await(); string(d.Data) != "one" {
			t.Errorf("one received %q", d.Data)
		}
		if d := two.await(); string(d.Data) != "two" {
			t.Errorf("two received %q", d.Data)
		}
	}
}

// Two members of the group answer, and each request counts once.
func TestPingGroup(t *testing.T) {
	w := newWire(t)
	a := w.openA(pingTo("10.77.0.2", "127.0.0.1"))
	if a.Name() != "gw" || a.Kind() != "ping_group" {
		t.Errorf("%s %s", a.Kind(), a.Name())
	}
	const count = 300 // more than the window
	for i := range count {
		w.must(a.Send([]byte{byte(i), byte(i >> 8)}))
		if d := a.await(); int(d.Data[0])|int(d.Data[1])<<8 != i {
			t.Fatalf("request %d: received %v from %s", i, d.Data, d.From)
		}
	}
	if got := a.logs.Text(); got != "info glib: ping group heartbeat started." {
		t.Errorf("log %q", got)
	}
}

// A member that does not exist, on the network or beyond it, does not matter.
func TestPingGroupLivesByOneMember(t *testing.T) {
	w := newWire(t)
	a := w.openA(pingTo("10.77.0.99", "10.99.0.1", "10.77.0.2")) // there is no route to the second
	w.must(a.Send([]byte("x")))
	if d := a.await(); d.From != netip.MustParseAddr("10.77.0.2") {
		t.Errorf("received from %s", d.From)
	}
}

func TestPingWithoutRoute(t *testing.T) {
	w := newWire(t)
	a := w.openA(pingTo("10.99.0.1"))
	if err := a.Send([]byte("x")); err == nil || socket.Reason(err) != "Network is unreachable" {
		t.Errorf("send: %v", err)
	}
	a.logs.Await(a.t, patience, "ERROR write_child: write failure on ping 10.99.0.1.: Network is unreachable")
}

func TestPingUnknownHost(t *testing.T) {
	w := newWire(t)
	err := newEnd(t).open(w.t.Context(), pingTo("no-such-host.invalid"), 0)
	var open *socket.OpenError
	if !errors.As(err, &open) || !strings.HasPrefix(open.Words, "unknown host: no-such-host.invalid: ") {
		t.Errorf("%v", err)
	}
}

// The kernel of B answers over IPv6, also at an address that needs a zone.
func TestPing6(t *testing.T) {
	w := newWire(t)
	for _, host := range []string{"fd77::2", w.linkLocalOfB() + "%eth0"} {
		a := w.openA(hacf.Medium{Kind: hacf.Ping6, Node: host, Hosts: []string{host}})
		a.reaches(a, "###\nfirst")
		w.must(a.Send([]byte(strings.Repeat("fragments ", 500))))
		if d := a.await(); len(d.Data) != 5000 || d.From != netip.MustParseAddr(host).WithZone("") {
			t.Errorf("received %.50q from %s", d.Data, d.From)
		}
	}
}

// linkLocalOfB gives B a link-local address that can be used at once.
func (w *wire) linkLocalOfB() string {
	w.t.Helper()
	w.onB(func() error { return addresses("eth0", "10.77.0.2/24", "fe80::77/64") })
	return "fe80::77"
}

func TestPing6TakesNumbersOnly(t *testing.T) {
	newWire(t)
	if err := newEnd(t).open(t.Context(), hacf.Medium{Kind: hacf.Ping6, Node: "localhost", Hosts: []string{"localhost"}}, 0); err == nil {
		t.Error("a name was taken")
	}
}

// A member that does not answer ARP keeps the requests to it in the queue of their socket.
func TestPingGroupWithASilentMember(t *testing.T) {
	w := newWire(t)
	a := w.openA(pingTo("10.77.0.99", "10.77.0.2"))
	payload := []byte(strings.Repeat("x", 1000))
	for range 1000 {
		w.must(a.Send(payload))
		a.await()
	}
	if got := a.logs.Text(); got != "info glib: ping group heartbeat started." {
		t.Errorf("log %q", got)
	}
}
