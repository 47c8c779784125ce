package lab

import (
	"context"
	"fmt"
	"sync"
)

// Record is a growing list of things seen, in the order they were seen. Any
// number of goroutines may read it and wait on it while it grows.
type Record[T any] struct {
	mu      sync.Mutex
	items   []T
	changed chan struct{} // closed and replaced at each change
	ended   error         // why nothing more will come; nil while it grows
}

func (r *Record[T]) add(v T) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.items = append(r.items, v)
	r.wake()
}

// end says that nothing more will come, and why. The first reason stays.
func (r *Record[T]) end(why error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended == nil {
		r.ended = why
		r.wake()
	}
}

func (r *Record[T]) wake() {
	if r.changed != nil {
		close(r.changed)
		r.changed = nil
	}
}

// All is what was seen so far.
func (r *Record[T]) All() []T {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]T(nil), r.items...)
}

// Len counts what was seen so far. It is the mark for AwaitFrom.
func (r *Record[T]) Len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.items)
}

// Await returns the first item ever seen for which want is true, waiting for it
// if need be.
func (r *Record[T]) Await(ctx context.Context, want func(T) bool) (T, error) {
	return r.AwaitFrom(ctx, 0, want)
}

// AwaitFrom is Await for items after the first mark ones.
func (r *Record[T]) AwaitFrom(ctx context.Context, mark int, want func(T) bool) (T, error) {
	for i := mark; ; i++ {
		v, err := r.at(ctx, i)
		if err != nil || want(v) {
			return v, err
		}
	}
}

// at returns item i, waiting for it if need be.
func (r *Record[T]) at(ctx context.Context, i int) (T, error) {
	var none T
	for {
		r.mu.Lock()
		if i < len(r.items) {
			v := r.items[i]
			r.mu.Unlock()
			return v, nil
		}
		if r.ended != nil {
			r.mu.Unlock()
			return none, r.ended
		}
		if r.changed == nil {
			r.changed = make(chan struct{})
		}
		changed := r.changed
		r.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return none, fmt.Errorf("not seen among %d: %w", i, context.Cause(ctx))
		}
	}
}
