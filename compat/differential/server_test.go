package differential

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"systole/compat/lab"
)

// mood is how a played server answers.
type mood string

const (
	well    mood = "well"    // as it should
	wrong   mood = "wrong"   // something else
	hanging mood = "hanging" // it accepts, and says nothing
	gone    mood = "gone"    // it refuses connections
)

// hangLimit ends an answer that nobody waits for any more.
const hangLimit = time.Minute

// server is a web server at port 80 of two addresses of the servers' host.
type server struct {
	host  *lab.Host
	addrs []string // address:port

	mu     sync.Mutex
	mood   mood
	change chan struct{} // closed when the mood changes
	http   *http.Server  // nil while it is gone
}

func newServer(t *testing.T, host *lab.Host, addrs ...string) *server {
	t.Helper()
	s := &server{host: host, addrs: addrs, mood: gone, change: make(chan struct{})}
	s.is(t, well)
	t.Cleanup(func() { s.is(t, gone) })
	return s
}

// is gives the server a mood. Requests that hang are dropped by a change.
func (s *server) is(t *testing.T, m mood) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.change)
	s.mood, s.change = m, make(chan struct{})
	switch {
	case m == gone && s.http != nil:
		s.http.Close()
		s.http = nil
	case m != gone && s.http == nil:
		s.listen(t)
	}
}

func (s *server) listen(t *testing.T) {
	t.Helper()
	s.http = &http.Server{Handler: http.HandlerFunc(s.serve), ReadHeaderTimeout: hangLimit}
	for _, addr := range s.addrs {
		go s.http.Serve(lab.OK(s.host.Listen("tcp", addr))(t))
	}
}

func (s *server) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	m, change := s.mood, s.change
	s.mu.Unlock()
	switch m {
	case well:
		w.Write([]byte("I am well\n"))
		return
	case wrong:
		w.Write([]byte("out of order\n"))
		return
	}
	limit := time.NewTimer(hangLimit)
	defer limit.Stop()
	select {
	case <-change:
	case <-r.Context().Done():
	case <-limit.C:
	}
	panic(http.ErrAbortHandler)
}
