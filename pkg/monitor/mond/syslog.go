package mond

import (
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"systole/pkg/monitor"
)

// Log is the system log with mon's format: "<30>Nov 20 23:32:19 mon[26]: mon server started".
type Log struct {
	facility int
	copy     io.Writer // gets every line too; may be nil
	lines    chan string
	stop     chan struct{}
	over     sync.WaitGroup
}

// Patience with a system log that does not read.
const (
	queued   = 1024
	patience = 50 * time.Millisecond
	devLog   = "/dev/log"
)

// facilities by number, from kern (RFC 3164).
var facilities = []string{"kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp",
	"", "", "", "", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7"}

// priorities of the levels (RFC 3164).
var priorities = map[monitor.Level]int{monitor.Info: 6, monitor.Warning: 4, monitor.Err: 3, monitor.Crit: 2, monitor.Alerting: 1}

// NewLog makes a log and its writer. An unknown facility is daemon.
func NewLog(facility string, copy io.Writer) *Log {
	n := slices.Index(facilities, facility)
	if n < 0 || facility == "" {
		n = slices.Index(facilities, "daemon")
	}
	l := &Log{facility: n, copy: copy, lines: make(chan string, queued), stop: make(chan struct{})}
	l.over.Go(l.write)
	return l
}

// Write queues a line; one that finds the queue full is lost.
func (l *Log) Write(level monitor.Level, text string) {
	text = strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, text)
	line := fmt.Sprintf("<%d>%s mon[%d]: %s", l.facility*8+priorities[level], time.Now().Format(time.Stamp), os.Getpid(), text)
	select {
	case l.lines <- line:
	default:
	}
}

// Close writes what is queued; later lines are lost. It is called once.
func (l *Log) Close() {
	close(l.stop)
	l.over.Wait()
}

// write is the only one that a log which does not read can hold up.
func (l *Log) write() {
	w := &wire{}
	defer w.close()
	for {
		select {
		case line := <-l.lines:
			l.out(w, line)
			continue
		case <-l.stop:
		}
		break
	}
	for {
		select {
		case line := <-l.lines:
			l.out(w, line)
		default:
			return
		}
	}
}

func (l *Log) out(w *wire, line string) {
	if l.copy != nil {
		_, text, _ := strings.Cut(line, ">")
		fmt.Fprintln(l.copy, text)
	}
	if !w.send(line) {
		w.send(line) // over a new connection, if the log was restarted
	}
}

// wire is a connection to the log, made when it is needed.
type wire struct{ conn net.Conn }

func (w *wire) send(line string) bool {
	if w.conn == nil {
		conn, err := net.Dial("unixgram", devLog)
		if err != nil {
			return false
		}
		w.conn = conn
	}
	if err := w.conn.SetWriteDeadline(time.Now().Add(patience)); err == nil {
		if _, err = w.conn.Write([]byte(line)); err == nil {
			return true
		}
	}
	w.close()
	return false
}

func (w *wire) close() {
	if w.conn != nil {
		w.conn.Close()
		w.conn = nil
	}
}
