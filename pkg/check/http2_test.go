package check

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"systole/pkg/loopback"
)

// serveHTTP2 is a server that speaks the protocols over TLS or without.
func serveHTTP2(t *testing.T, encrypted bool, handler http.HandlerFunc, protocols ...func(*http.Protocols)) string {
	t.Helper()
	s := httptest.NewUnstartedServer(handler)
	s.Config.Protocols = new(http.Protocols)
	for _, set := range protocols {
		set(s.Config.Protocols)
	}
	if encrypted {
		s.EnableHTTP2 = s.Config.Protocols.HTTP2()
		s.StartTLS()
	} else {
		s.Start()
	}
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

func http1(p *http.Protocols)       { p.SetHTTP1(true) }
func overTLS(p *http.Protocols)     { p.SetHTTP2(true) }
func unencrypted(p *http.Protocols) { p.SetUnencryptedHTTP2(true) }

// TestHTTP2 asks servers with TLS and without, and servers of the older protocol.
func TestHTTP2(t *testing.T) {
	handler := func(w http.ResponseWriter, r *http.Request) {
		name := "plain"
		if r.TLS != nil {
			name = "name " + r.TLS.ServerName
		}
		if r.URL.Path == "/broken" {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_, _ = io.WriteString(w, strings.Join([]string{r.Proto, r.Method, r.Host, r.URL.String(), name}, " "))
	}
	addr := map[string]string{
		"h2":         serveHTTP2(t, true, handler, overTLS),
		"h2c":        serveHTTP2(t, false, handler, unencrypted),
		"old h2":     serveHTTP2(t, true, handler, http1),
		"old h2c":    serveHTTP2(t, false, handler, http1),
		"nobody h2c": loopback.Nobody(t).String(),
	}
	for _, c := range []struct {
		server  string
		lines   []string
		up      bool
		message string
	}{
		{"h2", []string{`request="a?b=c d"`, `receive="^HTTP/2.0 GET 127.0.0.1 /a.b=c%20d name $"`}, true, "200 OK"},
		{"h2", []string{"virtualhost=www.example.com:8443", `receive="GET www.example.com:8443 / name www.example.com$"`}, true, "200 OK"},
		{"h2", []string{"httpmethod=HEAD"}, true, "200 OK"},
		{"h2c", []string{`receive="^HTTP/2.0 GET 127.0.0.1 / plain$"`}, true, "200 OK"},
		{"h2c", []string{"virtualhost=www.example.com", `receive="GET www.example.com / plain"`}, true, "200 OK"},
		{"h2c", []string{`request="x"`, `receive="never"`}, false, "HTTP/2.0 GET 127.0.0.1 /x plain"},
		{"h2c", []string{`request="broken"`}, false, "503 Service Unavailable"},
		{"old h2", nil, false, "500 Can't connect to ADDRESS (Remote error: tls: no application protocol)"},
		{"old h2c", nil, false, "500 Read failed: Server does not speak HTTP/2"},
		{"nobody h2c", nil, false, "500 Can't connect to ADDRESS (Connection refused)"},
	} {
		words := strings.Fields(c.server)
		tg := target(t, "10.1.0.70:9", addr[c.server]+" masq", append(c.lines, "service="+words[len(words)-1])...)
		r := runCheck(t, tg, long)
		if got := strings.ReplaceAll(r.Message, addr[c.server], "ADDRESS"); r.Up != c.up || got != c.message {
			t.Errorf("%s %v: %v %q, want %v %q", c.server, c.lines, r.Up, got, c.up, c.message)
		}
	}
}

// TestGRPC plays answers of the health service.
func TestGRPC(t *testing.T) {
	const ok = "\x00\x00\x00\x00\x02\x08\x01"
	var body, status, kind string
	trailer := true
	asked := ""
	addr := serveHTTP2(t, false, func(w http.ResponseWriter, r *http.Request) {
		question, _ := io.ReadAll(r.Body)
		asked = strings.Join([]string{r.Method, r.URL.Path, r.Header.Get("Content-Type"), r.Header.Get("Te"), string(question)}, "|")
		w.Header().Set("Content-Type", kind)
		if trailer {
			w.Header().Set("Trailer", "Grpc-Status")
			_, _ = io.WriteString(w, body)
		}
		if status != "" {
			w.Header().Set("Grpc-Status", status)
		}
	}, unencrypted)
	for _, c := range []struct {
		name, body, status, kind string
		trailer                  bool
		up                       bool
		message                  string
	}{
		{"serving", ok, "0", grpcType, true, true, "SERVING"},
		{"serving, other encoding named", ok, "0", grpcType + "+proto", true, true, "SERVING"},
		{"unknown field first", "\x00\x00\x00\x00\x05\x12\x01x\x08\x01", "0", grpcType, true, true, "SERVING"},
		{"not serving", "\x00\x00\x00\x00\x02\x08\x02", "0", grpcType, true, false, "NOT_SERVING"},
		{"no state", "\x00\x00\x00\x00\x00", "0", grpcType, true, false, "UNKNOWN"},
		{"state of the future", "\x00\x00\x00\x00\x02\x08\x09", "0", grpcType, true, false, "health state 9"},
		{"compressed", "\x01\x00\x00\x00\x02\x08\x01", "0", grpcType, true, false, "Unusable health answer"},
		{"half", "\x00\x00\x00\x00\x02\x08", "0", grpcType, true, false, "Unusable health answer"},
		{"two answers", ok + ok, "0", grpcType, true, false, "Unusable health answer"},
		{"error after an answer", ok, "14", grpcType, true, false, "Grpc-status 14 "},
		{"error at once", "", "12", grpcType, false, false, "Grpc-status 12 "},
		{"no status", ok, "", grpcType, true, false, "Answer without grpc-status"},
		{"web server", "<html>", "", "text/html", true, false, "Answer is not gRPC"},
	} {
		body, status, kind, trailer = c.body, c.status, c.kind, c.trailer
		r := runCheck(t, target(t, "10.1.0.70:9", addr+" masq", "service=grpc", `request="shop"`), long)
		if r.Up != c.up || r.Message != c.message {
			t.Errorf("%s: %v %q, want %v %q", c.name, r.Up, r.Message, c.up, c.message)
		}
		if want := "POST|/grpc.health.v1.Health/Check|application/grpc|trailers|\x00\x00\x00\x00\x06\x0a\x04shop"; asked != want {
			t.Errorf("asked %q, want %q", asked, want)
		}
	}
	silent := play(t, func(net.Conn) {})
	if r := runCheck(t, target(t, "10.1.0.70:9", silent.addr.String()+" masq", "service=grpcs"), 100*time.Millisecond); r.Up || r.Message != "Timeout" {
		t.Errorf("silent: %+v", r)
	}
}
