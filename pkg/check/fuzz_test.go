package check

import (
	"bytes"
	"context"
	"io"
	"net"
	"regexp"
	"strings"
	"testing"
	"time"

	asn1 "github.com/go-asn1-ber/asn1-ber"
)

// memory is a connection to a server that has said all already and hears nothing.
type memory struct{ *bytes.Reader }

func (memory) Write(b []byte) (int, error)      { return len(b), nil }
func (memory) Close() error                     { return nil }
func (memory) LocalAddr() net.Addr              { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }
func (memory) RemoteAddr() net.Addr             { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 2} }
func (memory) SetDeadline(time.Time) error      { return nil }
func (memory) SetReadDeadline(time.Time) error  { return nil }
func (memory) SetWriteDeadline(time.Time) error { return nil }

// said is an environment whose only server says the text on its first connection, and the rest of
// it after "DATA" on every other one.
func said(text []byte) *Env {
	env := testEnv()
	control, data, _ := bytes.Cut(text, []byte("DATA"))
	env.Dial = func(context.Context, string, string) (net.Conn, error) {
		text := control
		control = data
		return memory{bytes.NewReader(text)}, nil
	}
	return env
}

// spoken are the checks whose dialogue is ours, with what a server must at least have said, on
// whichever line, to be up.
var spoken = []struct {
	lines []string
	proof *regexp.Regexp
}{
	{[]string{"service=smtp"}, regexp.MustCompile(`(?m)^2\d\d`)},
	{[]string{"service=nntp"}, regexp.MustCompile(`^2`)},
	{[]string{"service=pop"}, regexp.MustCompile(`^\+OK`)},
	{[]string{"service=pop", `login="bob"`, `passwd="pw"`}, regexp.MustCompile(`(?s)^\+OK.*\n\+OK`)},
	{[]string{"service=imap"}, regexp.MustCompile(`^\* (OK|PREAUTH)`)},
	{[]string{"service=imap", `login="bob"`, `passwd="pw"`}, regexp.MustCompile(`(?m)^0 OK`)},
	{[]string{"service=ftp"}, regexp.MustCompile(`(?m)^2\d\d`)},
	{[]string{"service=ftp", `request="welcome.msg"`, `receive="gunnm"`}, regexp.MustCompile(`(?s)(227|229).*DATA.*gunnm`)},
	{[]string{"service=simpletcp", `receive="^gunnm"`}, regexp.MustCompile(`(?m)^gunnm`)},
	{[]string{"service=sip"}, regexp.MustCompile(`^SIP/2\.0 200 OK`)},
	{[]string{"service=http", `receive="gunnm"`}, regexp.MustCompile(`(?s)^HTTP/.*2\d\d`)},
	{[]string{"service=dns", "protocol=tcp", `request="a.b"`, `receive="."`}, regexp.MustCompile(`(?s)^.{12}`)},
}

// FuzzDialogues: whatever a server says, no check panics, and none is up without its proof.
func FuzzDialogues(f *testing.F) {
	for i, text := range []string{
		"220-a\r\n220 b\r\n250-x\r\n250 y\r\n221 bye\r\n", "200 ready\r\n", "+OK ready <1.2@x>\r\n+OK\r\n", "+OK <1.2@x>\r\n-ERR\r\n+OK\r\n+OK\r\n+OK 0 0\r\n+OK\r\n",
		"* OK ready\r\n0 OK\r\n", "* OK ready\r\n* CAPABILITY x\r\n0 OK done\r\n1 OK\r\n", "220 ftp\r\n331 pw\r\n230 in\r\n",
		"220 ftp\r\n230 in\r\n250 ok\r\n200 ok\r\n227 ok (10,1,0,11,213,173)\r\n150 go\r\nDATAgunnm", "a\ngunnm\n", "SIP/2.0 200 OK\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\ngunnm\r\n0\r\n\r\n", "\x00\x0c\x12\x34\x81\x80\x00\x00\x00\x01\x00\x00\x00\x00",
	} {
		f.Add(uint8(i), []byte(text))
	}
	var targets []Target
	for _, s := range spoken {
		targets = append(targets, target(f, "10.1.0.70:9", "127.0.0.1:9 masq", s.lines...))
	}
	f.Fuzz(func(t *testing.T, which uint8, text []byte) {
		i := int(which) % len(spoken)
		r := negotiate(context.Background(), said(text), targets[i])
		if r.Up && !spoken[i].proof.Match(text) {
			t.Errorf("%v is up by %q", spoken[i].lines, text)
		}
	})
}

// FuzzMessages: what a gate lets pass is what came, no longer than allowed, and of LDAP something
// that the library can take apart.
func FuzzMessages(f *testing.F) {
	f.Add(uint8(0), []byte("R\x00\x00\x00\x08\x00\x00\x00\x00"))
	f.Add(uint8(1), []byte("\x01\x00\x00\x01\x01\x05\x00\x00\x02\xfe\x00\x00\x02\x00"))
	f.Add(uint8(2), []byte("\x00\x0a\x00\x00\x02\x00\x00\x00\x01\x3b\x00\x00\x00\x09\x06\x00\x00\x00x"))
	f.Add(uint8(3), []byte("0\x1a\x02\x01\x02d\x15\x04\x11dc=example,dc=com0\x00"))
	f.Add(uint8(4), []byte("\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\x01\x00\x01\x00\x00\x00\x01x"))
	f.Fuzz(func(t *testing.T, kind uint8, text []byte) {
		readers := []func(io.Reader) ([]byte, error){pgsqlMessage, mysqlMessage, new(tns).message, ldapMessage, new(http2Frames).next}
		next := readers[int(kind)%len(readers)]
		for r := bytes.NewReader(text); ; {
			from := len(text) - r.Len()
			m, err := next(r)
			if err != nil {
				return
			}
			if to := len(text) - r.Len(); !bytes.Equal(m, text[from:to]) || len(m) > messageMax+16 {
				t.Fatalf("%d bytes handed on of %d read", len(m), to-from)
			}
			if int(kind)%len(readers) == 3 {
				if p, err := asn1.DecodePacketErr(m); err == nil && depth(p) > berDepth+1 {
					t.Errorf("nested %d deep", depth(p))
				}
			}
		}
	})
}

// depth is how deep a packet's elements are nested.
func depth(p *asn1.Packet) int {
	deepest := 0
	for _, c := range p.Children {
		deepest = max(deepest, depth(c))
	}
	return deepest + 1
}

// FuzzHealth: an answer of the health service is a state or an error, and what we ask comes back.
func FuzzHealth(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x00\x02\x08\x01"), "shop")
	f.Add([]byte("\x00\x00\x00\x00\x0b\x12\x01x\x19\x00\x00\x00\x00\x00\x00\x00"), "")
	f.Add([]byte("\x00\x00\x00\x00\x07\x15\x00\x00\x00\x00\x08\x02"), strings.Repeat("x", 200))
	f.Fuzz(func(t *testing.T, body []byte, service string) {
		if state, err := healthState(body); err == nil && state != 0 && len(body) < grpcHeader+2 {
			t.Errorf("state %d in %q", state, body)
		}
		question, err := healthRequest(service)
		if (err != nil) != (len(service) > grpcNameMax) {
			t.Errorf("name of %d bytes: %v", len(service), err)
		}
		if err == nil && !strings.HasSuffix(string(question), service) {
			t.Errorf("question %q", question)
		}
		if _, err := healthState(question); err != nil && len(question) > 0 {
			t.Errorf("our own frame is refused: %v", err)
		}
	})
}
