package ping

import (
	"fmt"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/net/icmp"
	"golang.org/x/net/ipv4"
	"golang.org/x/sys/unix"

	"systole/pkg/medium/socket"
)

// session is a raw socket that gets the echo replies of the whole machine.
type session struct {
	*socket.Socket
	hosts []netip.Addr
	id    uint16
	group bool
	seen  window // of the reading goroutine

	mu  sync.Mutex
	seq uint16 // of the next request
}

// ICMP_FILTER of linux/icmp.h: a bit set keeps that type from the socket.
const (
	icmpFilter = 1
	onlyReply  = ^(1 << 0)
)

func newSession(hosts []netip.Addr, id uint16, group bool) (*session, error) {
	s, err := socket.New(unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_ICMP)
	if err == nil {
		if err = s.Set(unix.SOL_RAW, icmpFilter, onlyReply); err != nil {
			s.Close()
		}
	}
	if err != nil {
		return nil, &socket.OpenError{
			Words:  "ping: cannot open raw socket: " + socket.Reason(err),
			Remedy: "only root, or a process with CAP_NET_RAW, may send echo requests",
			Err:    err,
		}
	}
	return &session{Socket: s, hosts: hosts, id: id, group: group}, nil
}

// Send asks all hosts. The error is that of the last one if none could be asked.
func (s *session) Send(b []byte) error {
	request, err := s.request(b)
	if err != nil {
		return err
	}
	asked := 0
	for _, host := range s.hosts {
		if failed := s.Socket.Send(request, &unix.SockaddrInet4{Addr: host.As4()}); failed != nil {
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
	m := icmp.Message{Type: ipv4.ICMPTypeEcho, Body: &icmp.Echo{ID: int(s.id), Seq: int(seq), Data: payload}}
	b, err := m.Marshal(nil)
	if err != nil {
		return nil, fmt.Errorf("echo request: %w", err)
	}
	return b, nil
}

// Receive hands over the payloads of the replies to this medium's requests.
func (s *session) Receive(deliver func([]byte, netip.Addr, time.Time)) error {
	return s.Socket.Receive(func(packet []byte, from netip.Addr, at time.Time) {
		echo, ok := s.reply(packet)
		if ok && (!s.group || s.seen.first(uint16(echo.Seq))) {
			deliver(echo.Data, from, at)
		}
	})
}

// reply reads an IPv4 packet with an echo reply that is ours. The original's "ping packet too
// short" cannot happen: the kernel's filter lets no such packet through.
func (s *session) reply(packet []byte) (*icmp.Echo, bool) {
	head, err := icmp.ParseIPv4Header(packet)
	if err != nil || len(packet) < head.Len {
		return nil, false
	}
	m, err := icmp.ParseMessage(unix.IPPROTO_ICMP, packet[head.Len:])
	if err != nil {
		return nil, false
	}
	echo, ok := m.Body.(*icmp.Echo)
	return echo, ok && m.Type == ipv4.ICMPTypeEchoReply && echo.ID == int(s.id)
}

// Check: a raw socket is bound to no interface.
func (*session) Check() error { return nil }

// Close closes the socket.
func (s *session) Close() { s.Socket.Close() }

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
