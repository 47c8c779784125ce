package check

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"systole/pkg/connector"
)

// Limits on what a check reads from a server.
const (
	headerMax = 64 << 10 // a header, or all lines of a dialogue
	lineMax   = 8 << 10
	bodyMax   = 1 << 20
	shownMax  = 4 << 10 // of a body in a message
)

// Env is what a check may use of the world. Every function ends when its context does.
type Env struct {
	Dial      func(ctx context.Context, network, address string) (net.Conn, error) // one of TCP goes away by a reset
	Connector *connector.Connector                                                 // for connections without a word
	Exec      func(ctx context.Context, command string, args []string) error       // nil, *exec.ExitError or a failure to start
	Rand      io.Reader
	Now       func() time.Time
	HostName  string
	Search    []string // domains of resolv.conf, for dns checks
}

// System is the real world.
func System(hostname string, search []string) *Env {
	return &Env{
		Dial: dialer(), Connector: new(connector.Connector), Exec: execute,
		Rand: rand.Reader, Now: time.Now, HostName: hostname, Search: search,
	}
}

// execute runs a command with nothing but /dev/null. When the context ends the command gets TERM,
// it alone, as the original does it, and KILL soon after.
func execute(ctx context.Context, command string, args []string) error {
	cmd := exec.CommandContext(ctx, command, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 500 * time.Millisecond
	return cmd.Run()
}

// open connects to a server. The connection ends with the context, whatever deadlines a library
// sets, and is limited in what it delivers.
func open(ctx context.Context, env *Env, network, address string, limit int) (*wire, error) {
	c, err := env.Dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	w := &wire{Conn: c, raw: c, left: limit}
	w.release = context.AfterFunc(ctx, func() { _ = c.Close() })
	return w, nil
}

// wire is a connection that delivers a limited number of bytes.
type wire struct {
	net.Conn // raw, or TLS on it
	raw      net.Conn
	left     int
	release  func() bool
}

// errTooMuch is how a read fails when a server has sent all it may.
var errTooMuch = errors.New("answer too long")

func (w *wire) Read(b []byte) (int, error) {
	if w.left <= 0 {
		return 0, errTooMuch
	}
	n, err := w.Conn.Read(b[:min(len(b), w.left)])
	w.left -= n
	return n, err
}

// Close ends the connection. TLS gets no farewell: sending one can block.
func (w *wire) Close() error {
	w.release()
	return w.raw.Close()
}

// CloseWrite ends what we send, if the connection can.
func (w *wire) CloseWrite() error {
	if c, ok := w.Conn.(interface{ CloseWrite() error }); ok {
		return c.CloseWrite()
	}
	return nil
}

// reason is the system's word for an error, as Perl prints $!: "Connection refused".
func reason(err error) string {
	text := err.Error()
	var no syscall.Errno
	var dns *net.DNSError
	switch {
	case errors.As(err, &no):
		text = no.Error()
	case errors.As(err, &dns):
		return "Name or service not known"
	}
	return capital(text)
}

// capital begins a text with a capital letter, as the original's messages do.
func capital(text string) string {
	if text == "" {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
