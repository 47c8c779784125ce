package agent

import (
	"context"
	"testing"

	"systole/pkg/netif"
	"systole/pkg/netif/netnstest"
)

// From the call of a start until its first frames are on the cable and it has returned, and the
// stop after it. The original needs 60 to 110 ms for a start (agents spec 2.4).
func BenchmarkIPaddr2(b *testing.B) {
	netnstest.TwoNetworks(b)
	h, err := netif.Open()
	if err != nil {
		b.Fatal(err)
	}
	defer h.Close()
	r := New(h, (&recorder{}).logs)
	defer r.Close()
	r.Slow, r.StateDir = nil, b.TempDir()
	ctx, args := context.Background(), []string{theVIP + "/32/eth0"}
	for b.Loop() {
		for _, op := range []string{"start", "stop"} {
			n := r.Natives[1]
			res, err := r.runNative(ctx, n, "/etc/ha.d/resource.d/IPaddr2", Call{Name: n.Name, Args: args, Op: op})
			if err != nil || res.Code != 0 {
				b.Fatalf("%s: %+v %v", op, res, err)
			}
		}
	}
}
