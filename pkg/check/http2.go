package check

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"
)

// http2 is the check of h2, HTTP/2 over TLS, and h2c, without TLS and with prior knowledge
// (RFC 9113, 3.2 and 3.3). It is not the original's. As with http it is up if the status is 2xx
// and the body matches; redirections are not followed. The name of virtualhost= is also the one
// that TLS asks for.
func http2(ctx context.Context, env *Env, t Target) Result {
	a, err := fetchHTTP2(ctx, env, t)
	return judge(ctx, t, a, err)
}

func fetchHTTP2(ctx context.Context, env *Env, t Target) (answer, error) {
	c, err := openHTTP2(ctx, env, t, t.Virtual.CheckService == "h2")
	if err != nil {
		return answer{}, unreachable(t.address(), err)
	}
	defer c.Close()
	req, err := c.request(ctx, t, t.Virtual.HTTPMethod, t.Real.Request, nil)
	if err != nil {
		return answer{}, err
	}
	resp, body, err := c.ask(req)
	if err != nil {
		return answer{}, readFailed(err)
	}
	return answer{code: resp.StatusCode, text: http.StatusText(resp.StatusCode), body: body}, nil
}

// http2Conn is a connection for one question.
type http2Conn struct {
	*wire
	client *http.ClientConn
	frames http2Frames // of a connection without TLS
	scheme string
}

var errNotHTTP2 = errors.New("server does not speak HTTP/2")

// protocolHTTP2 is what a TLS server chooses that speaks HTTP/2 (RFC 9113, 3.2).
const protocolHTTP2 = "h2"

func openHTTP2(ctx context.Context, env *Env, t Target, encrypted bool) (*http2Conn, error) {
	w, err := open(ctx, env, "tcp", t.address(), headerMax+bodyMax)
	if err != nil {
		return nil, err
	}
	c := &http2Conn{wire: w, scheme: "http"}
	if encrypted {
		c.scheme = "https"
		err = w.encrypt(ctx, t.serverName(), protocolHTTP2)
		if err == nil && w.protocol() != protocolHTTP2 {
			err = errNotHTTP2
		}
	}
	if err == nil {
		c.client, err = transportOver(w, &c.frames).NewClientConn(ctx, c.scheme, t.address())
	}
	if err != nil {
		_ = w.Close()
		return nil, err
	}
	return c, nil
}

// transportOver makes a transport that speaks HTTP/2 and nothing else, over a connection that is
// there already. It knows TLS only by its type.
func transportOver(w *wire, frames *http2Frames) *http.Transport {
	protocols := new(http.Protocols)
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true)
	return &http.Transport{
		Protocols:              protocols,
		DisableCompression:     true,
		MaxResponseHeaderBytes: headerMax,
		DialContext: func(context.Context, string, string) (net.Conn, error) {
			return &gate{wire: w, next: frames.next}, nil
		},
		DialTLSContext: func(context.Context, string, string) (net.Conn, error) { return w.Conn, nil },
	}
}

// http2Frames reads frames (RFC 9113, 4.1); the first must be the server's SETTINGS, or it speaks
// something else. The library would complain of a frame of the size that the letters HTT spell.
type http2Frames struct {
	begun   bool
	foreign atomic.Bool // the first was something else
}

func (f *http2Frames) next(r io.Reader) ([]byte, error) {
	const header, settings = 9, 4
	head, err := readFixed(r, header)
	if err != nil {
		return nil, err
	}
	if !f.begun && head[3] != settings {
		f.foreign.Store(true)
		return nil, errNotHTTP2
	}
	f.begun = true
	return readRest(r, head, int64(head[0])<<16|int64(head[1])<<8|int64(head[2]))
}

// serverName is what TLS asks for: virtualhost= without its port.
func (t Target) serverName() string {
	return hostname(cmp.Or(t.Virtual.VirtualHost, t.Real.Addr.String()))
}

// request makes a request for a path; its authority is virtualhost=, else the real's address
// without port, as the Host of http.
func (c *http2Conn) request(ctx context.Context, t Target, method, path string, body io.Reader) (*http.Request, error) {
	if path == "" {
		path = "/"
	}
	u, err := url.ParseRequestURI(escape(path))
	if err != nil {
		return nil, fmt.Errorf("request: %w", err)
	}
	u.Scheme, u.Host = c.scheme, t.Virtual.VirtualHost
	if u.Host == "" {
		u.Host = t.host()
	}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), body)
	if err != nil {
		return nil, fmt.Errorf("request: %w", err)
	}
	req.Header.Set("User-Agent", "ldirectord")
	return req, nil
}

// ask sends a request and reads the answer, of its body at most bodyMax bytes. A body that ends
// early is judged by what has come, as with http. A server may have said that it is none of HTTP/2 before it
// was asked: the library then has only a connection that cannot be used.
func (c *http2Conn) ask(req *http.Request) (*http.Response, []byte, error) {
	resp, err := c.client.RoundTrip(req)
	if err != nil && c.frames.foreign.Load() {
		err = errNotHTTP2
	}
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(resp.Body, bodyMax))
	return resp, body, nil
}
