package clients

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"systole/pkg/hamsg"
	"systole/pkg/hbapi"
)

// attacker is one hostile client at a time, over and over. What it does follows from its seed; what
// comes of it does not matter to it.
type attacker struct {
	rng   *rand.Rand
	until time.Time
	done  *atomic.Int64 // connections made
}

// attack is what hostile clients do with a fresh connection, and how many do it at a time.
type attack struct {
	name string
	many int
	do   func(*attacker, *net.UnixConn)
}

func attacks() []attack {
	return []attack{
		{"garbage", 1, (*attacker).garbage},
		{"oversize frames", 1, (*attacker).oversize},
		{"half frames", 10, (*attacker).half},
		{"mutated frames", 1, (*attacker).mutated},
		{"bad ids", 1, (*attacker).badIDs},
		{"sign-on storm", 2, (*attacker).storm},
		{"request flood", 2, (*attacker).flood},
		{"message flood", 2, (*attacker).shout},
		{"slow reader", 30, (*attacker).sleep},
		{"idle connection", 20, (*attacker).idle},
	}
}

// runHostile is the program that attacks the daemon of the host it runs on: SEED SECONDS.
func runHostile(args []string) int {
	seed, err := strconv.ParseUint(args[0], 10, 64)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	seconds, err := strconv.Atoi(args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	until := time.Now().Add(time.Duration(seconds) * time.Second)
	var running sync.WaitGroup
	counts := make([]atomic.Int64, len(attacks()))
	for i, kind := range attacks() {
		for n := range kind.many {
			running.Go(func() {
				a := attacker{rng: rand.New(rand.NewPCG(seed, uint64(i<<8|n))), until: until, done: &counts[i]}
				a.run(kind)
			})
		}
	}
	running.Wait()
	for i, kind := range attacks() {
		fmt.Printf("%s: %d connections\n", kind.name, counts[i].Load())
	}
	return 0
}

// run attacks until the time is over.
func (a *attacker) run(kind attack) {
	for time.Now().Before(a.until) {
		c, err := net.Dial("unix", hbapi.DefaultSocket)
		if err != nil {
			time.Sleep(time.Millisecond)
			continue
		}
		a.done.Add(1)
		c.SetDeadline(time.Now().Add(2 * time.Second))
		kind.do(a, c.(*net.UnixConn))
		c.Close()
	}
}

// more says whether there is time for another round of an attack that goes on.
func (a *attacker) more() bool { return time.Now().Before(a.until) }

func (a *attacker) random(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(a.rng.Uint32())
	}
	return b
}

func (a *attacker) garbage(c *net.UnixConn) { c.Write(a.random(1 + a.rng.IntN(5000))) }

func header(size, magic uint32) []byte {
	return binary.NativeEndian.AppendUint32(binary.NativeEndian.AppendUint32(nil, size), magic)
}

func (a *attacker) oversize(c *net.UnixConn) {
	sizes := []uint32{hbapi.MaxBody + 1, 300000, 1 << 31, 1<<32 - 1, hbapi.MaxBody}
	c.Write(header(sizes[a.rng.IntN(len(sizes))], 0xabcd))
	for range 8 {
		c.Write(a.random(64 << 10))
	}
}

// half leaves the daemon with a frame that does not come to its end for a while.
func (a *attacker) half(c *net.UnixConn) {
	frame := signOn(strconv.Itoa(os.Getpid()))
	for _, b := range frame[:a.rng.IntN(len(frame))] {
		c.Write([]byte{b})
	}
	time.Sleep(time.Duration(a.rng.IntN(200)) * time.Millisecond)
}

func request(kind, id string, more ...string) []byte {
	m := hamsg.New(append([]string{"t", "hbapi-req", "reqtype", kind, "dest", "x", "pid", strconv.Itoa(os.Getpid()), "from_id", id}, more...)...)
	return frameOf(m)
}

func frameOf(m *hamsg.Message) []byte {
	frame, err := hbapi.AppendFrame(nil, m)
	if err != nil {
		return nil
	}
	return frame
}

func signOn(id string) []byte {
	return request("signon", id, "uid", strconv.Itoa(os.Geteuid()), "gid", strconv.Itoa(os.Getegid()))
}

func own() string { return strconv.Itoa(os.Getpid()) }

// mutated sends frames of which some bytes are others; the header stays good now and then.
func (a *attacker) mutated(c *net.UnixConn) {
	kinds := []string{"signon", "nodelist", "iflist", "nodestatus", "getparm", "setfilter", "setsignal", "set_sendqlen", "clientstatus", "getnodename", "signoff"}
	c.Write(signOn(own()))
	for range 1 + a.rng.IntN(30) {
		frame := request(kinds[a.rng.IntN(len(kinds))], own(), "node", activeName, "fmask", "3f", "sendqlen", "1024", "signal", "0")
		for range a.rng.IntN(6) {
			frame[8*a.rng.IntN(2)+a.rng.IntN(len(frame)-8)] = byte(a.rng.Uint32())
		}
		if _, err := c.Write(frame); err != nil {
			return
		}
	}
}

func (a *attacker) badIDs(c *net.UnixConn) {
	ids := []string{
		"", "0", "-1", strings.Repeat("x", 32), strings.Repeat("y", 100000), "../../etc/passwd", "a b", "a\x1b[2J", "ipfail", "ccm", "default", "anon",
		"99999999999999999999", "%s%n", "\xff\xfe", string(a.random(20)),
	}
	c.Write(signOn(ids[a.rng.IntN(len(ids))]))
	c.Write(request("numnodes", ids[a.rng.IntN(len(ids))]))
	c.Read(make([]byte, 4096))
}

// storm signs on and is gone.
func (a *attacker) storm(c *net.UnixConn) {
	c.Write(signOn("storm" + strconv.Itoa(a.rng.IntN(4))))
}

// flood asks and asks and reads nothing.
func (a *attacker) flood(c *net.UnixConn) {
	c.Write(signOn(own()))
	ask := append(request("nodelist", own()), request("getparm", own(), "pname", "deadtime")...)
	for range 2000 {
		if _, err := c.Write(ask); err != nil || !a.more() {
			return
		}
	}
}

// shout is a client that may speak to the cluster and does so as fast as it can.
func (a *attacker) shout(c *net.UnixConn) {
	c.Write(signOn("shout"))
	for i := range 5000 {
		m := hamsg.New("t", "shout", "n", strconv.Itoa(i), "x", strings.Repeat("x", a.rng.IntN(1000)))
		if a.rng.IntN(50) == 0 {
			m.Add("big", strings.Repeat("y", a.rng.IntN(hbapi.MaxBody-2000)))
		}
		if _, err := c.Write(frameOf(m)); err != nil || !a.more() {
			return
		}
	}
}

// sleep asks for the longest queue, for every message there is, and never reads.
func (a *attacker) sleep(c *net.UnixConn) {
	c.Write(signOn("shout" + strconv.Itoa(a.rng.IntN(1000))))
	c.Write(request("set_sendqlen", "", "sendqlen", "1000000000"))
	c.Write(request("setfilter", "", "fmask", "3f"))
	time.Sleep(min(5*time.Second, time.Until(a.until)))
}

// idle connects and says nothing.
func (a *attacker) idle(*net.UnixConn) { time.Sleep(20 * time.Millisecond) }
