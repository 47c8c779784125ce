package metrics

import (
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"systole/pkg/state/socket"
)

// Bounds of a server: who scrapes more, or reads slower, gets nothing.
const (
	scrapes  = 4
	patience = 30 * time.Second
	maxHead  = 16 << 10
)

// Source gives the families of this moment; none at the end of the daemon.
type Source func() []Family

// Server answers scrapes of /metrics on a unix socket, and over TCP while it is told to.
type Server struct {
	http *http.Server

	mu  sync.Mutex
	at  netip.AddrPort
	tcp net.Listener
}

// NewServer returns a server that does nothing before Socket or Listen.
func NewServer(source Source) *Server {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", handler(source))
	return &Server{http: &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 5 * time.Second,
		WriteTimeout: patience, IdleTimeout: patience, MaxHeaderBytes: maxHead}}
}

func handler(source Source) http.Handler {
	slots := make(chan struct{}, scrapes)
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		select {
		case slots <- struct{}{}:
			defer func() { <-slots }()
		default:
			http.Error(w, "too many scrapes at once", http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		_ = Write(w, source()) // who has gone misses nothing
	})
}

// Socket answers on a unix socket for root and a group until Close. The error says why it cannot.
func (s *Server) Socket(path string, mode fs.FileMode, gid int) error {
	l, err := socket.Listen(path, mode, gid)
	if err != nil {
		return fmt.Errorf("metrics socket: %w", err)
	}
	s.serve(l)
	return nil
}

// Listen answers over TCP at an address, and no longer at the one before; an address that is not
// valid ends it. The error says why it cannot.
func (s *Server) Listen(at netip.AddrPort) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at == s.at {
		return nil
	}
	if s.tcp != nil {
		s.tcp.Close()
	}
	s.tcp, s.at = nil, netip.AddrPort{}
	if !at.IsValid() {
		return nil
	}
	l, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(at))
	if err != nil {
		return fmt.Errorf("systole_metrics: %w", err)
	}
	s.tcp, s.at = l, at
	s.serve(l)
	return nil
}

func (s *Server) serve(l net.Listener) {
	go func() { _ = s.http.Serve(l) }() // ends with l, or with the server
}

// Close ends everything at once.
func (s *Server) Close() { s.http.Close() }
