package servers

import (
	"io"
	"net"
	"strconv"
	"sync/atomic"
	"testing"
)

// relay stands before a server and breaks its answers off.
type relay struct {
	port   int
	passed atomic.Int64 // bytes of answers that went through
}

// relayTCP relays connections; each ends when the server has said limit bytes. Below 0 there is none.
func (f *farm) relayTCP(t *testing.T, host string, to int, limit int64) *relay {
	t.Helper()
	l := f.listen(t, host)
	r := &relay{port: portOf(l.Addr())}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go f.relayConn(t, c, net.JoinHostPort(host, strconv.Itoa(to)), limit, r)
		}
	}()
	return r
}

func (f *farm) relayConn(t *testing.T, c net.Conn, to string, limit int64, r *relay) {
	defer c.Close()
	s, err := f.host.Dial(t.Context(), "tcp", to)
	if err != nil {
		return
	}
	defer s.Close()
	go func() {
		io.Copy(s, c)
		s.(*net.TCPConn).CloseWrite()
	}()
	var answers io.Reader = s
	if limit >= 0 {
		answers = io.LimitReader(s, limit)
	}
	n, _ := io.Copy(c, answers)
	r.passed.Add(n)
}

// relayUDP relays one question at a time and cuts each answer in half.
func (f *farm) relayUDP(t *testing.T, host string, to int) *relay {
	t.Helper()
	c := f.listenPacket(t, host)
	s, err := f.host.Dial(t.Context(), "udp", net.JoinHostPort(host, strconv.Itoa(to)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	r := &relay{port: portOf(c.LocalAddr())}
	go func() {
		question, answer := make([]byte, 1<<16), make([]byte, 1<<16)
		for {
			n, from, err := c.ReadFrom(question)
			if err != nil {
				return
			}
			if _, err := s.Write(question[:n]); err != nil {
				return
			}
			if n, err = s.Read(answer); err != nil {
				return
			}
			r.passed.Add(int64(n / 2))
			c.WriteTo(answer[:n/2], from)
		}
	}()
	return r
}
