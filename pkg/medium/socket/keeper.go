package socket

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"systole/pkg/halog"
)

// Session is one life of a medium: the sockets it has until its interface goes away.
type Session interface {
	// Send sends one datagram without waiting.
	Send(b []byte) error

	// Receive hands over what arrives until Close, then it returns nil.
	Receive(deliver func(b []byte, from netip.Addr, at time.Time)) error

	// Check tells why the session is of no use any more; it is asked twice a second.
	Check() error

	Close()
}

// Times of a Keeper.
const (
	checkEvery   = 500 * time.Millisecond
	firstRetry   = 250 * time.Millisecond
	longestRetry = time.Second
)

// Driver is a kind of medium, for a Keeper.
type Driver struct {
	Medium  string // as the original writes it in its log: "ucast eth0"
	Open    func(ctx context.Context, log func(halog.Level, string)) (Session, error)
	Deliver func(b []byte, from netip.Addr, at time.Time)
	Log     func(halog.Level, string)
}

// Keeper keeps a medium open: it begins a new session when the old one has become useless,
// and tries until there is one. The original would restart its child processes only when they
// die, and stay deaf on an interface that was deleted and made again.
type Keeper struct {
	driver Driver
	count  Counter
	cancel context.CancelFunc
	done   chan struct{}

	mu  sync.Mutex
	now Session // nil while there is none
}

// Keep opens the first session, whose sockets belong to the network namespace of the calling
// thread, and keeps the medium open until Close is called or ctx is done.
func Keep(ctx context.Context, d Driver) (*Keeper, error) {
	first, err := d.Open(ctx, d.Log)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	k := &Keeper{driver: d, cancel: cancel, done: make(chan struct{}), now: first}
	k.count.Medium, k.count.Log = d.Medium, d.Log
	go k.run(ctx, first)
	return k, nil
}

// Send sends one datagram without waiting, counts it, and logs a failure as the original does.
func (k *Keeper) Send(b []byte) error {
	err := k.send(b)
	k.count.Wrote(err)
	return err
}

func (k *Keeper) send(b []byte) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.now == nil {
		return fmt.Errorf("%s: %w", k.driver.Medium, unix.ENODEV)
	}
	return k.now.Send(b)
}

// Stats returns what was sent and received so far.
func (k *Keeper) Stats() Stats { return k.count.Stats() }

// Close ends the medium and waits for its goroutines.
func (k *Keeper) Close() error {
	k.cancel()
	<-k.done
	return nil
}

func (k *Keeper) run(ctx context.Context, s Session) {
	defer close(k.done)
	for s != nil {
		err := k.live(ctx, s)
		if ctx.Err() != nil {
			return
		}
		k.driver.Log(halog.Warn, fmt.Sprintf("%s: %s; waiting to open it again", k.driver.Medium, Reason(err)))
		s = k.reopen(ctx)
	}
}

// live uses a session as long as it lasts and closes it.
func (k *Keeper) live(ctx context.Context, s Session) error {
	k.set(s)
	ended := make(chan error, 1)
	go func() { ended <- s.Receive(k.deliver) }()
	err := watch(ctx, s, ended)
	k.set(nil)
	s.Close()
	<-ended
	return err
}

// watch waits for the end of a session. It leaves a value in ended.
func watch(ctx context.Context, s Session, ended chan error) error {
	tick := time.NewTicker(checkEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-ended:
			ended <- err
			return err
		case <-tick.C:
			if err := s.Check(); err != nil {
				return err
			}
		}
	}
}

func (k *Keeper) deliver(b []byte, from netip.Addr, at time.Time) {
	k.count.Received()
	k.driver.Deliver(b, from, at)
}

func (k *Keeper) set(s Session) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.now = s
}

// reopen tries until there is a session again, nil when ctx is done. Of the tries only the one
// that succeeds logs its lines, and the others only a reason that is new.
func (k *Keeper) reopen(ctx context.Context) Session {
	told := ""
	for wait := firstRetry; ; wait = min(2*wait, longestRetry) {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
		var lines []logText
		s, err := k.driver.Open(ctx, func(level halog.Level, text string) {
			lines = append(lines, logText{level, text})
		})
		if err == nil {
			for _, line := range lines {
				k.driver.Log(line.level, line.text)
			}
			return s
		}
		if text := err.Error(); text != told && !errors.Is(err, unix.ENODEV) && ctx.Err() == nil {
			told = text
			k.driver.Log(halog.Warn, fmt.Sprintf("%s: %s", k.driver.Medium, text))
		}
	}
}
