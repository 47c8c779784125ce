package genhash

import (
	"bytes"
	"context"
	"crypto/md5" // what keepalived's digests are
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// request is what to ask for.
type request struct {
	server   netip.Addr
	port     uint16
	path     string
	host     string // virtual host; "" is the server itself
	tls      bool
	sni      bool   // name the virtual host in the handshake
	protocol string // 1.0, 1.0c, 1.1
	mark     uint32 // firewall mark of the connection; 0: none
	limit    time.Duration
}

// answer is what came back.
type answer struct {
	header []byte // with the empty line that ends it
	body   []byte // as received, at most what Content-Length says
	took   time.Duration
}

// limits of an answer.
const (
	headerMax = 64 << 10
	bodyMax   = 64 << 20
)

var errNoHeader = errors.New("the answer has no header")

// fetch asks and reads the answer to its end.
func fetch(ctx context.Context, r request) (answer, error) {
	if r.limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, r.limit)
		defer cancel()
	}
	begun := time.Now()
	conn, err := r.dial(ctx)
	if err != nil {
		return answer{}, err
	}
	defer conn.Close()
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return answer{}, err
		}
	}
	if _, err := io.WriteString(conn, r.text()); err != nil {
		return answer{}, fmt.Errorf("ask %s: %w", r.address(), err)
	}
	a, err := read(conn)
	a.took = time.Since(begun)
	if err != nil {
		return answer{}, fmt.Errorf("answer of %s: %w", r.address(), err)
	}
	return a, nil
}

func (r request) address() string { return netip.AddrPortFrom(r.server, r.port).String() }

func (r request) dial(ctx context.Context) (net.Conn, error) {
	d := net.Dialer{Control: marking(r.mark)}
	if !r.tls {
		return d.DialContext(ctx, "tcp", r.address())
	}
	// As with keepalived, whose digest is about content, any certificate is good.
	config := &tls.Config{InsecureSkipVerify: true}
	if r.sni {
		config.ServerName = r.host
	}
	return (&tls.Dialer{NetDialer: &d, Config: config}).DialContext(ctx, "tcp", r.address())
}

// text is the request, byte for byte keepalived's.
func (r request) text() string {
	version, connection := "1.0", ""
	switch r.protocol {
	case "1.0c":
		connection = "Connection: close\r\n"
	case "1.1":
		version, connection = "1.1", "Connection: close\r\n"
	}
	return "GET " + r.path + " HTTP/" + version + "\r\nUser-Agent: KeepAliveClient\r\n" + connection + "Host: " + r.hostHeader() + "\r\n\r\n"
}

// hostHeader is the virtual host, or the server with its port unless that is the usual one.
func (r request) hostHeader() string {
	if r.host != "" {
		return r.host
	}
	if usual := map[bool]uint16{false: 80, true: 443}[r.tls]; r.port == usual {
		host, _, _ := net.SplitHostPort(r.address())
		if r.server.Is6() {
			host = "[" + host + "]"
		}
		return host
	}
	return r.address()
}

// read takes an answer apart. A connection that ends in the middle of a body is no error: what came
// is what is hashed.
func read(r io.Reader) (answer, error) {
	all, err := io.ReadAll(io.LimitReader(r, headerMax+bodyMax))
	end := bytes.Index(all, []byte("\r\n\r\n"))
	switch {
	case end >= 0 && (err == nil || !isTimeout(err)):
	case err != nil:
		return answer{}, err
	default:
		return answer{}, errNoHeader
	}
	a := answer{header: all[:end+4], body: all[end+4:]}
	if n, ok := a.length(); ok && n < len(a.body) {
		a.body = a.body[:n]
	}
	return a, nil
}

func isTimeout(err error) bool {
	var t net.Error
	return errors.As(err, &t) && t.Timeout()
}

var (
	contentLength = regexp.MustCompile(`(?im)^content-length:[ \t]*([0-9]+)[ \t]*\r?$`)
	statusLine    = regexp.MustCompile(`^HTTP/[0-9.]+[ \t]+([0-9]{3})`)
)

// length is what Content-Length says.
func (a answer) length() (int, bool) {
	m := contentLength.FindSubmatch(a.header)
	if m == nil {
		return 0, false
	}
	n, err := strconv.Atoi(string(m[1]))
	return n, err == nil
}

// status is the code of the answer, or 0.
func (a answer) status() int {
	m := statusLine.FindSubmatch(a.header)
	if m == nil {
		return 0
	}
	n, _ := strconv.Atoi(string(m[1]))
	return n
}

// digest is the MD5 of the body: no decoding of chunks or compression.
func (a answer) digest() string {
	sum := md5.Sum(a.body)
	return hex.EncodeToString(sum[:])
}

// within says whether a code is in a list such as "200-299,301".
func within(code int, list string) bool {
	for _, part := range strings.Split(list, ",") {
		low, high, span := strings.Cut(part, "-")
		if !span {
			high = low
		}
		from, err1 := strconv.Atoi(low)
		to, err2 := strconv.Atoi(high)
		if err1 == nil && err2 == nil && from <= code && code <= to {
			return true
		}
	}
	return false
}
