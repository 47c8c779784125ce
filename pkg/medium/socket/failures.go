package socket

import (
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sys/unix"

	"systole/pkg/halog"
)

// Stats counts datagrams of a medium since it was opened.
type Stats struct {
	Sent     uint64
	Received uint64
	Dropped  uint64 // not sent because the queue of the interface was full
	Failed   uint64 // not sent for another reason
}

// Limits of the log about writes that fail (wire spec 7.1).
const (
	failuresLogged = 10
	writesPerCount = 1000
)

// Counter counts what is sent and received and logs the failures of a medium: the first ten,
// then no more until a thousand writes later. The zero value with Medium and Log set is ready.
type Counter struct {
	Medium string // as the original writes it: "ucast eth0"
	Log    func(halog.Level, string)

	mu     sync.Mutex
	stats  Stats
	writes int // since the counters of the log were reset
	failed int
}

// Stats returns the counts so far.
func (c *Counter) Stats() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stats
}

// Received counts a datagram.
func (c *Counter) Received() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stats.Received++
}

// WriteError is a failure for which the original's driver has words of its own.
type WriteError struct {
	Words string // without the prefix "glib: "
	Err   error
}

// Error returns the words.
func (e *WriteError) Error() string { return e.Words }

// Unwrap returns the system's error.
func (e *WriteError) Unwrap() error { return e.Err }

// Wrote counts a datagram sent with this result and logs a failure: first the words of a
// WriteError, then those of the daemon.
func (c *Counter) Wrote(err error) {
	for _, text := range c.wrote(err) {
		c.Log(text.level, text.text)
	}
}

type logText struct {
	level halog.Level
	text  string
}

// wrote returns what is to be logged.
func (c *Counter) wrote(err error) []logText {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.writes++; c.writes > writesPerCount {
		c.writes, c.failed = 1, 0
	}
	full := errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.ENOBUFS)
	switch {
	case err == nil:
		c.stats.Sent++
		return nil
	case full:
		c.stats.Dropped++
	default:
		c.stats.Failed++
	}
	if c.failed++; c.failed > failuresLogged {
		return nil
	}
	return c.lines(err, full, c.failed == failuresLogged)
}

func (c *Counter) lines(err error, full, last bool) (lines []logText) {
	var write *WriteError
	if errors.As(err, &write) {
		lines = append(lines, logText{halog.Error, "glib: " + write.Words})
	}
	what := "write_child: write failure on"
	if full {
		what = "Write timeout on"
	}
	lines = append(lines, logText{halog.Error, fmt.Sprintf("%s %s.: %s", what, c.Medium, Reason(err))})
	if last {
		lines = append(lines,
			logText{halog.Warn, "Temporarily Suppressing write error messages"},
			logText{halog.Warn, fmt.Sprintf("Is a cable unplugged on %s?", c.Medium)})
	}
	return lines
}
