package lab

import (
	"context"
	"encoding/hex"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"
)

// seen makes answers of a line of words: "12a" is a question asked 12 ms after
// the start that server a answered at once, "12-" one given up 5 ms later.
func seen(start time.Time, line string) Answers {
	var as Answers
	for _, w := range strings.Fields(line) {
		ms, server := w[:len(w)-1], w[len(w)-1:]
		d, _ := time.ParseDuration(ms + "ms")
		a := Answer{Start: start.Add(d), Server: server}
		if server == "-" {
			a = Answer{Start: a.Start, Latency: 5 * time.Millisecond, Err: errSilence}
		}
		as = append(as, a)
	}
	return as
}

func TestAnswers(t *testing.T) {
	start := time.Unix(1e9, 0)
	for _, c := range []struct {
		line     string
		from, to int // of the longest gap, in ms
		failures int
		servers  string
	}{
		{"", 0, 0, 0, ""},
		{"0a 10a 21a 30a", 10, 21, 0, "a"},
		{"0a 10a 20- 30- 40b 50b", 10, 40, 2, "ab"},
		{"0- 10- 20a 30a", 0, 20, 2, "a"},
		{"0a 10- 20-", 0, 25, 2, "a"},
		{"0- 10-", 0, 15, 2, ""},
		{"10a 0a 40a", 10, 40, 0, "a"},
		{"0a 1b 2a 30b", 2, 30, 0, "ab"},
	} {
		as := seen(start, c.line)
		g := as.LongestGap()
		from, to := g.From.Sub(start), g.To.Sub(start)
		if c.line == "" {
			from, to = 0, g.Length()
		}
		if from != time.Duration(c.from)*time.Millisecond || to != time.Duration(c.to)*time.Millisecond {
			t.Errorf("%q: longest gap %s to %s, want %d to %d ms", c.line, from, to, c.from, c.to)
		}
		if as.Failures() != c.failures || strings.Join(as.Servers(), "") != c.servers {
			t.Errorf("%q: %d failures, servers %q", c.line, as.Failures(), as.Servers())
		}
	}
	if n := seen(start, "0a 1b 2a 3-").By("a"); n != 2 {
		t.Errorf("%d answers of a, want 2", n)
	}
}

func TestRecord(t *testing.T) {
	var r Record[int]
	go func() {
		for i := range 5 {
			r.add(i)
		}
		r.end(errDown)
	}()
	for _, want := range []int{3, 1, 4} {
		if got, err := r.Await(t.Context(), func(i int) bool { return i == want }); got != want || err != nil {
			t.Errorf("await %d: %d, %v", want, got, err)
		}
	}
	if _, err := r.AwaitFrom(t.Context(), 2, func(i int) bool { return i < 2 }); !errors.Is(err, errDown) {
		t.Errorf("await after the end: %v, want %v", err, errDown)
	}
	if got := r.All(); !slices.Equal(got, []int{0, 1, 2, 3, 4}) || r.Len() != 5 {
		t.Errorf("all: %v", got)
	}
	var open Record[int]
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := open.Await(ctx, func(int) bool { return true }); !errors.Is(err, context.Canceled) {
		t.Errorf("await with an ended context: %v", err)
	}
}

// frame4 is 10.0.0.1:694 -> 10.0.0.2:694 with "hi"; frame6 the same over IPv6.
const (
	frame4 = "020000000002020000000001" + "0800" + "4500001e00000000401100000a0000010a000002" + "02b602b6000a0000" + "6869"
	frame6 = "020000000002020000000001" + "86dd" + "60000000000a1140" +
		"fd000000000000000000000000000001" + "fd000000000000000000000000000002" + "02b602b6000a0000" + "6869"
)

func unhex(t TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return b
}

func TestFrameUDP(t *testing.T) {
	for text, want := range map[string][2]string{
		frame4: {"10.0.0.1:694", "10.0.0.2:694"},
		frame6: {"[fd00::1]:694", "[fd00::2]:694"},
	} {
		f := Frame{Data: unhex(t, text)}
		src, dst, payload, ok := f.UDP()
		if !ok || src != netip.MustParseAddrPort(want[0]) || dst != netip.MustParseAddrPort(want[1]) || string(payload) != "hi" {
			t.Errorf("%s: %s -> %s %q %t", text, src, dst, payload, ok)
		}
		if got := f.SourceMAC().String(); got != "02:00:00:00:00:01" {
			t.Errorf("source %s", got)
		}
		for n := range f.Data { // a datagram cut short is none
			if _, _, _, ok := (Frame{Data: f.Data[:n]}).UDP(); ok {
				t.Errorf("%d bytes of %s: taken for a datagram", n, text)
			}
		}
	}
}

func FuzzFrame(f *testing.F) {
	f.Add(unhex(f, frame4))
	f.Add(unhex(f, frame6))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		fr := Frame{Data: b}
		_, _, payload, ok := fr.UDP()
		if ok && len(payload) > len(b)-etherHeader-28 {
			t.Errorf("payload of %d bytes in a frame of %d", len(payload), len(b))
		}
		if fr.EtherType() != 0 && fr.SourceMAC() == nil {
			t.Error("a type but no source")
		}
	})
}
