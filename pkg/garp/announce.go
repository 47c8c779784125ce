package garp

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// The rhythm of IPaddr2's "send_arp -i 200 -r 5", and our repeats.
const (
	DefaultInterval = 200 * time.Millisecond
	DefaultCount    = 5
	DefaultRepeat   = 30 * time.Second
)

// Announcement is what an Announcer says.
type Announcement struct {
	Interface *net.Interface
	IP        netip.Addr
	MAC       net.HardwareAddr // nil: the interface's
	Interval  time.Duration    // of a request and its reply, or of an advertisement; 0: DefaultInterval
	Count     int              // of those at first; 0: DefaultCount
	Repeat    time.Duration    // between later ones; 0: none
	Held      func() bool      // asked before each later pair; false ends the announcing
	Failed    func(error)      // told of the first frame that could not be sent; may be nil
}

// Announcer announces one address until it is stopped.
type Announcer struct {
	speaker *speaker
	cancel  context.CancelFunc
	done    chan struct{}
	burst   chan struct{} // closed when the first frames are out
	lost    atomic.Bool
}

// Announce sends the first request and reply, of IPv6 the first advertisement, at once, before it returns, and the rest from a
// goroutine that Stop ends. An error means that it cannot work on this interface and nothing
// runs. A frame that cannot be sent is no error but told to Failed: a cable that is out now may
// be back for the next one.
func Announce(a Announcement) (*Announcer, error) {
	s, err := newSpeaker(a)
	if err != nil {
		return nil, err
	}
	s.all()
	ctx, cancel := context.WithCancel(context.Background())
	r := &Announcer{speaker: s, cancel: cancel, done: make(chan struct{}), burst: make(chan struct{})}
	go func() {
		r.lost.Store(s.rest(ctx, r.burst))
		close(r.done)
		s.conn.Close() // takes 10 to 25 ms in the kernel, for which no giveup should wait
	}()
	return r, nil
}

// Again sends one round now, between the others: somebody else has claimed the
// address, or may have. After Stop it sends nothing.
func (r *Announcer) Again() {
	select {
	case <-r.done:
	default:
		r.speaker.all()
	}
}

// Lost says that the announcing has ended because the address was no longer held.
func (r *Announcer) Lost() bool { return r.lost.Load() }

// Stop ends the announcing and waits until no more frame can leave. It reports whether the
// first frames were not all out yet, the state in which the original's stop finds and kills a
// send_arp.
func (r *Announcer) Stop() (interrupted bool) {
	r.cancel()
	<-r.done
	select {
	case <-r.burst:
		return false
	default:
		return true
	}
}

// Send sends all frames of a in the original's rhythm, Interval for each round and nothing after
// the last frame, as the program send_arp does. It returns early when ctx ends.
func Send(ctx context.Context, a Announcement) error {
	s, err := newSpeaker(a)
	if err != nil {
		return err
	}
	defer s.conn.Close()
	for i := range s.count * len(s.frames) {
		if i > 0 && !sleep(ctx, s.step) {
			return nil
		}
		if err := s.one(i); err != nil {
			return err
		}
	}
	return nil
}

// speaker has what is needed to send the frames.
type speaker struct {
	conn   *socket
	frames [][]byte // one round: request and reply, or the advertisement
	step   time.Duration
	count  int
	a      Announcement
	failed sync.Once
}

func newSpeaker(a Announcement) (*speaker, error) {
	s := &speaker{a: a, count: a.Count}
	if s.count <= 0 {
		s.count = DefaultCount
	}
	var err error
	if s.frames, err = round(a); err != nil {
		return nil, err
	}
	s.step = a.Interval / time.Duration(len(s.frames))
	if s.step <= 0 {
		s.step = DefaultInterval / time.Duration(len(s.frames))
	}
	s.conn, err = openSender(a.Interface, a.IP)
	return s, err
}

// round returns the frames that announce an address once.
func round(a Announcement) ([][]byte, error) {
	from, mac := a.Interface.HardwareAddr, a.MAC
	if mac == nil {
		mac = from
	}
	type form = func(from, mac net.HardwareAddr, ip netip.Addr) ([]byte, error)
	forms := []form{Request, Reply}
	if a.IP.Is6() {
		forms = []form{Advertisement}
	}
	var frames [][]byte
	for _, form := range forms {
		f, err := form(from, mac, a.IP)
		if err != nil {
			return nil, err
		}
		frames = append(frames, f)
	}
	return frames, nil
}

func (s *speaker) one(i int) error { return s.conn.send(s.frames[i%len(s.frames)]) }

func (s *speaker) all() {
	for i := range s.frames {
		s.report(s.one(i))
	}
}

// rest sends what remains of the first frames and then the repeats, until ctx ends or the address
// is lost.
func (s *speaker) rest(ctx context.Context, burst chan<- struct{}) (lost bool) {
	for i := len(s.frames); i < s.count*len(s.frames); i++ {
		if !sleep(ctx, s.step) {
			return false
		}
		s.report(s.one(i))
	}
	close(burst)
	for s.a.Repeat > 0 && sleep(ctx, s.a.Repeat) {
		if s.a.Held != nil && !s.a.Held() {
			return true
		}
		s.all()
	}
	return false
}

// report tells of the first failure only: a cable that is out stays out for many repeats.
func (s *speaker) report(err error) {
	if err != nil && s.a.Failed != nil {
		s.failed.Do(func() { s.a.Failed(err) })
	}
}

// sleep waits and says whether ctx still holds.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return ctx.Err() == nil
	}
}
