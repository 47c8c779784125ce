package lab

import (
	"bytes"
	"context"
	"io"
	"os"
	"regexp"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Line is a line of a log file.
type Line struct {
	At   time.Time // when it was seen: at most 10 ms after it was written
	Text string    // without the newline
}

// Tail is the lines of a file as they are written. Stop it when done; it also
// ends with the lab's program.
type Tail struct {
	Record[Line]
	stop chan struct{}
	once sync.Once
}

// lookEvery is how often a tail looks. Polling, as an overlay's file tells
// inotify nothing when it is first copied up.
const lookEvery = 5 * time.Millisecond

// Tail follows a file of the host from its beginning, also one that does not
// exist yet, over reboots of the host, and when it is truncated or replaced.
func (h *Host) Tail(name string) *Tail {
	t := &Tail{stop: make(chan struct{})}
	go t.follow(h, name)
	return t
}

// AwaitLog waits until a line matches, the first such ever written.
func (t *Tail) AwaitLog(ctx context.Context, re string) (Line, error) {
	return t.AwaitLogFrom(ctx, 0, re)
}

// AwaitLogFrom is AwaitLog for lines after the first mark ones (see Len).
func (t *Tail) AwaitLogFrom(ctx context.Context, mark int, re string) (Line, error) {
	r, err := regexp.Compile(re)
	if err != nil {
		return Line{}, err
	}
	return t.AwaitFrom(ctx, mark, func(l Line) bool { return r.MatchString(l.Text) })
}

// Stop ends the tail after one last look, so that All is complete then.
func (t *Tail) Stop() {
	t.once.Do(func() { close(t.stop) })
	t.Await(context.Background(), func(Line) bool { return false })
}

func (t *Tail) follow(h *Host, name string) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	var c cursor
	for last := false; !last; {
		select {
		case <-tick.C:
		case <-t.stop:
			last = true
		}
		for _, text := range c.look(h, name) {
			t.add(Line{At: time.Now(), Text: text})
		}
	}
	t.end(io.EOF)
}

// cursor is how far a file has been read.
type cursor struct {
	inode  uint64
	offset int64
	rest   []byte // the beginning of a line whose end is not written yet
}

func (c *cursor) look(h *Host, name string) []string {
	f, err := h.open(name)
	if err != nil {
		return nil
	}
	defer f.Close()
	c.rewindIfNew(f)
	text, err := io.ReadAll(io.NewSectionReader(f, c.offset, 1<<40))
	if err != nil || len(text) == 0 {
		return nil
	}
	c.offset += int64(len(text))
	c.rest = append(c.rest, text...)
	var lines []string
	for {
		line, rest, found := bytes.Cut(c.rest, []byte("\n"))
		if !found {
			return lines
		}
		lines = append(lines, string(line))
		c.rest = rest
	}
}

// rewindIfNew starts over when the name means another file than before, or the
// file has become shorter.
func (c *cursor) rewindIfNew(f *os.File) {
	var st unix.Stat_t
	if unix.Fstat(int(f.Fd()), &st) != nil {
		return
	}
	if st.Ino != c.inode || st.Size < c.offset {
		*c = cursor{inode: st.Ino}
	}
}
