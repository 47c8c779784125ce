package director

import (
	"container/heap"
	"time"
)

// alarm is the place of something in a queue.
type alarm struct {
	at    time.Time
	order int // among equal times
	index int // in the queue, counted from 1; 0: not in it
}

func (a *alarm) clock() *alarm { return a }

// queue orders things by the time at which they want to be looked at. Thousands of checks are
// started each second: no step may go through all of them.
type queue[T interface{ clock() *alarm }] struct{ all waiting[T] }

// put sets the time of x, in the queue or not.
func (q *queue[T]) put(x T, at time.Time) {
	a := x.clock()
	a.at = at
	if a.index == 0 {
		heap.Push(&q.all, x)
	} else {
		heap.Fix(&q.all, a.index-1)
	}
}

// drop takes x out, if it is in.
func (q *queue[T]) drop(x T) {
	if a := x.clock(); a.index > 0 {
		heap.Remove(&q.all, a.index-1)
	}
}

// take removes and returns what is due.
func (q *queue[T]) take(now time.Time) (x T, ok bool) {
	if len(q.all) == 0 || now.Before(q.all[0].clock().at) {
		return x, false
	}
	return heap.Pop(&q.all).(T), true
}

// next returns the first time; zero if there is none.
func (q *queue[T]) next() (at time.Time) {
	if len(q.all) > 0 {
		at = q.all[0].clock().at
	}
	return at
}

func (q *queue[T]) clear() {
	for _, x := range q.all {
		x.clock().index = 0
	}
	q.all = nil
}

// waiting is the heap of a queue.
type waiting[T interface{ clock() *alarm }] []T

func (w waiting[T]) Len() int { return len(w) }

func (w waiting[T]) Less(i, j int) bool {
	a, b := w[i].clock(), w[j].clock()
	if a.at.Equal(b.at) {
		return a.order < b.order
	}
	return a.at.Before(b.at)
}

func (w waiting[T]) Swap(i, j int) {
	w[i], w[j] = w[j], w[i]
	w[i].clock().index, w[j].clock().index = i+1, j+1
}

// Push is for package heap.
func (w *waiting[T]) Push(x any) {
	*w = append(*w, x.(T))
	x.(T).clock().index = len(*w)
}

// Pop is for package heap.
func (w *waiting[T]) Pop() any {
	last := len(*w) - 1
	x := (*w)[last]
	var none T
	(*w)[last] = none
	*w = (*w)[:last]
	x.clock().index = 0
	return x
}
