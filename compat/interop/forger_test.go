package interop

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"systole/compat/lab"
	"systole/pkg/authkeys"
	"systole/pkg/hamsg"
	"systole/pkg/hamsg/pcap"
)

// blow is a datagram of the capture and what the log of its victim says of it.
type blow struct {
	frame  int
	says   []string // nothing: it is taken or dropped in silence
	sends  []string // what it sends then
	insist bool     // dropped each time, and complained of once a second: it is sent until that is logged
}

// blows are the datagrams in their order with the reactions of heartbeat 3.0.6, where ours are not
// better for a reason: a valid token is not told, no packet is dumped, and nobody is renamed.
func blows() []blow {
	return []blow{
		{frame: 6, says: []string{`info: Link node2:eth0 up\.`}},
		{frame: 8, says: []string{`info: Status update for node node2: status up`}},      // no inner auth
		{frame: 10, says: []string{`info: Status update for node node2: status active`}}, // the old text form
		{frame: 14, says: []string{`info: Comm_now_up\(\): updating status to active`, `info: Local status now set to: 'active'`}},
		{frame: 17, says: []string{`ERROR: authtoken does not match`}, insist: true},
		{frame: 19, says: []string{`peel_netstring`}, insist: true}, // no token
		{frame: 23, says: []string{`WARN: Invalid authentication \[2\] in message!`}, insist: true},
		{frame: 25}, // "hello"
		{frame: 26}, // inner auth wrong, token right
		{frame: 28, says: []string{`string2msg_ll: node \[node2\] failed authentication`}, insist: true},
		{frame: 30, says: []string{`ERROR: should_drop_message: attempted replay attack \[node2\]\? \[gen = 1795162111, curgen = 1795162112\]`}, insist: true},
		{frame: 31}, {frame: 33}, // seen before
		{frame: 35, says: []string{`WARN: 3 lost packet\(s\) for \[node2\] \[5:9\]`},
			sends: []string{`t=NS_rexmit,.*firstseq=6,`, `t=NS_rexmit,.*firstseq=7,`, `t=NS_rexmit,.*firstseq=8,`}},
		{frame: 52, says: []string{`ERROR: Irretrievably lost packet: node node2 seq 6`}},
		{frame: 58}, {frame: 59, says: []string{`info: No pkts missing from node2!`}},
		{frame: 62, sends: []string{`\(0\)seq=1,`, `\(0\)seq=2,`, `\(0\)seq=3,`}}, // wants them again
		{frame: 72, says: []string{`Rexmit of seq 5000 requested\. \d+ is max\.`}, insist: true},
		{frame: 74, says: []string{`Invalid rexmit seqnos`}, insist: true},
		{frame: 75}, // for another node
		{frame: 77, says: []string{`ERROR: HBDoMsg_T_ACK: corrupted ackseq current hiseq = \d+ ackseq =4095 in this message`}, insist: true},
		{frame: 79, says: []string{`ERROR: process_status_message: bad node \[stranger\] in message`}, insist: true},
		{frame: 80}, {frame: 82}, {frame: 84}, // the name in capitals
		{frame: 85, says: []string{`node node2 changed its uuid to 77777777-7777-7777-7777-777777777777`}},
		{frame: 88, says: []string{`process_clustermsg: missing seqno: iface \S+, from node2`}, insist: true},
		{frame: 90, says: []string{`process_clustermsg: has bad cseq: iface \S+, from node2`}, insist: true},
		{frame: 92, says: []string{`should_drop_message: bad sequence number`}, insist: true},
		{frame: 93, says: []string{`process_clustermsg: missing from/ts/type: iface \S+, from <\?>`}, insist: true},
		{frame: 95}, // sent in 1970
		{frame: 98, says: []string{`HBDoMsg_T_STATUS: status update without st field`}},
		{frame: 99}, // an unknown type
		{frame: 101, says: []string{`WARN: 300 lost packet\(s\) for \[node2\] \[15:316\]`, `lost a lot of packets!`}},
		{frame: 103, says: []string{`info: Heartbeat restart on node node2`, `info: Status update for node node2: status init`}},
		{frame: 105}, {frame: 107}, // a still higher generation; for another node
	}
}

// forger is the sender of the capture at work again.
type forger struct {
	*testing.T
	victim *node
	conn   net.Conn
	frames map[int][]byte
	wire   *lab.Capture // of the forger's card
	at     int          // lines of the log that belong to former blows
}

// TestForger sends what a real heartbeat was once sent by a forger, and expects the same reactions;
// then rubbish, which must not bring it down.
func TestForger(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	for _, b := range blows() {
		f.strike(b)
	}
	f.silentOtherwise()
	f.rubbish()
	f.survived()
}

func newForger(t *testing.T) *forger {
	l := lab.Test(t)
	lan := lab.OK(l.Switch("lan"))(t)
	mine := lab.OK(l.Host(lab.Spec{Name: "node2", Ports: map[string]lab.Port{"eth0": lab.On(lan, "10.9.0.12/24")}}))(t)
	n := &node{t: t, ours: true}
	n.Host = lab.OK(l.Host(lab.Spec{Name: "node1", Flavour: lab.Systole, Ports: map[string]lab.Port{"eth0": lab.On(lan, "10.9.0.11/24")}}))(t)
	n.write("ha.cf", "logfile /var/log/ha.log\nkeepalive 500ms\ndeadtime 30\nucast eth0 10.9.0.12\nnode node1 node2\nauto_failback on\n", 0o644)
	n.write("haresources", "", 0o644)
	n.write("authkeys", "auth 1\n1 sha1 FakeKey\n", 0o600)
	n.log = n.Tail("/var/log/ha.log")
	t.Cleanup(n.log.Stop)
	wire := lab.OK(mine.Capture("eth0"))(t)
	t.Cleanup(wire.Stop)
	n.start()
	n.awaits("Local status now set to: 'up'")
	f := &forger{T: t, victim: n, wire: wire, frames: map[int][]byte{}, at: n.log.Len()}
	f.conn = lab.OK(mine.Dial(patience.For(t), "udp", "10.9.0.11:694"))(t)
	capture := lab.OK(os.Open("testdata/injected-negative.pcap"))(t)
	defer capture.Close()
	for _, d := range lab.OK(pcap.ReadAll(capture))(t) {
		f.frames[d.Frame] = d.Payload
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("log:\n%s", n.since(0))
		}
	})
	return f
}

func (f *forger) send(b []byte) {
	f.Helper()
	if _, err := f.conn.Write(b); err != nil {
		f.Fatal(err)
	}
}

// strike sends a datagram and waits for the reactions.
func (f *forger) strike(b blow) {
	f.Helper()
	mark := f.wire.Len()
	f.send(f.frames[b.frame])
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	ctx := patience.For(f.T)
	for len(b.says) > 0 {
		if i, ok := f.logged(b.says[0]); ok {
			f.at, b.says = i, b.says[1:]
			continue
		}
		select {
		case <-again.C:
			if b.insist {
				f.send(f.frames[b.frame])
			}
		case <-ctx.Done():
			f.Fatalf("frame %d: no line %q after\n%s", b.frame, b.says[0], f.victim.since(f.at-1))
		}
	}
	for _, re := range b.sends {
		f.sent(mark, b.frame, regexp.MustCompile(`(?s)`+re))
	}
}

// sent waits for a datagram of the victim after the first mark frames.
func (f *forger) sent(mark, frame int, re *regexp.Regexp) {
	f.Helper()
	_, err := f.wire.AwaitFrom(patience.For(f.T), mark, func(at lab.Frame) bool {
		src, _, payload, ok := at.UDP()
		return ok && src.Addr() == victimAddr() && re.Match(payload)
	})
	if err != nil {
		f.Errorf("frame %d: nothing like %q is sent: %v", frame, re, err)
	}
}

func victimAddr() netip.Addr { return netip.MustParseAddr("10.9.0.11") }

// silentOtherwise holds the log against everything that it was to say.
func (f *forger) silentOtherwise() {
	f.Helper()
	known := regexp.MustCompile(`the packet above came from 10\.9\.0\.12|netstring authentication failed, s=<\d+ bytes>|` +
		`node node2 changed its uuid to 00112233-4455-6677-8899-aabbccddeeff`)
	for _, l := range f.victim.log.All() {
		expected := known.MatchString(l.Text) || !complaint.MatchString(l.Text) && !about.MatchString(l.Text)
		for _, b := range blows() {
			for _, re := range b.says {
				expected = expected || regexp.MustCompile(re).MatchString(l.Text)
			}
		}
		if !expected {
			f.Errorf("an unexpected line: %s", l.Text)
		}
	}
}

// logged looks for a line after those of former blows and returns the number of the next one.
func (f *forger) logged(re string) (int, bool) {
	match := regexp.MustCompile(re)
	for i, l := range f.victim.log.All() {
		if i >= f.at && match.MatchString(l.Text) {
			return i + 1, true
		}
	}
	return 0, false
}

// rubbish is noise of every length, and good datagrams with something wrong in each.
func (f *forger) rubbish() {
	f.Helper()
	rnd := rand.New(rand.NewPCG(1, 2))
	for size := 0; size <= 65507; size = size*2 + 1 {
		b := make([]byte, size)
		for i := range b {
			b[i] = byte(rnd.Uint32())
		}
		f.send(b)
		f.send(bytes.Repeat([]byte{'('}, size))
		f.send(append([]byte("###\n"), b[:max(0, size-4)]...))
	}
	for _, good := range f.frames {
		for range 20 {
			bad := bytes.Clone(good)
			bad[rnd.IntN(len(bad))] ^= byte(1 + rnd.IntN(255))
			f.send(bad)
			f.send(good[:rnd.IntN(len(good))])
		}
	}
}

// survived shows that the same daemon still listens, and that no line of its log tells a token.
func (f *forger) survived() {
	f.Helper()
	keys, _ := authkeys.Parse("authkeys", []byte("auth 1\n1 sha1 FakeKey\n"))
	m := hamsg.New("t", "status", "st", "up", "dt", "7530", "protocol", "1", "src", "node2", "seq", "1", "hg", "6c000000",
		"ts", fmt.Sprintf("%x", time.Now().Unix()), "ld", "0.00", "ttl", "3")
	f.frames[0] = hamsg.Seal(m, keys, true)
	f.strike(blow{frame: 0, says: []string{`info: Heartbeat restart on node node2`}, insist: true})
	if starts := strings.Count(f.victim.since(0), "heartbeat: version"); starts != 1 {
		f.Errorf("the daemon started %d times", starts)
	}
	if regexp.MustCompile(`[0-9a-f]{40}`).MatchString(f.victim.since(0)) {
		f.Error("the log tells a token")
	}
	if n := f.victim.log.Len(); n > 400 {
		f.Errorf("%d lines in the log", n)
	}
}
