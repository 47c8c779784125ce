package servers

import (
	"context"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"systole/pkg/check"
	"systole/pkg/diag"
	"systole/pkg/ldirectorcf"
)

const (
	long  = 20 * time.Second // a limit that a check of a server that is well never reaches
	short = time.Second      // the limit of a check of one that is not
)

// TestServers takes every case of the table through the life of its server.
func TestServers(t *testing.T) {
	f := newFarm(t)
	t.Run("well", func(t *testing.T) { each(t, f.well, nil) })
	t.Run("breaks off", func(t *testing.T) { each(t, f.breaksOff, testCase.breakable) })
	for _, s := range servers() {
		f.signal(t, s.name, unix.SIGSTOP)
	}
	t.Run("hangs", func(t *testing.T) { each(t, f.hangs, nil) })
	for _, s := range servers() {
		f.signal(t, s.name, unix.SIGCONT)
	}
	t.Run("goes on", func(t *testing.T) { each(t, f.well, nil) })
	for _, s := range servers() {
		f.end(t, s.name)
	}
	until(t, func() string { return strings.Join(f.listening(t), " ") })
	t.Run("is gone", func(t *testing.T) { each(t, f.gone, nil) })
}

// each runs all cases side by side; of them, if it is not nil, says which.
func each(t *testing.T, test func(t *testing.T, c testCase), of func(testCase) bool) {
	for _, c := range cases {
		if of != nil && !of(c) {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			test(t, c)
		})
	}
}

// limit is how long a check may take: what waits for an answer that never comes gets little.
func (c testCase) limit() time.Duration {
	if c.message == "Timeout" {
		return short
	}
	return long
}

func (f *farm) well(t *testing.T, c testCase) {
	if r := f.check(t, c, c.port, c.limit()); r.Up != c.up || r.Message != c.message {
		t.Errorf("got %v %q, want %v %q", r.Up, r.Message, c.up, c.message)
	}
}

func (f *farm) hangs(t *testing.T, c testCase) {
	want := check.Result{Up: c.kind() == ldirectorcf.CheckConnect, Message: c.words.hangs}
	if r := f.check(t, c, c.port, short); r.Up != want.Up || r.Message != want.Message {
		t.Errorf("got %v %q, want %v %q", r.Up, r.Message, want.Up, want.Message)
	}
}

func (f *farm) gone(t *testing.T, c testCase) {
	want := c.words.gone
	if r := f.check(t, c, c.port, long); r.Up || r.Message != want {
		t.Errorf("got %v %q, want %q", r.Up, r.Message, want)
	}
}

// breakable says whether the case has an answer that a relay can break off. Kamailio answers
// datagrams to the address in the question, past the relay.
func (c testCase) breakable() bool {
	return c.up && c.kind() != ldirectorcf.CheckConnect && (c.server != "kamailio" || !strings.HasSuffix(c.config, udp))
}

// breaksOff has the server die before its answer and in the middle of it.
func (f *farm) breaksOff(t *testing.T, c testCase) {
	if strings.HasSuffix(c.config, udp) {
		half := f.relayUDP(t, c.host(), c.port)
		if r := f.check(t, c, half.port, short); r.Up || half.passed.Load() == 0 {
			t.Errorf("half a datagram of %d bytes: %v %q", half.passed.Load(), r.Up, r.Message)
		}
		return
	}
	whole := f.relayTCP(t, c.host(), c.port, -1)
	if r := f.check(t, c, whole.port, long); !r.Up {
		t.Fatalf("through a relay: %q", r.Message)
	}
	until(t, func() string {
		if whole.passed.Load() == 0 {
			return "end of the relayed connection"
		}
		return ""
	})
	for _, limit := range []int64{0, 1, whole.passed.Load() / c.part} {
		broken := f.relayTCP(t, c.host(), c.port, limit)
		r := f.check(t, c, broken.port, long)
		if r.Up || r.Message == "" || strings.Contains(r.Message, "imeout") {
			t.Errorf("after %d of %d bytes: %v %q", limit, whole.passed.Load(), r.Up, r.Message)
		}
	}
}

func (c testCase) host() string {
	if strings.HasSuffix(c.config, six) {
		return address6
	}
	return address4
}

func (c testCase) address(port int) string { return net.JoinHostPort(c.host(), strconv.Itoa(port)) }

func (c testCase) kind() ldirectorcf.CheckType {
	for _, kind := range []ldirectorcf.CheckType{ldirectorcf.CheckConnect, ldirectorcf.CheckPing} {
		if strings.HasPrefix(c.config, "checktype="+string(kind)) {
			return kind
		}
	}
	return ldirectorcf.CheckNegotiate
}

// check carries out the check of a case at a port, as the director's daemon would.
func (f *farm) check(t *testing.T, c testCase, port int, limit time.Duration) check.Result {
	t.Helper()
	text := "virtual=10.1.0.70:9\n\treal=" + c.address(port) + " masq\n"
	if c.host() == address6 {
		text = "virtual6=[fd00::70]:9\n\treal6=" + c.address(port) + " masq\n"
	}
	lines := strings.TrimSuffix(strings.ReplaceAll(c.config, "PORT", strconv.Itoa(port)), six)
	text += "\t" + strings.ReplaceAll(lines, "|", "\n\t") + "\n"
	config, found := ldirectorcf.Load(ldirectorcf.Env{HostName: "director.example.com"}, "test.cf", []byte(text))
	if diag.Failed(found) {
		t.Fatalf("%v\n%s", found, text)
	}
	v := &config.Virtuals[0]
	target, err := check.New(v, &v.Reals[0])
	if err != nil {
		t.Fatal(err)
	}
	target.Kind = c.kind()
	env := check.System("director.example.com", nil)
	env.Dial = f.dial
	env.Connector.Socket = f.socket
	defer env.Connector.Close()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	r := check.Run(ctx, env, target)
	r.Message = strings.NewReplacer(c.address(port), "ADDRESS", serverName+":"+strconv.Itoa(port), "ADDRESS").Replace(r.Message)
	return r
}
