package hbapi

import (
	"testing"
	"time"

	"systole/pkg/hamsg"
)

func TestPace(t *testing.T) {
	var p pace
	now := time.Unix(1e9, 0)
	for range paceBurst {
		if d := p.reserve(now, 1); d > 0 {
			t.Fatalf("within the burst: %s", d)
		}
	}
	if d := p.reserve(now, 1); d != time.Second/paceRate {
		t.Errorf("the first unit beyond the burst: %s", d)
	}
	if d := p.reserve(now.Add(time.Minute), paceBurst); d > 0 {
		t.Errorf("after a rest: %s", d)
	}
	if d := p.reserve(now.Add(time.Minute), paceRate); d != time.Second {
		t.Errorf("a second's units: %s", d)
	}
	over := make(chan struct{})
	close(over)
	if p.usedUp = time.Now().Add(time.Hour); p.wait(1, over) {
		t.Error("waits for a connection that is over")
	}
	if !p.wait(0, nil) {
		t.Error("nothing costs something")
	}
}

func TestClusterUnits(t *testing.T) {
	for _, c := range []struct {
		m    *hamsg.Message
		size int
		want int
	}{
		{nil, 100, 0},
		{hamsg.New("t", "hbapi-req", "reqtype", "nodelist"), 100, 0},
		{hamsg.New("t", "hbapi-req", "reqtype", "signon"), 100, 2},
		{hamsg.New("t", "num_ping_nodes"), 100, 1},
		{hamsg.New("t", "big"), 64 << 10, 9},
		{hamsg.New(), 0, 1},
	} {
		if got := clusterUnits(c.m, c.size); got != c.want {
			t.Errorf("%v: %d, want %d", c.m, got, c.want)
		}
	}
}
