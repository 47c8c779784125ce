package hbapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"systole/pkg/hamsg"
)

// ErrConnect is what is wrong when there is no daemon to talk to, in the original library's words.
const ErrConnect Error = "hb_api_signon: Can't initiate connection to heartbeat"

// RefusedError is the daemon's reason not to let a client sign on (tools spec 8.4).
type RefusedError struct{ Reason string }

// Error returns the reason in the daemon's words.
func (e *RefusedError) Error() string { return e.Reason }

// RequestError is the daemon's answer to a request it does not accept; Reason may be empty.
type RequestError struct {
	Request string
	Reason  string
}

// Error names the request and the reason.
func (e *RequestError) Error() string {
	return strings.TrimSuffix(fmt.Sprintf("%s: bad request: %s", e.Request, e.Reason), ": ")
}

// Client is a connection to the daemon. Requests and Receive are for one goroutine: messages that
// come while an answer is awaited are kept for Receive. It starts no goroutines.
type Client struct {
	socket *net.UnixConn
	frames *Reader
	held   []*hamsg.Message
	host   string // dest of requests: our host, lower case
	id     string // from_id of requests
}

// Welcome is what the daemon says about itself at sign-on.
type Welcome struct {
	Node        string
	Version     string // empty before 3.0.6
	Pacemaker   string // "false" in haresources clusters; empty before 3.0.6
	Keepalive   time.Duration
	Deadtime    time.Duration
	LogFacility int // -1 for none
}

// Dial connects to the daemon's socket. The error is ErrConnect with the reason.
func Dial(ctx context.Context, path string) (*Client, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, "unix", path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConnect, err)
	}
	host, err := os.Hostname()
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	socket := c.(*net.UnixConn)
	return &Client{socket: socket, frames: NewReader(socket), host: strings.ToLower(host)}, nil
}

// SignOn introduces the client, as casual one if id is empty. The error is a RefusedError if the
// daemon does not want it; the connection is of no use then.
func (c *Client) SignOn(ctx context.Context, id string) (Welcome, error) {
	c.id = id
	if id == "" {
		c.id = strconv.Itoa(os.Getpid())
	}
	m, err := c.ask(ctx, "signon", "uid", strconv.Itoa(os.Geteuid()), "gid", strconv.Itoa(os.Getegid()))
	var bad *RequestError
	if errors.As(err, &bad) {
		return Welcome{}, &RefusedError{bad.Reason}
	}
	if err != nil {
		return Welcome{}, err
	}
	w := Welcome{Node: m.Get("node"), Version: m.Get("hbversion"), Pacemaker: m.Get("pacemaker"), LogFacility: -1}
	w.Deadtime, err = parseMillis(m, "deadtime")
	keepalive, err2 := parseMillis(m, "keepalive")
	w.Keepalive = keepalive
	if facility, err := strconv.Atoi(m.Get("logfacility")); err == nil {
		w.LogFacility = facility
	}
	return w, errors.Join(err, err2)
}

func parseMillis(m *hamsg.Message, field string) (time.Duration, error) {
	ms, err := strconv.ParseUint(m.Get(field), 16, 32)
	if err != nil {
		return 0, fmt.Errorf("sign-on answer: %s: %w", field, err)
	}
	return time.Duration(ms) * time.Millisecond, nil
}

// Send gives a message to the cluster; it reaches the clients of our name on the node dest, or
// everywhere. Only a named client may send.
func (c *Client) Send(ctx context.Context, m *hamsg.Message) error {
	frame, err := AppendFrame(nil, m)
	if err != nil {
		return err
	}
	return c.within(ctx, func() error {
		_, err := c.socket.Write(frame)
		return err
	})
}

// Receive waits for the next message that is not an answer. The error is the context's, io.EOF
// when the daemon has closed, or what is wrong with the connection.
func (c *Client) Receive(ctx context.Context) (*hamsg.Message, error) {
	if len(c.held) > 0 {
		m := c.held[0]
		c.held = c.held[1:]
		return m, nil
	}
	for {
		m, err := c.next(ctx)
		if err != nil || m.Type() != typeResponse {
			return m, err
		}
	}
}

// Messages is Receive as a stream; it ends after the first error.
func (c *Client) Messages(ctx context.Context) iter.Seq2[*hamsg.Message, error] {
	return func(yield func(*hamsg.Message, error) bool) {
		for {
			m, err := c.Receive(ctx)
			if !yield(m, err) || err != nil {
				return
			}
		}
	}
}

// SignOff leaves and waits until the daemon has closed the connection.
func (c *Client) SignOff(ctx context.Context) error {
	if err := c.Send(ctx, c.newRequest("signoff")); err != nil {
		return err
	}
	for {
		if _, err := c.next(ctx); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// Close closes the connection; without SignOff before, the daemon tells the cluster "EOF".
func (c *Client) Close() error { return c.socket.Close() }

func (c *Client) newRequest(kind string, fields ...string) *hamsg.Message {
	m := hamsg.New("t", typeRequest, "reqtype", kind, "dest", c.host,
		"pid", strconv.Itoa(os.Getpid()), "from_id", c.id)
	m.Fields = append(m.Fields, hamsg.New(fields...).Fields...)
	return m
}

// ask sends a request and waits for its answer.
func (c *Client) ask(ctx context.Context, kind string, fields ...string) (*hamsg.Message, error) {
	return c.request(ctx, c.newRequest(kind, fields...))
}

func (c *Client) request(ctx context.Context, m *hamsg.Message) (*hamsg.Message, error) {
	if err := c.Send(ctx, m); err != nil {
		return nil, err
	}
	return c.answer(ctx, m.Get("reqtype"))
}

// answer waits for an answer of that kind. One of another kind is late, to a request given up
// before; the original's library takes it for the answer to the latest request.
func (c *Client) answer(ctx context.Context, kind string) (*hamsg.Message, error) {
	for {
		m, err := c.next(ctx)
		switch {
		case err != nil:
			return nil, err
		case m.Type() != typeResponse:
			c.held = append(c.held, m)
		case m.Get("reqtype") != kind:
		case m.Get("result") == resultOK, m.Get("result") == resultMore:
			return m, nil
		default:
			return nil, &RequestError{kind, m.Get("info")}
		}
	}
}

// next reads one message; bodies that are none are skipped.
func (c *Client) next(ctx context.Context) (m *hamsg.Message, err error) {
	err = c.within(ctx, func() error {
		for {
			body, err := c.frames.Next()
			if err != nil {
				return err
			}
			if m, err = ParseBody(body); err == nil {
				return nil
			}
		}
	})
	return m, err
}

// within runs an operation on the socket that ends when the context does, with its error.
func (c *Client) within(ctx context.Context, do func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	stopped := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		c.socket.SetDeadline(time.Unix(1, 0))
		close(stopped)
	})
	err := do()
	if stop() {
		return err
	}
	<-stopped
	c.socket.SetDeadline(time.Time{})
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return ctx.Err()
	}
	return err
}
