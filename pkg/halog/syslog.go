package halog

import (
	"net"
	"time"
)

// devLog is where local programs reach the syslog daemon.
const devLog = "/dev/log"

const (
	syslogPatience = 50 * time.Millisecond // how long one line waits for a syslog daemon that does not read
	syslogPause    = 5 * time.Second       // how long it is left alone after that
)

// syslog is a sink for the datagrams of packet. It reconnects with the next line after the
// daemon was restarted, and lets lines go rather than wait: they are in the files too.
type syslog struct {
	path string
	conn net.Conn
	wait time.Time // no attempts before
}

func newSyslog(path string) *syslog {
	if path == "" {
		path = devLog
	}
	return &syslog{path: path}
}

func (s *syslog) write(text string) {
	now := time.Now()
	if now.Before(s.wait) {
		return
	}
	if s.send(now, text) {
		return
	}
	if s.send(now, text) { // over a new connection
		return
	}
	s.wait = now.Add(syslogPause)
}

// send writes one datagram, over a new connection if there is none. A daemon that was
// restarted refuses the old one.
func (s *syslog) send(now time.Time, text string) bool {
	if s.conn == nil {
		conn, err := net.Dial("unixgram", s.path)
		if err != nil {
			return false
		}
		s.conn = conn
	}
	if err := s.conn.SetWriteDeadline(now.Add(syslogPatience)); err == nil {
		if _, err = s.conn.Write([]byte(text)); err == nil {
			return true
		}
	}
	s.close()
	return false
}

func (s *syslog) close() {
	if s.conn != nil {
		s.conn.Close()
		s.conn = nil
	}
}
