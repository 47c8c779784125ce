package check

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"systole/pkg/loopback"
)

// message is a PostgreSQL message.
func message(kind byte, body string) string {
	var b bytes.Buffer
	b.WriteByte(kind)
	_ = binary.Write(&b, binary.BigEndian, uint32(len(body)+4))
	b.WriteString(body)
	return b.String()
}

// postgres is a server that accepts everybody and answers every query with the rows given.
func postgres(heard chan<- string, rows ...string) script {
	return func(c net.Conn) {
		head := make([]byte, 4)
		if _, err := io.ReadFull(c, head); err != nil {
			return
		}
		_, _ = io.CopyN(io.Discard, c, int64(binary.BigEndian.Uint32(head))-4)
		ready := message('Z', "I")
		_, _ = io.WriteString(c, message('R', "\x00\x00\x00\x00")+ready)
		for {
			head := make([]byte, 5)
			if _, err := io.ReadFull(c, head); err != nil || head[0] == 'X' {
				return
			}
			body := make([]byte, binary.BigEndian.Uint32(head[1:])-4)
			_, _ = io.ReadFull(c, body)
			answer := message('I', "")
			if text := strings.TrimSuffix(string(body), "\x00"); text != ";" {
				heard <- text
				answer = message('T', "\x00\x01a\x00"+strings.Repeat("\x00", 6)+"\x00\x00\x00\x19\xff\xff\xff\xff\xff\xff\x00\x00")
				for _, r := range rows {
					answer += message('D', "\x00\x01\x00\x00\x00"+string(rune(len(r)))+r)
				}
				answer += message('C', "SELECT 1\x00")
			}
			_, _ = io.WriteString(c, answer+ready)
		}
	}
}

// packet is a MySQL packet.
func packet(seq byte, body string) string {
	return string([]byte{byte(len(body)), byte(len(body) >> 8), byte(len(body) >> 16), seq}) + body
}

// mysqld is a server that accepts everybody and answers every query with the rows given.
func mysqld(heard chan<- string, rows ...string) script {
	read := func(c net.Conn) (string, bool) {
		head := make([]byte, 4)
		if _, err := io.ReadFull(c, head); err != nil {
			return "", false
		}
		body := make([]byte, int(head[0])|int(head[1])<<8|int(head[2])<<16)
		_, err := io.ReadFull(c, body)
		return string(body), err == nil
	}
	return func(c net.Conn) {
		const ok, eof = "\x00\x00\x00\x02\x00\x00\x00", "\xfe\x00\x00\x02\x00"
		_, _ = io.WriteString(c, packet(0, "\x0a8.0\x00\x01\x00\x00\x0012345678\x00\xff\xf7\x21\x02\x00\xff\x81\x15"+
			strings.Repeat("\x00", 10)+"123456789012\x00mysql_native_password\x00"))
		if _, good := read(c); !good {
			return
		}
		_, _ = io.WriteString(c, packet(2, ok))
		for {
			q, good := read(c)
			if !good || q == "\x01" {
				return
			}
			heard <- q[1:]
			column := "\x03def\x00\x00\x00\x01a\x00\x0c\x21\x00\x00\x01\x00\x00\xfd\x00\x00\x00\x00\x00"
			answer := packet(1, "\x01") + packet(2, column) + packet(3, eof)
			for i, r := range rows {
				answer += packet(byte(4+i), string(rune(len(r)))+r)
			}
			_, _ = io.WriteString(c, answer+packet(byte(4+len(rows)), eof))
		}
	}
}

// TestDatabases plays servers with a row and without one.
func TestDatabases(t *testing.T) {
	for service, server := range map[string]func(chan<- string, ...string) script{"pgsql": postgres, "mysql": mysqld} {
		for _, rows := range [][]string{{"x"}, nil} {
			heard := make(chan string, 10)
			s := play(t, server(heard, rows...))
			tg := target(t, "10.1.0.70:5432", s.addr.String()+" gate", "service="+service, `login="bob"`, `passwd="p'w"`,
				`database="d b"`, `request="SELECT 1"`)
			r := runCheck(t, tg, long)
			if r.Up != (rows != nil) {
				t.Errorf("%s with %d rows: %+v", service, len(rows), r)
			}
			select {
			case q := <-heard:
				if q != "SELECT 1" {
					t.Errorf("%s: query %q", service, q)
				}
			default:
				t.Errorf("%s: no query", service)
			}
		}
	}
}

// TestDatabasesDown: no login, nobody listening, a server that says nothing, one that talks rubbish.
func TestDatabasesDown(t *testing.T) {
	silent := play(t, func(net.Conn) {})
	rubbish := play(t, func(c net.Conn) {
		for {
			if _, err := io.WriteString(c, "\x05\x00\x00\x00rubbish and more rubbish "); err != nil {
				return
			}
		}
	})
	for _, service := range []string{"mysql", "pgsql", "oracle"} {
		check := func(real string, limit time.Duration, lines ...string) Result {
			t.Helper()
			return runCheck(t, target(t, "10.1.0.70:5432", real+" gate", append(lines, "service="+service)...), limit)
		}
		full := []string{`login="bob"`, `passwd="pw"`, `database="db"`, `request="SELECT 1 FROM dual"`}
		want := "Error: Must specify a login and request string for MySQL, Oracle and PostgreSQL checks. Not adding 127.0.0.1."
		if r := check("127.0.0.1:1", long); r.Up || strings.Join(r.Logs, "") != want {
			t.Errorf("%s without login: %+v", service, r)
		}
		if r := check(loopback.Nobody(t).String(), long, full...); r.Up || r.Message == "" {
			t.Errorf("%s refused: %+v", service, r)
		}
		if r := check(silent.addr.String(), 300*time.Millisecond, full...); r.Up {
			t.Errorf("%s silent: %+v", service, r)
		}
		if r := check(rubbish.addr.String(), long, full...); r.Up {
			t.Errorf("%s rubbish: %+v", service, r)
		}
	}
}
