package udp

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"

	"systole/pkg/halog"
	"systole/pkg/medium/socket"
)

// session is the two sockets on the interface as it is now.
type session struct {
	send, recv *socket.Socket
	cfg        Config
	flavour    flavour
	index      int // of the interface the sockets are bound to
}

// open makes both sockets, waits for the port if need be, and logs what the original logs.
func open(ctx context.Context, cfg Config, f flavour, log func(halog.Level, string)) (socket.Session, error) {
	s, err := newSession(cfg, f)
	if err != nil {
		return nil, err
	}
	if err := s.prepare(ctx, log); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func newSession(cfg Config, f flavour) (*session, error) {
	local, _ := f.local()
	family := socket.Family(local.Addr())
	send, err := socket.New(family, unix.SOCK_DGRAM, unix.IPPROTO_UDP)
	if err != nil {
		return nil, err
	}
	recv, err := socket.New(family, unix.SOCK_DGRAM, unix.IPPROTO_UDP)
	if err != nil {
		send.Close()
		return nil, err
	}
	return &session{send: send, recv: recv, cfg: cfg, flavour: f}, nil
}

// prepare reads the index before it binds the sockets: should the interface change in between,
// the next check ends the session. The index of a missing interface is found missing by the options.
func (s *session) prepare(ctx context.Context, log func(halog.Level, string)) error {
	s.index, _ = s.send.Index(s.cfg.Device)
	for _, o := range s.flavour.sendOptions() {
		if err := o.apply(s.send, log); err != nil {
			return err
		}
	}
	for _, o := range s.flavour.receiveOptions() {
		if err := o.apply(s.recv, log); err != nil {
			return err
		}
	}
	if err := s.bind(ctx); err != nil {
		return err
	}
	to, err := s.flavour.target(s.send)
	if err != nil {
		return err
	}
	for _, line := range s.flavour.opened(to) {
		log(halog.Info, "glib: "+line)
	}
	return nil
}

// bind takes the port, and waits for whoever holds it as long as the original does.
func (s *session) bind(ctx context.Context) error {
	local, tries := s.flavour.local()
	for try := 1; ; try++ {
		err := s.recv.Bind(socket.Sockaddr(local))
		if err == nil {
			return nil
		}
		if try == tries || !errors.Is(err, unix.EADDRINUSE) {
			return s.bindError(err)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s %s: port %d: %w", s.cfg.Kind, s.cfg.Device, s.cfg.Port, ctx.Err())
		case <-time.After(time.Second):
		}
	}
}

func (s *session) bindError(err error) error {
	hint := ""
	switch {
	case errors.Is(err, unix.EADDRINUSE):
		hint = fmt.Sprintf("another program holds the port; see: ss -ulnp sport = :%d", s.cfg.Port)
	case errors.Is(err, unix.EACCES):
		hint = "only root may use ports below 1024"
	}
	words := fmt.Sprintf("%s: unable to bind socket to UDP port %d of %s: %s", s.cfg.Kind, s.cfg.Port, s.cfg.Device, socket.Reason(err))
	return &socket.OpenError{Words: words, Remedy: hint, Err: err}
}

// Send sends one datagram to where the flavour says.
func (s *session) Send(b []byte) error {
	to, err := s.flavour.target(s.send)
	if err != nil {
		return err
	}
	err = s.send.Send(b, socket.Sockaddr(to))
	if err != nil {
		return s.flavour.failed(to, len(b), err)
	}
	return nil
}

// Receive reads the receiving socket.
func (s *session) Receive(deliver func([]byte, netip.Addr, time.Time)) error {
	return s.recv.Receive(deliver)
}

// Check finds an interface that is gone, or made again: the sockets are bound to the old one.
func (s *session) Check() error {
	index, err := s.send.Index(s.cfg.Device)
	if err == nil && index != s.index {
		err = errors.New("the interface was made again")
	}
	return err
}

// Close closes both sockets.
func (s *session) Close() {
	s.send.Close()
	s.recv.Close()
}
