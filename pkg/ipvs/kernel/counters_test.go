package kernel

import (
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"systole/pkg/ipvs"
)

// Datagrams to a virtual service are counted for it and for the real that got them; zeroing
// makes the counters zero.
func TestCounters(t *testing.T) {
	w := newWorld(t)
	w.address("10.0.0.1/32", "10.0.0.11/32")
	h := w.open()
	dns := ipvs.Service{ServiceID: udp("10.0.0.1:5353"), Scheduler: "rr"}
	w.apply(h, []ipvs.Change{
		{Op: ipvs.AddService, Service: dns},
		{Op: ipvs.AddDest, Service: dns, Dest: dest("10.0.0.11:5354", ipvs.Masq, 1)},
	})
	w.sendThree("10.0.0.11:5354", "10.0.0.1:5353")
	stats := w.await(h, func(s ipvs.EntryStats) bool { return s.Stats.InPkts == 3 && s.Dests[0].Stats.InPkts == 3 })
	for _, s := range []ipvs.Stats{stats.Stats, stats.Dests[0].Stats} {
		if s.Conns != 1 || s.InBytes != 3*(20+8+5) || s.OutPkts != 0 {
			t.Errorf("counters are %+v", s)
		}
	}
	if d := stats.Dests[0]; d.Addr.String() != "10.0.0.11:5354" || d.Stats.Inactive != 1 || d.Stats.Active != 0 {
		t.Errorf("destination is %+v", d)
	}
	if err := h.Zero(t.Context(), dns.ServiceID); err != nil {
		t.Error(err)
	}
	w.await(h, func(s ipvs.EntryStats) bool { return s.Stats.InPkts == 0 && s.Stats.Conns == 0 })
	if err := h.Zero(t.Context()); err != nil {
		t.Error(err)
	}
	if err := h.Zero(t.Context(), tcp("10.0.0.9:80")); err == nil || !strings.Contains(err.Error(), "-t 10.0.0.9:80") {
		t.Errorf("zeroing a service that is not there: %v", err)
	}
}

// sendThree sends three datagrams to the virtual service and waits until its real has them.
func (w *world) sendThree(real, virtual string) {
	w.Helper()
	var server net.PacketConn
	var client net.Conn
	var err, err2 error
	w.do(func() {
		server, err = net.ListenPacket("udp4", real)
		client, err2 = net.Dial("udp4", virtual)
	})
	if err := errors.Join(err, err2); err != nil {
		w.Fatal(err)
	}
	defer server.Close()
	defer client.Close()
	server.SetReadDeadline(time.Now().Add(time.Minute))
	for range 3 {
		if _, err := client.Write([]byte("hello")); err != nil {
			w.Fatal(err)
		}
		if n, _, err := server.ReadFrom(make([]byte, 100)); n != 5 || err != nil {
			w.Fatalf("the real got %d bytes: %v", n, err)
		}
	}
}

// await reads the counters of the only service until they are right: the kernel adds them up
// every two seconds.
func (w *world) await(h *Handle, right func(ipvs.EntryStats) bool) ipvs.EntryStats {
	w.Helper()
	ctx := within(w)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		stats, err := h.Stats(ctx)
		if err != nil {
			w.Fatal(err)
		}
		if len(stats) == 1 && right(stats[0]) {
			return stats[0]
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			w.Fatalf("counters stay %+v", stats)
		}
	}
}

func TestTimeouts(t *testing.T) {
	w := newWorld(t)
	h := w.open()
	if err := h.SetTimeouts(t.Context(), Timeouts{TCP: 600 * time.Second, UDP: 30 * time.Second}); err != nil {
		t.Fatal(err)
	}
	got, err := h.Timeouts(t.Context())
	if want := (Timeouts{TCP: 600 * time.Second, FIN: 120 * time.Second, UDP: 30 * time.Second}); got != want || err != nil {
		t.Errorf("timeouts are %+v, %v", got, err)
	}
	if text := strings.TrimSpace(w.ipvsadm("", "-L", "--timeout")); text != got.String() {
		t.Errorf("ipvsadm says %q, we %q", text, got)
	}
}

func TestDaemons(t *testing.T) {
	w := newWorld(t)
	h := w.open()
	for _, d := range []Daemon{{Role: Master, Interface: "lo", SyncID: 7}, {Role: Backup, Interface: "lo", SyncID: 9, TTL: 3, MaxLen: 1000}} {
		if err := h.StartDaemon(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	daemons, err := h.Daemons(t.Context())
	if err != nil || len(daemons) != 2 {
		t.Fatalf("daemons are %v, %v", daemons, err)
	}
	if text := w.ipvsadm("", "-L", "--daemon"); text != daemons[0].String()+"\n"+daemons[1].String()+"\n" {
		t.Errorf("ipvsadm says\n%swe %v", text, daemons)
	}
	tests := []struct {
		err  error
		want error
		text string
	}{
		{h.StartDaemon(t.Context(), Daemon{Role: Master, Interface: "lo"}), ErrDaemonRuns, "start master sync daemon: sync daemon runs already"},
		{h.StopDaemon(t.Context(), Master), nil, ""},
		{h.StopDaemon(t.Context(), Master), ErrNoDaemon, "stop master sync daemon: no sync daemon is running"},
		{h.StartDaemon(t.Context(), Daemon{Role: Master, Interface: "nosuch"}), nil, "no such interface"},
		{h.StopDaemon(t.Context(), Backup), nil, ""},
	}
	for i, tt := range tests {
		if (tt.err == nil) != (tt.text == "") || tt.err != nil && !strings.Contains(tt.err.Error(), tt.text) || tt.want != nil && !errors.Is(tt.err, tt.want) {
			t.Errorf("step %d: %v, want %q", i, tt.err, tt.text)
		}
	}
}

// A namespace's table is its own, and a handle keeps to its namespace when it has to reconnect.
func TestNamespaces(t *testing.T) {
	a, b := newWorld(t), newWorld(t)
	ha, hb := a.open(), b.open()
	a.apply(ha, ipvs.Plan(nil, kitchenSink(), nil))
	b.same(nil, b.read(hb))
	if err := ha.Zero(t.Context(), tcp("10.0.0.9:80")); err == nil {
		t.Error("the counters of a service that is not there were zeroed")
	}
	a.same(kitchenSink().Normal(), a.read(ha)) // the error has cost the handle its connection
	a.same(kitchenSink().Normal(), a.read(a.open()))
}
