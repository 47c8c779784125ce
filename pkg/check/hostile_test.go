package check

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"systole/pkg/loopback"
)

// What the worst server may cost a check, in bytes: read from the network, and allocated in all
// (buffers that grow by doubling are counted each time; TLS copies all once more).
const (
	readLimit  = headerMax + bodyMax + 64<<10
	allocLimit = 64 << 20
)

// victims are checks over TCP, one for each reader of answers.
var victims = []string{
	`service=http receive="never"`, `service=https receive="never"`, `service=h2 receive="never"`, `service=h2c receive="never"`,
	`service=grpc`, `service=grpcs`, `service=smtp`, `service=nntp`, `service=sip`,
	`service=pop login="bob" passwd="pw"`, `service=pops login="bob" passwd="pw"`,
	`service=imap login="bob" passwd="pw"`, `service=imaps login="bob" passwd="pw"`,
	`service=ftp login="bob" passwd="pw"`, `service=simpletcp receive="never"`,
	`service=dns request="www.example.com" receive="never"`, `service=ldap`, `service=ldaps`,
	`service=mysql login="bob" request="SELECT_1"`, `service=pgsql login="bob" request="SELECT_1"`,
	`service=oracle login="bob" database="db" request="SELECT_1"`,
}

// counting is an environment that counts what its connections read.
func counting(read *atomic.Int64) *Env {
	env := testEnv()
	dial := env.Dial
	env.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &countedConn{c, read}, nil
	}
	return env
}

type countedConn struct {
	net.Conn
	read *atomic.Int64
}

func (c *countedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.read.Add(int64(n))
	return n, err
}

// suffers runs a check of a hostile server: it ends, is not up and costs no more than it may.
func suffers(t *testing.T, tg Target, limit time.Duration) Result {
	t.Helper()
	var read atomic.Int64
	var before, after runtime.MemStats
	env := counting(&read)
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	runtime.ReadMemStats(&before)
	r := Run(ctx, env, tg)
	runtime.ReadMemStats(&after)
	if r.Up || len(r.Message) > messageShown {
		t.Errorf("up is %v, message of %d bytes", r.Up, len(r.Message))
	}
	if n := read.Load(); n > 2*readLimit { // two ways to a database
		t.Errorf("%d bytes read", n)
	}
	if n := after.TotalAlloc - before.TotalAlloc; n > allocLimit {
		t.Errorf("%d bytes allocated for %d read", n, read.Load())
	}
	return r
}

// forever writes a text until the client has had enough.
func forever(c net.Conn, text string) {
	b := []byte(strings.Repeat(text, 1+16<<10/len(text)))
	for {
		if _, err := c.Write(b); err != nil {
			return
		}
	}
}

// TestHostileServers lets every check that reads a stream meet every kind of hostile server.
func TestHostileServers(t *testing.T) {
	for _, server := range []struct {
		name  string
		says  script
		limit time.Duration
	}{
		{"one endless line", func(c net.Conn) { forever(c, "2") }, long},
		{"endless lines", func(c net.Conn) { forever(c, "350-and more\r\n") }, long},
		{"endless empty lines", func(c net.Conn) { forever(c, "\r\n") }, long},
		{"a long line", func(c net.Conn) { _, _ = io.WriteString(c, "5"+strings.Repeat("1", 60<<10)+"\r\n"); closeWrite(c) }, long},
		{"endless zeros", func(c net.Conn) { forever(c, "\x00") }, long},
		{"endless ones", func(c net.Conn) { forever(c, "\xff") }, long},
		{"a line of 10 MB", tenMegabytes, long},
		{"a header without end", func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n"); forever(c, "X: y\r\n") }, long},
		{"huge records of TLS", func(c net.Conn) { forever(c, "\x16\x03\x03\x40\x00"+strings.Repeat("\x02\x00\xff\xff", 4096)) }, long},
		{"alerts of TLS", func(c net.Conn) { forever(c, "\x15\x03\x03\x00\x02\x01\x5a") }, long},
		{"a body without end", func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n"); forever(c, "no\n") }, long},
		{"resets", func(c net.Conn) { _ = c.(*hearing).Conn.(*net.TCPConn).SetLinger(0); _ = c.Close() }, long},
		{"drips", drips, 100 * time.Millisecond},
		{"is silent", func(net.Conn) {}, 100 * time.Millisecond},
	} {
		t.Run(server.name, func(t *testing.T) {
			s := play(t, server.says)
			for _, victim := range victims {
				t.Run(strings.Fields(victim)[0], func(t *testing.T) {
					suffers(t, target(t, "10.1.0.70:9", s.addr.String()+" masq", strings.Fields(victim)...), server.limit)
				})
			}
		})
	}
}

func tenMegabytes(c net.Conn) {
	b := bytes.Repeat([]byte("2"), 1<<20)
	for range 10 {
		if _, err := c.Write(b); err != nil {
			return
		}
	}
	_, _ = io.WriteString(c, "\r\n")
}

// drips sends a byte now and then.
func drips(c net.Conn) {
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for range tick.C {
		if _, err := io.WriteString(c, "2"); err != nil {
			return
		}
	}
}

// ber is an element of BER.
func ber(tag byte, content string) string {
	return string([]byte{tag, 0x84}) + string(binary.BigEndian.AppendUint32(nil, uint32(len(content)))) + content
}

// frame is a frame of HTTP/2.
func frame(kind, flags byte, stream uint32, payload string) string {
	n := len(payload)
	return string([]byte{byte(n >> 16), byte(n >> 8), byte(n), kind, flags}) + string(binary.BigEndian.AppendUint32(nil, stream)) + payload
}

// zeros is a lot of zeros in little space.
func zeros(t *testing.T, megabytes int) string {
	t.Helper()
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	for range megabytes {
		if _, err := z.Write(make([]byte, 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestLies: each protocol's way to announce more than there is.
func TestLies(t *testing.T) {
	const greeting = "\x0a8.0\x00\x01\x00\x00\x0012345678\x00\xff\xf7\x21\x02\x00\xff\x81\x15" +
		"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00123456789012\x00mysql_native_password\x00"
	bomb := zeros(t, 64)
	deep := ""
	for len(deep) < 60<<10 {
		deep = strings.Repeat("\x30\x80", 1000) + deep
	}
	nested := ""
	for range 200 {
		nested = ber(0x30, nested)
	}
	database := []string{`login="bob"`, `passwd="pw"`, `database="db"`, `request="SELECT 1"`}
	for _, c := range []struct {
		name, service string
		says          string
		lines         []string
	}{
		{"gzip bomb", "http", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n" + bomb, []string{`receive="never"`}},
		{"gzip bomb in chunks", "http", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n" + fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(bomb), bomb), []string{`receive="never"`}},
		{"chunk of an exabyte", "http", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7fffffffffffffff\r\nno", []string{`receive="never"`}},
		{"body of an exabyte", "http", "HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\nno", []string{`receive="never"`}},
		{"message of 4 GB", "pgsql", "R\xff\xff\xff\xff", database},
		{"message of -4 bytes", "pgsql", "R\x00\x00\x00\x00", database},
		{"packet of 16 MB", "mysql", "\xff\xff\xff\x00\x0a8.0", database},
		{"packet of nothing", "mysql", "\x00\x00\x00\x00", database},
		{"2^40 columns", "mysql", packet(0, greeting) + packet(2, "\x00\x00\x00\x02\x00\x00\x00") + packet(1, "\xfe\x00\x00\x00\x00\x00\x01\x00\x00"), database},
		{"2^24 columns", "mysql", packet(0, greeting) + packet(2, "\x00\x00\x00\x02\x00\x00\x00") + packet(1, "\xfd\xff\xff\xff"), database},
		{"packet shorter than its head", "oracle", "\x00\x04\x00\x00\x02\x00\x00\x00", database},
		{"packet of no length", "oracle", "\x00\x00\x00\x00\x02\x00\x00\x00", database},
		{"deep nesting", "ldap", ber(0x30, nested), nil},
		{"deep nesting without lengths", "ldap", deep, nil},
		{"element of 2 GB", "ldap", "\x30\x0b\x02\x01\x01\x61\x84\x7f\xff\xff\xff\x0a\x01", nil},
		{"message of 2 GB", "ldap", "\x30\x84\x7f\xff\xff\xff\x02\x01\x01", nil},
		{"header without end", "h2c", frame(4, 0, 0, "") + frame(1, 0, 1, "\x88") + strings.Repeat(frame(9, 0, 1, strings.Repeat("\x00\x01x\x01y", 3000)), 100), nil},
		{"frame of 16 MB", "h2c", frame(4, 0, 0, "") + "\xff\xff\xff\x00\x00\x00\x00\x00\x01", nil},
		{"pings", "h2c", frame(4, 0, 0, "") + strings.Repeat(frame(6, 0, 0, "12345678"), 50000), nil},
		{"settings", "h2c", strings.Repeat(frame(4, 0, 0, "\x00\x04\x00\x00\x00\x01"), 50000), nil},
		{"header table bomb", "h2c", frame(4, 0, 0, "") + frame(1, 0, 1, "\x88\x40\x01x\x7f\x81\x1e"+strings.Repeat("y", 4000)) +
			frame(9, 4, 1, strings.Repeat("\xbe", 16000)), nil},
		{"health answer of 4 GB", "grpc", frame(4, 0, 0, "") + frame(1, 4, 1, "\x88") + frame(0, 1, 1, "\x00\xff\xff\xff\xff\x08\x01"), nil},
	} {
		t.Run(c.service+" "+c.name, func(t *testing.T) {
			s := play(t, func(conn net.Conn) {
				_, _ = io.WriteString(conn, c.says)
				closeWrite(conn)
			})
			suffers(t, target(t, "10.1.0.70:9", s.addr.String()+" masq", append(c.lines, "service="+c.service)...), long)
		})
	}
}

// TestHostileDatagrams: a server that answers one question with more and more strays.
func TestHostileDatagrams(t *testing.T) {
	strays := slices.Repeat([][]byte{bytes.Repeat([]byte("\xff"), 8000)}, 400)
	server := loopback.Datagrams(t, func([]byte) [][]byte { return strays })
	for _, lines := range [][]string{
		{"service=dns", `request="www.example.com"`, `receive="x"`}, {"service=sip"}, {"service=radius", `login="bob"`, `passwd="pw"`, `secret="s"`},
	} {
		t.Run(lines[0], func(t *testing.T) {
			suffers(t, target(t, "10.1.0.70:9", server.String()+" masq", append(lines, "protocol=udp")...), 300*time.Millisecond)
		})
	}
}

// TestOthersDoNotSuffer: among checks of hostile servers those of well ones are up.
func TestOthersDoNotSuffer(t *testing.T) {
	endless := play(t, func(c net.Conn) { forever(c, "HTTP/1.1 200 OK\r\n") })
	resets := play(t, func(c net.Conn) { _ = c.(*hearing).Conn.(*net.TCPConn).SetLinger(0); _ = c.Close() })
	silent := play(t, func(net.Conn) {})
	web := play(t, says("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\ngunnm"))
	mail := play(t, converses("220 mail\r\n", [2]string{"EHLO", "250 ok\r\n"}, [2]string{"QUIT", "221 bye\r\n"}))
	env := testEnv()
	var all sync.WaitGroup
	run := func(s *played, limit time.Duration, up bool, lines ...string) {
		tg := target(t, "10.1.0.70:9", s.addr.String()+" masq", lines...)
		all.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), limit)
			defer cancel()
			if r := Run(ctx, env, tg); r.Up != up {
				t.Errorf("%v: up is %v, %.100q", lines, r.Up, r.Message)
			}
		})
	}
	for range 5 {
		for _, victim := range victims {
			run(endless, long, false, strings.Fields(victim)...)
			run(resets, long, false, strings.Fields(victim)...)
			run(silent, 200*time.Millisecond, false, strings.Fields(victim)...)
			run(web, long, true, "service=http", `receive="gunnm"`)
			run(mail, long, true, "service=smtp")
		}
	}
	all.Wait()
}
