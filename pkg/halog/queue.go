package halog

import (
	"context"
	"fmt"
	"sync"
)

// queueLength is how many lines wait for a slow disk before lines are dropped.
const queueLength = 4096

// sink is where a text goes.
type sink interface {
	write(text string)
	close()
}

// delivery is one text for one sink.
type delivery struct {
	to   sink
	text string
}

// closing is a sink whose write closes another one, so that only the writer ever does.
type closing struct{ sink }

func (c closing) write(string) { c.sink.close() }

// reached is a sink that is closed when the writer comes to it.
type reached chan struct{}

func (r reached) write(string) { close(r) }
func (r reached) close()       {}

// queue hands records to one writer goroutine.
type queue struct {
	lost func(n int64) []delivery // the record that tells of n lines lost; must not put

	mu      sync.Mutex // guards the rest, and keeps senders off a closed channel
	records chan []delivery
	done    chan struct{}
	closed  bool
	dropped int64
}

// put queues the texts of one line; it never blocks. What does not fit, or comes after close,
// is counted.
func (q *queue) put(record []delivery) {
	if len(record) == 0 {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return
	}
	if q.records == nil {
		q.records, q.done = make(chan []delivery, queueLength), make(chan struct{})
		go write(q.records, q.done)
	}
	q.tell(1)
	q.offer(record)
}

// try queues a record that is no line. It says whether the writer will come to it.
func (q *queue) try(record []delivery) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed || q.records == nil {
		return false
	}
	select {
	case q.records <- record:
		return true
	default:
		return false
	}
}

// tell says how many lines were lost, if there is room for that and for spare records more.
func (q *queue) tell(spare int) {
	if q.dropped > 0 && len(q.records)+spare < cap(q.records) {
		q.records <- q.lost(q.dropped)
		q.dropped = 0
	}
}

func (q *queue) offer(record []delivery) {
	select {
	case q.records <- record:
	default:
		q.dropped++
	}
}

// write is the writer goroutine: it ends when the queue is closed and empty.
func write(records <-chan []delivery, done chan<- struct{}) {
	defer close(done)
	for record := range records {
		for _, d := range record {
			d.to.write(d.text)
		}
	}
}

// close ends the queue after what it holds, or gives up waiting with the context.
func (q *queue) close(ctx context.Context) error {
	q.mu.Lock()
	if !q.closed && q.records != nil {
		q.tell(0)
		close(q.records)
	}
	q.closed = true
	done := q.done
	q.mu.Unlock()
	if done == nil {
		return nil
	}
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("flush log: %w", ctx.Err())
	}
}
