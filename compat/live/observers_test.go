package live

import (
	"io"
	"strings"
	"testing"
	"time"

	"systole/compat/lab"
)

// observed is what ha.cf says about those who watch, and hook the program that it names.
const (
	observed = "systole_metrics :9694\nsystole_hook /root/hook\n"
	hook     = "#!/bin/sh\necho \"$SYSTOLE_NODE $SYSTOLE_KIND $SYSTOLE_TEXT\" >> /root/events\n"
)

// scraped is what Prometheus gets from a host.
func scraped(t *testing.T, h *lab.Host) string {
	t.Helper()
	r := lab.OK(h.HTTP(time.Duration(patience)).Get("http://127.0.0.1:9694/metrics"))(t)
	defer r.Body.Close()
	return string(lab.OK(io.ReadAll(r.Body))(t))
}

// watched sees that a pair at rest is told to Prometheus.
func watched(t *testing.T, a *lab.Host) {
	t.Helper()
	text := scraped(t, a)
	for _, sample := range []string{`heartbeat_node_up{node="node2",type="normal"} 1`, `heartbeat_path_up{node="node2",path="eth0"} 1`,
		`heartbeat_group_held{node="node1",owner="node1",resources="websvc::www IPaddr2::192.0.2.10/24/eth0"} 1`, "heartbeat_resources_settled 1"} {
		if !strings.Contains(text, sample+"\n") {
			t.Errorf("not told: %s\n%s", sample, text)
		}
	}
	mode := lab.OK(a.Check(patience.For(t), "stat", "-c", "%a %U:%G", "/run/heartbeat/metrics"))(t)
	if strings.TrimSpace(mode) != "660 root:haclient" {
		t.Errorf("the socket is %s", mode)
	}
}

// takenOver sees that a takeover was told to Prometheus, to the hook in the order of the events, and
// that it can be drawn.
func takenOver(t *testing.T, b *lab.Host) {
	t.Helper()
	if text := scraped(t, b); !strings.Contains(text, `heartbeat_node_up{node="node1",type="normal"} 0`) {
		t.Errorf("not told:\n%s", text)
	}
	var events []byte
	if !patience.Within(t, func() bool {
		events, _ = b.ReadFile("/root/events")
		_, after, died := strings.Cut(string(events), "node2 node node node1: dead\n")
		return died && strings.Contains(after, "node2 resources holds all, held local\n")
	}) {
		t.Fatalf("the hook was told\n%s", events)
	}
	drawn := lab.OK(b.Check(patience.For(t), "systole", "timeline", "--since", "10m"))(t)
	t.Log(drawn)
	for _, want := range []string{"silence of node1", "…...", "at rest"} {
		if !strings.Contains(drawn, want) {
			t.Errorf("not drawn: %s\n%s", want, drawn)
		}
	}
}
