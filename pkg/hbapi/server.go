package hbapi

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// DefaultSocket is where the original's clients look for the daemon.
const DefaultSocket = "/run/heartbeat/register"

// maxConns bounds the connections at a time. The original takes as many as it has descriptors.
const maxConns = 256

// Server is the socket of the client API. It reads frames and hands them on as events; what is
// sent back goes through queues that never block the caller.
type Server struct {
	// Netstring is msgfmt netstring: clients get that form (tools spec 8.3). Both are read.
	Netstring bool

	listener *net.UnixListener

	mu    sync.Mutex
	conns map[Conn]*conn
	paces map[uint32]*pace // by user
	last  Conn

	unread atomic.Int64 // bytes that wait for clients to read them
}

// Listen makes the socket, mode 0777: the directory keeps strangers away, apiauth the others.
// A socket left behind is replaced; anything else at the path is an error.
func Listen(path string) (*Server, error) {
	if err := removeSocket(path); err != nil {
		return nil, fmt.Errorf("client API: %w", err)
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("client API: %w", err)
	}
	if err := os.Chmod(path, 0o777); err != nil {
		return nil, errors.Join(fmt.Errorf("client API: %w", err), l.Close())
	}
	return &Server{listener: l, conns: make(map[Conn]*conn), paces: make(map[uint32]*pace)}, nil
}

func removeSocket(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.Mode().Type() != fs.ModeSocket:
		return fmt.Errorf("%s is not a socket", path)
	}
	return os.Remove(path)
}

// Serve accepts clients until the context ends, then closes them all, removes the socket and
// waits until nothing of it runs. The events of one connection come in order, those of several
// connections at the same time: handle must be safe for that and may block, which stops the
// reading of that one client; it must return once the context has ended.
func (s *Server) Serve(ctx context.Context, handle func(Event)) {
	var running sync.WaitGroup
	defer running.Wait()
	stop := context.AfterFunc(ctx, func() { s.listener.Close() })
	defer stop()
	for {
		socket, err := s.listener.AcceptUnix()
		switch {
		case err == nil:
			s.admit(socket, &running, handle)
		case ctx.Err() == nil:
			pause(ctx)
		}
		if ctx.Err() != nil {
			s.closeAll()
			return
		}
	}
}

// pause waits before the next accept after one that failed for want of descriptors or memory.
func pause(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(100 * time.Millisecond):
	}
}

// admit starts a new connection, unless there are too many or its process is gone.
func (s *Server) admit(socket *net.UnixConn, running *sync.WaitGroup, handle func(Event)) {
	cred, pidfd, err := peer(socket)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil || len(s.conns) >= maxConns {
		closePidfd(pidfd)
		socket.Close()
		return
	}
	s.last++
	c := newConn(s.last, socket, cred, pidfd)
	c.netstring, c.unread = s.Netstring, &s.unread
	if s.paces[cred.UID] == nil {
		s.paces[cred.UID] = new(pace)
	}
	c.pace = s.paces[cred.UID]
	s.conns[c.id] = c
	running.Go(func() {
		c.run(handle)
		s.forget(c.id)
	})
}

func (s *Server) forget(id Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, id)
}

func (s *Server) closeAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.conns {
		c.abort("")
	}
}

func (s *Server) find(id Conn) *conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conns[id]
}

// Do performs an effect that concerns a connection and says whether it was one. It never blocks;
// connections that are gone are ignored. A client with too much unread is disconnected, which
// comes back as Gone with the reason "sendfail".
func (s *Server) Do(e Effect) bool {
	switch e := e.(type) {
	case Reply:
		s.find(e.Conn).reply(e.Msg)
	case Close:
		s.find(e.Conn).finish()
	case Drain:
		s.find(e.Conn).drain()
	case QueueLen:
		s.find(e.Conn).setLimit(e.Len)
	case Signal:
		s.find(e.Conn).signal(e.Signal)
	default:
		return false
	}
	return true
}
