package doctor

import (
	"context"
	"fmt"
	"math"
	"net"
	"net/netip"
	"os"
	"time"

	"golang.org/x/net/icmp"
	"golang.org/x/net/ipv4"

	"systole/pkg/state"
)

// The echoes that a peer is asked for.
const (
	echoes    = 20
	echoEvery = 25 * time.Millisecond
	echoWait  = time.Second // for the last
)

// paths looks at what heartbeat measured, and asks each peer for echoes.
func paths(ctx context.Context, _ *Machine, s Setup) []Finding {
	var found []Finding
	if s.Status != nil {
		found = append(found, heartbeats(s.Status)...)
	} else if s.Port != 0 {
		found = append(found, warning("systemctl start heartbeat", "heartbeat is not running: nothing is known of its paths"))
	}
	for _, p := range s.Peers {
		e, err := ask(ctx, p.Addr)
		if err != nil {
			found = append(found, skipped("echoes of %s: %v", p.Addr, err))
			continue
		}
		found = append(found, e.judge(p))
	}
	if len(found) == 0 {
		found = append(found, skipped("no ha.cf, or no peer of its media has a known address"))
	}
	return found
}

// heartbeats judges what the daemon measured on its paths.
func heartbeats(d *state.Document) []Finding {
	var found []Finding
	for _, n := range append(append([]state.Node(nil), d.Nodes...), d.Pings...) {
		for _, p := range n.Paths {
			found = append(found, judgePath(n, p, d.Daemon.Keepalive))
		}
	}
	return found
}

// judgePath: a mean interval longer than the keepalive time means that heartbeats get lost.
func judgePath(n state.Node, p state.Path, keepalive int64) Finding {
	name := n.Name + ":" + p.Name
	loss := 0.0
	if p.Interval > 0 {
		loss = max(0, 1-float64(keepalive)/float64(p.Interval))
	}
	jitter := float64(p.Jitter) / 1000
	switch {
	case !p.Up && p.Age < 0:
		return bad("systole doctor, on "+n.Name+"; tcpdump -ni any udp", "nothing ever came over %s", name)
	case !p.Up:
		return bad("ip -s link; systole doctor, on "+n.Name, "%s is dead: nothing came for %.1f s", name, float64(p.Age)/1000)
	case p.Count < 20:
		return ok("%s works; %d heartbeats are too few to measure", name, p.Count)
	case loss > 0.1:
		return warning("ip -s link; ethtool -S "+p.Name, "about %.0f %% of the heartbeats of %s are lost", 100*loss, name)
	case jitter > float64(keepalive)/4:
		return warning("look at the load of "+n.Name+"; raise keepalive and deadtime", "heartbeats of %s come %.1f ms off their time", name, jitter)
	}
	return ok("%s works: every %.2f s, %.1f ms off", name, float64(p.Interval)/1000, jitter)
}

// echo is what came of asking a peer.
type echo struct {
	sent, got int
	longest   time.Duration
	mean      time.Duration
	jitter    time.Duration // mean difference of neighbours
}

func (e echo) judge(p Peer) Finding {
	way := p.Addr.String()
	if p.Interface != "" {
		way += " over " + p.Interface
	}
	times := fmt.Sprintf("%.2f ms, at most %.2f ms, %.2f ms off", ms(e.mean), ms(e.longest), ms(e.jitter))
	lost := e.sent - e.got
	switch {
	case e.got == 0:
		return bad(fmt.Sprintf("ping %s; ip route get %[1]s", p.Addr), "%s answers no echo", way)
	case lost > 0:
		return warning("ip -s link; ethtool -S "+p.Interface, "%d of %d echoes of %s are lost; %s", lost, e.sent, way, times)
	}
	return ok("%d echoes of %s came in %s", e.got, way, times)
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// ask sends echo requests to a peer and measures the answers.
func ask(ctx context.Context, to netip.Addr) (e echo, err error) {
	if !to.Is4() {
		return e, fmt.Errorf("%s is no IPv4 address", to)
	}
	conn, err := icmp.ListenPacket("ip4:icmp", "0.0.0.0")
	if err != nil {
		return e, err
	}
	defer conn.Close()
	sent := make([]time.Time, 0, echoes)
	var took []time.Duration
	id := os.Getpid() & 0xffff
	for seq := range echoes {
		if ctx.Err() != nil {
			return e, ctx.Err()
		}
		m := icmp.Message{Type: ipv4.ICMPTypeEcho, Body: &icmp.Echo{ID: id, Seq: seq, Data: make([]byte, 56)}}
		b, err := m.Marshal(nil)
		if err != nil {
			return e, err
		}
		sent = append(sent, time.Now())
		if _, err := conn.WriteTo(b, &net.IPAddr{IP: to.AsSlice()}); err != nil {
			return e, err
		}
		took = append(took, hear(conn, to, id, sent, echoEvery)...)
	}
	if len(took) < echoes {
		took = append(took, hear(conn, to, id, sent, echoWait)...)
	}
	return measure(len(sent), took), nil
}

// hear reads answers for so long, or until the last one has come.
func hear(conn *icmp.PacketConn, from netip.Addr, id int, sent []time.Time, wait time.Duration) (took []time.Duration) {
	end := time.Now().Add(wait)
	_ = conn.SetReadDeadline(end) // fails on a closed socket only, as the read then does
	b := make([]byte, 1500)
	for {
		n, addr, err := conn.ReadFrom(b)
		if err != nil {
			return took
		}
		m, err := icmp.ParseMessage(1, b[:n])
		if err != nil || m.Type != ipv4.ICMPTypeEchoReply || addr.String() != from.String() {
			continue
		}
		if body, is := m.Body.(*icmp.Echo); is && body.ID == id && body.Seq < len(sent) {
			took = append(took, time.Since(sent[body.Seq]))
			if body.Seq == echoes-1 {
				return took
			}
		}
	}
}

func measure(sent int, took []time.Duration) echo {
	e := echo{sent: sent, got: min(sent, len(took))}
	var sum, differences time.Duration
	for i, d := range took {
		sum += d
		e.longest = max(e.longest, d)
		if i > 0 {
			differences += time.Duration(math.Abs(float64(d - took[i-1])))
		}
	}
	if len(took) > 0 {
		e.mean = sum / time.Duration(len(took))
	}
	if len(took) > 1 {
		e.jitter = differences / time.Duration(len(took)-1)
	}
	return e
}
