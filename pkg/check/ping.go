package check

import (
	"context"
	"encoding/binary"
	"io"
	"time"
)

// ICMP messages (RFC 792, RFC 4443).
const (
	echoRequest  = 8
	echoReply    = 0
	echoRequest6 = 128
	echoReply6   = 129
	pingData     = 64 // bytes of data the original sends (ldirectord spec 9.7)
	echoHeader   = 8
)

// ping sends checkcount echo requests, checktimeout apart, and is up at the first reply
// (ldirectord spec 9.7). The socket is connected, so it hears this server only.
func ping(ctx context.Context, env *Env, t Target) Result {
	network := "ip4:icmp"
	if t.Real.Addr.Is6() {
		network = "ip6:ipv6-icmp"
	}
	c, err := open(ctx, env, network, t.Real.Addr.String(), bodyMax)
	if err != nil {
		return Result{Message: reason(err)}
	}
	defer c.Close()
	var id [2]byte
	if _, err := io.ReadFull(env.Rand, id[:]); err != nil {
		return Result{Message: err.Error()}
	}
	for n := range max(t.Virtual.CheckCount, 1) {
		e := echo{id: binary.BigEndian.Uint16(id[:]), seq: uint16(n + 1), ipv6: t.Real.Addr.Is6()}
		if _, err := c.Write(e.request()); err != nil && ctx.Err() != nil {
			break
		}
		if c.awaitEcho(e, env.Now().Add(t.Virtual.CheckTimeout)) {
			return Result{Up: true}
		}
		if ctx.Err() != nil {
			break
		}
	}
	return Result{}
}

// awaitEcho reads until the reply or the deadline.
func (w *wire) awaitEcho(e echo, deadline time.Time) bool {
	_ = w.SetReadDeadline(deadline)
	buf := make([]byte, 512)
	for {
		n, err := w.Read(buf)
		if err != nil {
			return false
		}
		if e.answeredBy(buf[:n]) {
			return true
		}
	}
}

// echo is one question.
type echo struct {
	id, seq uint16
	ipv6    bool
}

func (e echo) request() []byte {
	b := make([]byte, echoHeader+pingData)
	b[0] = echoRequest
	if e.ipv6 {
		b[0] = echoRequest6 // the kernel fills in its checksum
	}
	binary.BigEndian.PutUint16(b[4:], e.id)
	binary.BigEndian.PutUint16(b[6:], e.seq)
	if !e.ipv6 {
		binary.BigEndian.PutUint16(b[2:], checksum(b))
	}
	return b
}

// answeredBy says whether a packet, for IPv4 with its header, is the reply.
func (e echo) answeredBy(b []byte) bool {
	want := byte(echoReply6)
	if !e.ipv6 {
		want = echoReply
		if len(b) < 20 || int(b[0]&15)*4 > len(b) {
			return false
		}
		b = b[int(b[0]&15)*4:]
	}
	return len(b) >= echoHeader && b[0] == want &&
		binary.BigEndian.Uint16(b[4:]) == e.id && binary.BigEndian.Uint16(b[6:]) == e.seq
}

// checksum is that of RFC 1071 for a message of even length.
func checksum(b []byte) uint16 {
	var sum uint32
	for i := 0; i+1 < len(b); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	for sum>>16 != 0 {
		sum = sum&0xffff + sum>>16
	}
	return ^uint16(sum)
}
