package cluster_test

import (
	"fmt"
	"testing"
	"time"

	"systole/pkg/cluster"
	"systole/pkg/hacf"
	"systole/pkg/hamsg"
)

// FuzzMachine feeds a machine with whatever a network, scripts and clients can think of. It
// must neither crash nor answer one event with a storm.
func FuzzMachine(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, uint8(0))
	f.Add([]byte("a long stream of events that go through every handler of the machine"), uint8(1))
	f.Fuzz(func(t *testing.T, stream []byte, mode uint8) {
		now := time.Unix(1795217056, 0)
		m := cluster.New(fuzzConfig(mode))
		m.Step(now, cluster.Start{})
		for i := 0; i+3 < len(stream); i += 4 {
			now = now.Add(time.Duration(stream[i]) * 37 * time.Millisecond)
			actions := m.Step(now, fuzzEvent(stream[i+1], stream[i+2], stream[i+3], now))
			if len(actions) > 600 {
				t.Fatalf("%d actions to one event", len(actions))
			}
			for _, a := range actions {
				if a.String() == "" {
					t.Fatalf("action %T has no trace", a)
				}
			}
			m.Nodes()
			m.ResourceState()
		}
	})
}

func fuzzConfig(mode uint8) cluster.Config {
	return cluster.Config{Node: "a", Nodes: []string{"a", "b"}, Generation: 5,
		Links:     []cluster.Link{{Name: "eth0"}, {Ping: "gw"}},
		Clients:   []cluster.Client{{Command: "/bin/true"}},
		Keepalive: time.Second, Deadtime: 5 * time.Second, Warntime: 2 * time.Second, Initdead: 12 * time.Second,
		Deadping: 5 * time.Second, MaxRexmitDelay: 250 * time.Millisecond,
		Failback: hacf.Failback(mode % 3), NoResources: mode%7 == 6,
		Groups: []cluster.Group{{Digest: "d", Words: "IPaddr2::10.0.0.1"}}}
}

func fuzzEvent(kind, x, y byte, now time.Time) cluster.Event {
	switch kind % 12 {
	case 0:
		return cluster.Tick{}
	case 1:
		return cluster.PingReply{Link: int(x) - 2, At: now}
	case 2:
		return cluster.JobDone{ID: int(x % 16), Code: int(y)}
	case 3:
		return cluster.ClientExited{Index: int(x) - 2, Code: int(y)}
	case 4:
		return cluster.Local{Msg: fuzzMessage(x, y, 0)}
	case 5:
		if x == 7 {
			return cluster.Terminate{}
		}
		return cluster.Tick{}
	case 6:
		if x == 9 {
			return cluster.Reload{}
		}
		return cluster.GroupsChanged{Groups: []cluster.Group{{Digest: fmt.Sprint(y % 3)}}}
	}
	return cluster.Recv{Link: int(x%4) - 1, Msg: fuzzMessage(x, y, int(kind)), At: now}
}

func fuzzMessage(x, y byte, seq int) *hamsg.Message {
	types := []string{"status", "status", "status", "resource", "ask_resources", "starting", "shutdone", "NS_rexmit",
		"NS_ackmsg", "NS_nak_rexmit", "reqnodes", "repnodes", "ip-request", "ip-request-resp", "hb_takeover", "addnode",
		"delnode", "setweight", "query-cstatus", "hbapi-clstat", "odd", ""}
	msg := hamsg.New("t", types[int(x)%len(types)], "src", []string{"b", "b", "b", "a", "gw", "c"}[x%6],
		"seq", fmt.Sprintf("%x", seq+int(y)/3), "hg", fmt.Sprint(5+y%2), "ts", "6b00d4a3", "dt", "1388",
		"st", []string{"init", "up", "active", "dead"}[y%4], "rsc_hold", []string{"none", "local", "foreign", "all", "?"}[y%5],
		"info", []string{"me", "other", "done", "mach_down", "shutdown"}[y%5], "isstable", fmt.Sprint(y%2),
		"firstseq", fmt.Sprint(y), "lastseq", fmt.Sprint(int(y)+int(x)), "ackseq", fmt.Sprintf("%x", y),
		"nodelist", "b d", "node", "b", "dest", []string{"a", "b"}[x%2])
	if y%2 == 0 {
		for _, f := range [][2]string{{"systole", "1"}, {"systole_groups", "d"}, {"systole_first", "a"},
			{"systole_hold", "all"}, {"systole_taken", "foreign"}, {"rtype", "full"}} {
			msg.Add(f[0], f[1])
		}
	}
	return msg
}
