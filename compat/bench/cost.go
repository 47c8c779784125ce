package main

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"systole/pkg/authkeys"
	"systole/pkg/cluster"
	"systole/pkg/hamsg"
)

// costOfMessage says what one heartbeat costs who receives it: the datagram is
// authenticated and parsed, and the machine finds that there is nothing to do.
func costOfMessage() string {
	r := testing.Benchmark(receive)
	return fmt.Sprintf("A heartbeat that is received costs Systole %.1f µs and %d allocations of %d bytes in all: signature, parsing, decision.",
		float64(r.NsPerOp())/1000, r.AllocsPerOp(), r.AllocedBytesPerOp())
}

// receive has a machine hear the heartbeats of another one, one an operation.
func receive(b *testing.B) {
	keys := &authkeys.Keyring{Auth: 2}
	keys.Keys[2] = authkeys.Key{Method: authkeys.SHA1, Secret: "gunnmlvs"}
	now := time.Unix(1_500_000_000, 0)
	listener := machineOf(active, now)
	datagrams := heartbeats(machineOf(standby, now), keys, now, b.N)
	b.ReportAllocs()
	b.ResetTimer()
	for i, data := range datagrams {
		msg, err := hamsg.Open(data, keys)
		if err != nil {
			b.Fatal(err)
		}
		at := now.Add(time.Duration(i) * time.Second)
		listener.Step(at, cluster.Recv{Msg: msg, At: at})
	}
}

func machineOf(n node, now time.Time) *cluster.Machine {
	m := cluster.New(cluster.Config{
		Node: n.name, UUID: [16]byte{1, byte(n.addr.Addr().As4()[3])}, Generation: uint64(now.Unix()),
		Nodes: []string{active.name, standby.name}, Links: []cluster.Link{{Name: "eth0"}},
		Keepalive: time.Second, Deadtime: 5 * time.Second, Warntime: 3 * time.Second, Initdead: 10 * time.Second,
		MaxRexmitDelay: 250 * time.Millisecond,
	})
	m.Step(now, cluster.Start{})
	return m
}

// heartbeats are the first n datagrams that a machine sends.
func heartbeats(m *cluster.Machine, keys *authkeys.Keyring, now time.Time, n int) [][]byte {
	out := make([][]byte, 0, n)
	for len(out) < n {
		if due, ok := m.Next(); ok {
			now = due
		}
		for _, a := range m.Step(now, cluster.Tick{}) {
			if s, is := a.(cluster.Send); is {
				out = append(out, hamsg.Seal(s.Msg, keys, false))
			}
		}
	}
	return slices.Clip(out[:n])
}
