package check

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"strings"
)

// maxRedirects is how many redirections are followed (ldirectord spec 9.1).
const maxRedirects = 7

// web is the check of http, https and http_proxy (ldirectord spec 9.1): up if the final status is
// 2xx and the body matches. The context limits it from the connect to the last byte.
func web(ctx context.Context, env *Env, t Target) Result {
	a, err := fetch(ctx, env, t)
	return judge(ctx, t, a, err)
}

// judge makes a result of an answer.
func judge(ctx context.Context, t Target, a answer, err error) Result {
	switch {
	case ctx.Err() != nil:
		return Result{Message: "500 Timeout Alarm"}
	case err != nil:
		return Result{Message: "500 " + capital(err.Error())}
	case a.code/100 != 2:
		return Result{Message: a.status()}
	case !t.Receive.Match(a.body):
		return Result{Message: string(a.body[:min(len(a.body), shownMax)])}
	}
	return Result{Up: true, Message: a.status()}
}

// fetch asks and follows redirections.
func fetch(ctx context.Context, env *Env, t Target) (answer, error) {
	l, err := parseLocation(t.Real.URL)
	if err != nil {
		return answer{}, err
	}
	host := t.Virtual.VirtualHost
	switch {
	case host != "":
	case t.Virtual.CheckService == "http_proxy":
		host = l.authority
	default:
		host = t.host()
	}
	for range maxRedirects {
		a, err := ask(ctx, env, t, l, host)
		if err != nil || !a.redirects() {
			return a, err
		}
		if l, err = l.follow(a.location); err != nil {
			return a, nil // as it stands: a redirection that leads nowhere is no success
		}
		host = l.authority
	}
	return ask(ctx, env, t, l, host)
}

// ask sends one request and reads the answer.
func ask(ctx context.Context, env *Env, t Target, l location, host string) (answer, error) {
	target, connectTo := l.path, l.address()
	if t.Virtual.CheckService == "http_proxy" && l.scheme == "http" {
		target, connectTo = l.String(), t.address()
	}
	c, err := open(ctx, env, "tcp", connectTo, headerMax+bodyMax)
	if err != nil {
		return answer{}, unreachable(connectTo, err)
	}
	defer c.Close()
	if l.scheme == "https" {
		if err := c.encrypt(ctx, hostname(host)); err != nil {
			return answer{}, unreachable(connectTo, err)
		}
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nTE: deflate,gzip;q=0.3\r\nConnection: TE, close\r\nHost: %s\r\nUser-Agent: libwww-perl/6.68\r\n\r\n",
		t.Virtual.HTTPMethod, target, host)
	if _, err := c.Write(b.Bytes()); err != nil {
		return answer{}, fmt.Errorf("write failed: %s", reason(err))
	}
	return readAnswer(c, t.Virtual.HTTPMethod)
}

func unreachable(address string, err error) error {
	return fmt.Errorf("can't connect to %s (%s)", address, reason(err))
}

// encrypt puts TLS on the connection. Nothing is verified: a check asks whether the server
// answers, and sites rely on self-signed certificates there; what the original intends, too
// (ldirectord spec 9.1). Old versions and ciphers are accepted for the same reason. No name is
// sent for an address. The protocols are offered to the server (ALPN, RFC 7301).
func (w *wire) encrypt(ctx context.Context, host string, protocols ...string) error {
	cf := &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, CipherSuites: allCiphers(), NextProtos: protocols}
	if _, err := netip.ParseAddr(host); err != nil {
		cf.ServerName = host
	}
	inner := *w
	c := tls.Client(&inner, cf)
	if err := c.HandshakeContext(ctx); err != nil {
		return err
	}
	w.Conn = c
	return nil
}

// protocol is the one that the server chose, "" if it chose none.
func (w *wire) protocol() string {
	if c, ok := w.Conn.(*tls.Conn); ok {
		return c.ConnectionState().NegotiatedProtocol
	}
	return ""
}

func allCiphers() []uint16 {
	var ids []uint16
	for _, s := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		ids = append(ids, s.ID)
	}
	return ids
}

// hostname is a host without port and brackets, as TLS names it.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return strings.Trim(host, "[]")
}
