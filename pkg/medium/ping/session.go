package ping

import (
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/net/icmp"

	"systole/pkg/medium/socket"
)

// session is a raw socket that gets the echo replies of the whole machine, and one for each host
// to ask: requests to a host that does not even answer ARP fill the queue of their socket.
type session struct {
	recv  *socket.Socket
	asks  []ask
	wire  protocol
	id    uint16
	group bool
	seen  window // of the reading goroutine

	mu  sync.Mutex
	seq uint16 // of the next request
}

// ask is the way to a host.
type ask struct {
	*socket.Socket
	host netip.Addr
}

func (a ask) send(request []byte) error {
	to, err := a.Scoped(a.host)
	if err != nil {
		return err
	}
	return a.Send(request, to)
}

func newSession(hosts []netip.Addr, id uint16, group bool) (*session, error) {
	s := &session{wire: protocolOf(hosts[0]), id: id, group: group}
	if err := s.open(hosts); err != nil {
		s.Close()
		return nil, &socket.OpenError{
			Words:  "ping: cannot open raw socket: " + socket.Reason(err),
			Remedy: "only root, or a process with CAP_NET_RAW, may send echo requests",
			Err:    err,
		}
	}
	return s, nil
}

func (s *session) open(hosts []netip.Addr) (err error) {
	if s.recv, err = s.wire.socket(s.wire.allButReplies()); err != nil {
		return err
	}
	for _, host := range hosts {
		raw, err := s.wire.socket(everything())
		if err != nil {
			return err
		}
		s.asks = append(s.asks, ask{raw, host})
	}
	return nil
}

// Send asks all hosts. The error is that of the last one if none could be asked.
func (s *session) Send(b []byte) error {
	request, err := s.request(b)
	if err != nil {
		return err
	}
	asked := 0
	for _, a := range s.asks {
		if failed := a.send(request); failed != nil {
			err = failed
			continue
		}
		asked++
	}
	if asked > 0 {
		return nil
	}
	return err
}

func (s *session) request(payload []byte) ([]byte, error) {
	s.mu.Lock()
	seq := s.seq
	s.seq++
	s.mu.Unlock()
	m := icmp.Message{Type: s.wire.request, Body: &icmp.Echo{ID: int(s.id), Seq: int(seq), Data: payload}}
	b, err := m.Marshal(nil)
	if err != nil {
		return nil, fmt.Errorf("echo request: %w", err)
	}
	return b, nil
}

// Receive hands over the payloads of the replies to this medium's requests.
func (s *session) Receive(deliver func([]byte, netip.Addr, time.Time)) error {
	return s.recv.Receive(func(packet []byte, from netip.Addr, at time.Time) {
		echo, ok := s.reply(packet)
		if ok && (!s.group || s.seen.first(uint16(echo.Seq))) {
			deliver(echo.Data, from, at)
		}
	})
}

// reply reads a packet with an echo reply that is ours. The original's "ping packet too
// short" cannot happen: the kernel's filter lets no such packet through.
func (s *session) reply(packet []byte) (*icmp.Echo, bool) {
	body, err := s.wire.body(packet)
	if err != nil {
		return nil, false
	}
	m, err := icmp.ParseMessage(s.wire.number, body)
	if err != nil {
		return nil, false
	}
	echo, ok := m.Body.(*icmp.Echo)
	return echo, ok && m.Type == s.wire.reply && echo.ID == int(s.id)
}

// Check: a raw socket is bound to no interface.
func (*session) Check() error { return nil }

// Close closes the sockets.
func (s *session) Close() {
	if s.recv != nil {
		s.recv.Close()
	}
	for _, a := range s.asks {
		a.Socket.Close()
	}
}

// errCut is a packet without a whole header.
var errCut = errors.New("packet cut short")

// window remembers the last sequence numbers answered, as many as the original does.
type window struct {
	seqs [128]uint16
	used [128]bool
}

// first says whether this is the first reply with a sequence number.
func (w *window) first(seq uint16) bool {
	i := int(seq) % len(w.seqs)
	if w.used[i] && w.seqs[i] == seq {
		return false
	}
	w.seqs[i], w.used[i] = seq, true
	return true
}
