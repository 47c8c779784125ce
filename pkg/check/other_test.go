package check

import (
	"context"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"systole/pkg/loopback"
)

func TestConnect(t *testing.T) {
	s := play(t, func(net.Conn) {})
	if r := runCheck(t, target(t, "10.1.0.70:80", s.addr.String()+" gate", "checktype=connect"), long); !r.Up {
		t.Errorf("listening: %+v", r)
	}
	select {
	case err := <-s.ended:
		if err == nil || !strings.Contains(err.Error(), "reset by peer") {
			t.Errorf("connection ended with %v, want a reset", err)
		}
	case <-time.After(long):
		t.Error("connection is still open")
	}
	if r := runCheck(t, target(t, "10.1.0.70:80", loopback.Nobody(t).String()+" gate", "checktype=connect"), long); r.Up {
		t.Errorf("refused: %+v", r)
	}
	// A connect that nobody answers ends with the context.
	tg := target(t, "10.1.0.70:80", "192.0.2.1:80 gate", "checktype=connect")
	env := testEnv()
	env.Dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if r := Run(ctx, env, tg); r.Up {
		t.Errorf("no answer: %+v", r)
	}
	// The connect part of a combined check of udp always succeeds.
	tg = target(t, "10.1.0.70:53", "127.0.0.1:53 gate", "checktype=2", "protocol=udp", "service=none")
	tg.Kind = "connect"
	if r := runCheck(t, tg, long); !r.Up {
		t.Errorf("combined udp: %+v", r)
	}
}

func TestPing(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	for _, addr := range []struct{ virtual, real string }{{"10.1.0.70:9", "127.0.0.1:9"}, {"[2001:db8::70]:9", "[::1]:9"}} {
		tg := target(t, addr.virtual, addr.real+" gate", "checktype=ping")
		if r := runCheck(t, tg, long); !r.Up {
			t.Errorf("%s: %+v", addr.real, r)
		}
	}
	if r := runCheck(t, target(t, "10.1.0.70:53", "127.0.0.1:53 gate", "checktype=connect", "protocol=udp"), long); !r.Up {
		t.Errorf("connect of udp: %+v", r)
	}
}

// TestEcho: the reply is recognised, and nothing else.
func TestEcho(t *testing.T) {
	e := echo{id: 0x1234, seq: 7}
	q := e.request()
	if len(q) != 72 || q[0] != 8 || checksum(q) != 0 {
		t.Errorf("request %x", q)
	}
	reply := append(make([]byte, 20), q...)
	reply[0], reply[20] = 0x45, 0
	if !e.answeredBy(reply) {
		t.Error("reply not recognised")
	}
	for i, change := range map[int]byte{0: 0x4f, 20: 8, 24: 0, 26: 1} {
		bad := append([]byte(nil), reply...)
		bad[i] = change
		if e.answeredBy(bad) {
			t.Errorf("byte %d = %d taken for a reply", i, change)
		}
	}
	if (echo{ipv6: true}).request()[0] != 128 {
		t.Error("ICMPv6 type")
	}
}

func FuzzEcho(f *testing.F) {
	f.Add([]byte{0x45, 0, 0, 0}, false)
	f.Add(make([]byte, 60), true)
	f.Fuzz(func(t *testing.T, b []byte, ipv6 bool) {
		e := echo{id: 1, seq: 1, ipv6: ipv6}
		if e.answeredBy(b) && len(b) < echoHeader {
			t.Error("answered by too little")
		}
	})
}

func TestExternal(t *testing.T) {
	dir := t.TempDir()
	script := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := script("good", "#!/bin/sh\n[ \"$*\" = \"10.1.0.70 9 10.1.0.11 8\" ]\n", 0o755)
	mark := script("mark", "#!/bin/sh\n[ \"$*\" = \"5 0 10.1.0.11 0\" ]\n", 0o755)
	bad := script("bad", "#!/bin/sh\nexit 1\n", 0o755)
	killed := script("killed", "#!/bin/sh\nkill -9 $$\n", 0o755)
	slow := script("slow", "#!/bin/sh\nexec sleep 60\n", 0o755)
	const args = " 10.1.0.70 9 10.1.0.11 8"
	for _, c := range []struct {
		name, virtual, real, command string
		up                           bool
		log                          string
	}{
		{"exit 0", "10.1.0.70:9", "10.1.0.11:8", good, true, ""},
		{"mark", "5", "10.1.0.11", mark, true, ""},
		{"exit 1", "10.1.0.70:9", "10.1.0.11:8", bad, false, ""},
		{"killed", "10.1.0.70:9", "10.1.0.11:8", killed, false, ""},
		{"missing", "10.1.0.70:9", "10.1.0.11:8", "/nonexistent", false,
			"Exiting with exit_status 127: exec(/nonexistent" + args + ") failed: No such file or directory"},
		{"blanks", "10.1.0.70:9", "10.1.0.11:8", good + " -x", false,
			"Exiting with exit_status 127: exec(" + good + " -x" + args + ") failed: No such file or directory"},
		{"slow", "10.1.0.70:9", "10.1.0.11:8", slow, false,
			"system_timeout(5, " + slow + args + ") timed out, kill -TERM child"},
	} {
		limit := long
		if c.name == "slow" {
			limit = 200 * time.Millisecond
		}
		tg := target(t, c.virtual, c.real+" gate", "checktype=external", "checkcommand="+c.command)
		if r := runCheck(t, tg, limit); r.Up != c.up || strings.Join(r.Logs, "\n") != c.log {
			t.Errorf("%s: got %+v, want %v %q", c.name, r, c.up, c.log)
		}
	}
	// external-perl runs a file that is not executable by perl.
	var got []string
	env := testEnv()
	env.Exec = func(_ context.Context, command string, args []string) error {
		got = append([]string{command}, args...)
		return nil
	}
	plain := script("plain", "exit 0\n", 0o644)
	for file, want := range map[string]string{plain: "perl " + plain + args, good: good + args} {
		Run(context.Background(), env, target(t, "10.1.0.70:9", "10.1.0.11:8 gate", "checktype=external-perl", "checkcommand="+file))
		if strings.Join(got, " ") != want {
			t.Errorf("ran %q, want %q", got, want)
		}
	}
}

// playDNS answers queries over udp or tcp with a message made from each query.
func playDNS(t *testing.T, network string, answer func(q dnsmessage.Message) dnsmessage.Message) string {
	t.Helper()
	respond := func(b []byte) []byte {
		var q dnsmessage.Message
		if err := q.Unpack(b); err != nil {
			return nil
		}
		a := answer(q)
		out, err := a.Pack()
		if err != nil {
			return nil
		}
		return out
	}
	if network == "tcp" {
		s := play(t, func(c net.Conn) {
			b := make([]byte, 2000)
			n, _ := c.Read(b)
			if n > 2 {
				out := respond(b[2:n])
				_, _ = c.Write(append([]byte{byte(len(out) >> 8), byte(len(out))}, out...))
			}
		})
		return s.addr.String()
	}
	return loopback.Datagrams(t, func(q []byte) [][]byte { return [][]byte{[]byte("stray"), respond(q)} }).String()
}

func TestDNS(t *testing.T) {
	answer := func(q dnsmessage.Message) dnsmessage.Message {
		q.Response = true
		name := q.Questions[0].Name
		h := dnsmessage.ResourceHeader{Name: name, Class: dnsmessage.ClassINET}
		switch name.String() {
		case "www.example.com.":
			q.Answers = []dnsmessage.Resource{{Header: h, Body: &dnsmessage.AResource{A: [4]byte{192, 0, 2, 1}}}}
		case "1.2.0.192.in-addr.arpa.":
			ptr := dnsmessage.MustNewName("www.example.com.")
			q.Answers = []dnsmessage.Resource{{Header: h, Body: &dnsmessage.PTRResource{PTR: ptr}}}
		case "six.example.com.":
			q.Answers = []dnsmessage.Resource{{Header: h, Body: &dnsmessage.AAAAResource{}}}
		default:
			q.RCode = dnsmessage.RCodeNameError
		}
		return q
	}
	for _, network := range []string{"udp", "tcp"} {
		addr := playDNS(t, network, answer)
		for _, c := range []struct {
			request, receive string
			up               bool
			message          string
		}{
			{"www.example.com", `192\.0\.2\.1`, true, "Success"},
			{"www", "192.0.2.1", true, "Success"},
			{"192.0.2.1", "www.example.com", true, "Success"},
			{"www.example.com", "192.0.2.9", false, "Response mismatch"},
			{"www.example.com", "", false, "Response mismatch"},
			{"six.example.com", "::", false, "Connection timed out"},
			{"nowhere.example.com", "x", false, "Connection timed out"},
		} {
			lines := []string{"service=dns", "protocol=" + network, `request="` + c.request + `"`}
			if c.receive != "" {
				lines = append(lines, `receive="`+c.receive+`"`)
			}
			if r := runCheck(t, target(t, "10.1.0.70:53", addr+" gate", lines...), long); r.Up != c.up || r.Message != c.message {
				t.Errorf("%s %+v: got %+v", network, c, r)
			}
		}
	}
	if got := reverseName(netip.MustParseAddr("2001:db8::1")); got != "1."+strings.Repeat("0.", 23)+"8.b.d.0.1.0.0.2.ip6.arpa." {
		t.Errorf("reverse name %s", got)
	}
}

func FuzzDNSAnswer(f *testing.F) {
	f.Add([]byte("\xe2M\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00\x03www\x07example\x03com\x00\x00\x01\x00\x01\xc0\x0c\x00\x01\x00\x01\x00\x00\x00<\x00\x04\xc0\x00\x02\x01"), uint16(0xe24d))
	f.Fuzz(func(t *testing.T, b []byte, id uint16) {
		if found, err := unpackAnswer(b, id); err == nil && len(found) > len(b) {
			t.Errorf("%d answers in %d bytes", len(found), len(b))
		}
	})
}

// TestRadius answers as a server that knows the secret, and as one that does not.
func TestRadius(t *testing.T) {
	serve := func(code byte, secret string) string {
		return loopback.Datagrams(t, func(q []byte) [][]byte {
			if string(hidePassword("pw", "s3", q[4:20])) != string(q[27:43]) || string(q[22:25]) != "bob" {
				t.Errorf("request %x", q)
			}
			return [][]byte{radiusReply(code, q, secret)}
		}).String()
	}
	for _, c := range []struct {
		code   byte
		secret string
		up     bool
	}{{accessAccept, "s3", true}, {3, "s3", false}, {accessAccept, "other", false}} {
		tg := target(t, "10.1.0.70:1812", serve(c.code, c.secret)+" gate", "service=radius", `login="bob"`, `passwd="pw"`, `secret="s3"`)
		limit := long
		if c.secret != "s3" {
			limit = 200 * time.Millisecond
		}
		if r := runCheck(t, tg, limit); r.Up != c.up {
			t.Errorf("%+v: %+v", c, r)
		}
	}
}

func FuzzRadiusAnswer(f *testing.F) {
	request := make([]byte, radiusHeader)
	f.Add(radiusReply(accessAccept, request, "s"), "s")
	f.Fuzz(func(t *testing.T, b []byte, secret string) {
		if _, ok := radiusAnswer(b, request, secret); ok && len(b) < radiusHeader {
			t.Error("short answer accepted")
		}
	})
}

// TestUnknown: what cannot be checked is refused by name before anything starts.
func TestUnknown(t *testing.T) {
	tg := target(t, "10.1.0.70:80", "10.1.0.11:80 gate", "service=http")
	v := *tg.Virtual
	v.CheckService = "gopher"
	if _, err := New(&v, tg.Real); err == nil || !strings.Contains(err.Error(), "gopher") {
		t.Errorf("error %v", err)
	}
	r := *tg.Real
	r.Receive = "("
	if _, err := New(tg.Virtual, &r); err == nil {
		t.Error("bad expression accepted")
	}
	if r := runCheck(t, target(t, "10.1.0.70:9", "10.1.0.11:9 gate", "service=none"), long); !r.Up {
		t.Errorf("none: %+v", r)
	}
}
