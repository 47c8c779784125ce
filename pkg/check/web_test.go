package check

import (
	"bytes"
	"compress/gzip"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"systole/pkg/loopback"
)

const long = 20 * time.Second // a limit that a test never reaches

// TestWebRequest compares the bytes of ldirectord spec 9.1.
func TestWebRequest(t *testing.T) {
	const rest = " HTTP/1.1\r\nTE: deflate,gzip;q=0.3\r\nConnection: TE, close\r\nHost: %s\r\nUser-Agent: libwww-perl/6.68\r\n\r\n"
	for _, c := range []struct{ line, host, want string }{
		{`request="gunnm.lvs"`, "127.0.0.1", "GET /gunnm.lvs"},
		{`request="/a?b=c d"`, "127.0.0.1", "GET /a?b=c%20d"},
		{`virtualhost=www.example.com`, "www.example.com", "GET /"},
		{`httpmethod=HEAD`, "127.0.0.1", "HEAD /"},
	} {
		s := play(t, says("HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nok\n"))
		r := runCheck(t, target(t, "10.1.0.70:80", s.addr.String()+" gate", "service=http", c.line), long)
		if want := c.want + fmt.Sprintf(rest, c.host); s.all() != want || !r.Up || r.Message != "200 OK" {
			t.Errorf("%s: got %q %+v, want %q", c.line, s.all(), r, want)
		}
	}
}

func TestWebProxyRequest(t *testing.T) {
	s := play(t, says("HTTP/1.0 200 OK\r\n\r\nok\n"))
	r := runCheck(t, target(t, "10.1.0.70:3128", s.addr.String()+" gate", "service=http_proxy", `request="http://www.example.com/x"`), long)
	want := "GET http://www.example.com/x HTTP/1.1\r\nTE: deflate,gzip;q=0.3\r\nConnection: TE, close\r\nHost: www.example.com\r\nUser-Agent: libwww-perl/6.68\r\n\r\n"
	if s.all() != want || !r.Up {
		t.Errorf("got %q %+v, want %q", s.all(), r, want)
	}
}

// TestWebAnswers: what servers say and what it means.
func TestWebAnswers(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = io.WriteString(z, "gunnm")
	_ = z.Close()
	for _, c := range []struct {
		name, answer, receive string
		up                    bool
		message               string
	}{
		{"plain", "HTTP/1.1 200 OK\r\n\r\ngunnm\nweb1\n", "gunnm", true, "200 OK"},
		{"pattern", "HTTP/1.1 200 OK\r\n\r\ngunnm-17", `^gunnm-\d+$`, true, "200 OK"},
		{"wrong text", "HTTP/1.1 200 OK\r\n\r\nother\n", "gunnm", false, "other\n"},
		{"204", "HTTP/1.1 204 No Content\r\n\r\n", "", true, "204 No Content"},
		{"500", "HTTP/1.1 500 Internal Server Error\r\n\r\ngunnm", "gunnm", false, "500 Internal Server Error"},
		{"404", "HTTP/1.1 404 Not Found\r\n\r\ngunnm", "gunnm", false, "404 Not Found"},
		{"304", "HTTP/1.1 304 Not Modified\r\n\r\n", "", false, "304 Not Modified"},
		{"no reason", "HTTP/1.1 200\r\n\r\ngunnm", "gunnm", true, "200 "},
		{"interim", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\ngunnm", "gunnm", true, "200 OK"},
		{"chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\ngun\r\n2\r\nnm\r\n0\r\n\r\n", "gunnm", true, "200 OK"},
		{"gzip transfer", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n" +
			fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", packed.Len(), packed.String()), "gunnm", true, "200 OK"},
		{"gzip content stays", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + packed.String(), "gunnm", false, packed.String()},
		{"content length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\ngunnmsurplus", "surplus", false, "gunnm"},
		{"dies in the body", "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\ngun", "gunnm", false, "gun"},
		{"dies after the word", "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\ngunnm", "gunnm", true, "200 OK"},
		{"dies in a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n50\r\ngun", "gunnm", false, "gun"},
		{"dies in the header", "HTTP/1.1 200 OK\r\nContent-", "", false, "500 Read failed: EOF"},
		{"silence", "", "", false, "500 Server closed connection without sending any data back"},
		{"not HTTP", "SSH-2.0-OpenSSH_9.2\r\n", "", false, "500 Answer is not HTTP"},
		{"bad code", "HTTP/1.1 2OO OK\r\n\r\n", "", false, "500 Answer is not HTTP"},
		{"bad chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\ngunnm", "gunnm", false, ""},
		{"huge line", "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", headerMax), "", false, "500 Header line too long"},
		{"huge header", "HTTP/1.1 200 OK\r\n" + strings.Repeat("X: y\r\n", headerMax/6+1), "", false, "500 Header line too long"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := play(t, says(c.answer))
			lines := []string{"service=http"}
			if c.receive != "" {
				lines = append(lines, `receive="`+c.receive+`"`)
			}
			tg := target(t, "10.1.0.70:80", s.addr.String()+" gate", lines...)
			if r := runCheck(t, tg, long); r.Up != c.up || r.Message != c.message {
				t.Errorf("got %v %q, want %v %q", r.Up, r.Message, c.up, c.message)
			}
		})
	}
}

// TestWebHead: a HEAD answer has no body, whatever its length says.
func TestWebHead(t *testing.T) {
	s := play(t, says("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"))
	r := runCheck(t, target(t, "10.1.0.70:80", s.addr.String()+" gate", "service=http", "httpmethod=HEAD"), long)
	if !r.Up {
		t.Errorf("got %+v", r)
	}
}

func TestWebRefused(t *testing.T) {
	addr := loopback.Nobody(t).String()
	r := runCheck(t, target(t, "10.1.0.70:80", addr+" gate", "service=http"), long)
	if want := "500 Can't connect to " + addr + " (Connection refused)"; r.Up || r.Message != want {
		t.Errorf("got %+v, want %q", r, want)
	}
}

// TestWebTimeout: servers that never finish cost the limit of the check and no more.
func TestWebTimeout(t *testing.T) {
	endless := func(first, more string) script {
		return func(c net.Conn) {
			readRequest(c)
			for text := first; ; text = more {
				if _, err := io.WriteString(c, text); err != nil {
					return
				}
			}
		}
	}
	drip := func(c net.Conn) {
		readRequest(c)
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for range tick.C {
			if _, err := io.WriteString(c, "H"); err != nil {
				return
			}
		}
	}
	for _, c := range []struct {
		name    string
		script  script
		message string
	}{
		{"silent", func(net.Conn) {}, "500 Timeout Alarm"},
		{"no header end", func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n") }, "500 Timeout Alarm"},
		{"body missing", func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ngun") }, "500 Timeout Alarm"},
		{"drip", drip, "500 Timeout Alarm"},
		{"endless header", endless("HTTP/1.1 200 OK\r\n", "X: yyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n"), "500 Header line too long"},
		{"endless body", endless("HTTP/1.1 200 OK\r\n\r\n", "no no no no no no no no no no no no\n"), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := play(t, c.script)
			limit := 300 * time.Millisecond
			if c.message != "500 Timeout Alarm" {
				limit = long
			}
			r := runCheck(t, target(t, "10.1.0.70:80", s.addr.String()+" gate", "service=http", `receive="yes"`), limit)
			if r.Up || c.message != "" && r.Message != c.message || len(r.Message) > shownMax {
				t.Errorf("got %v %.80q, want %q", r.Up, r.Message, c.message)
			}
		})
	}
}

// TestWebResets: the connection ends with a reset, so that neither side keeps it in TIME_WAIT.
func TestWebResets(t *testing.T) {
	s := play(t, func(c net.Conn) {
		readRequest(c)
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
	})
	runCheck(t, target(t, "10.1.0.70:80", s.addr.String()+" gate", "service=http"), long)
	select {
	case err := <-s.ended:
		if err == nil || !strings.Contains(err.Error(), "reset by peer") {
			t.Errorf("connection ended with %v, want a reset", err)
		}
	case <-time.After(long):
		t.Error("connection is still open")
	}
}

// TestWebRedirects: Host of a redirected request is the new URL's, not the virtualhost.
func TestWebRedirects(t *testing.T) {
	var hosts []string
	mux := http.NewServeMux()
	note := func(where string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			hosts = append(hosts, r.Host+r.URL.Path)
			if where != "" {
				w.Header().Set("Location", where)
				w.WriteHeader(http.StatusFound)
				return
			}
			_, _ = io.WriteString(w, "gunnm")
		}
	}
	srv := httptest.NewServer(mux)
	defer srv.Close()
	addr := srv.Listener.Addr().String()
	mux.HandleFunc("/a", note("/b"))
	mux.HandleFunc("/b", note("http://"+addr+"/d/c"))
	mux.HandleFunc("/d/c", note("e"))
	mux.HandleFunc("/d/e", note(""))
	mux.HandleFunc("/loop", note("/loop"))
	mux.HandleFunc("/away", note("ftp://"+addr+"/"))
	check := func(request string) Result {
		hosts = nil
		return runCheck(t, target(t, "10.1.0.70:80", addr+" gate", "service=http", "virtualhost=www.example.com",
			`request="`+request+`"`, `receive="gunnm"`), long)
	}
	r := check("a")
	if want := fmt.Sprint([]string{"www.example.com/a", addr + "/b", addr + "/d/c", addr + "/d/e"}); !r.Up || fmt.Sprint(hosts) != want {
		t.Errorf("got %+v %v, want %v", r, hosts, want)
	}
	if r := check("loop"); r.Up || r.Message != "302 Found" || len(hosts) != maxRedirects+1 {
		t.Errorf("loop: %+v after %d requests", r, len(hosts))
	}
	if r := check("away"); r.Up || r.Message != "302 Found" {
		t.Errorf("away: %+v", r)
	}
}

// TestHTTPS: a self-signed certificate is good enough, and no name is sent for an address.
func TestHTTPS(t *testing.T) {
	names := make(chan string, 1)
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		names <- r.TLS.ServerName
		_, _ = io.WriteString(w, "gunnm")
	}))
	srv.TLS = &tls.Config{MinVersion: tls.VersionTLS10}
	srv.StartTLS()
	defer srv.Close()
	tg := target(t, "10.1.0.70:443", srv.Listener.Addr().String()+" gate", "service=https", `receive="gunnm"`)
	if r := runCheck(t, tg, long); !r.Up || r.Message != "200 OK" {
		t.Fatalf("got %+v", r)
	}
	if name := <-names; name != "" {
		t.Errorf("name %q sent for an address", name)
	}
	s := play(t, says("HTTP/1.1 400 Bad Request\r\n\r\n"))
	r := runCheck(t, target(t, "10.1.0.70:443", s.addr.String()+" gate", "service=https"), 2*time.Second)
	if r.Up || !strings.HasPrefix(r.Message, "500 ") {
		t.Errorf("plain server: %+v", r)
	}
}

func TestParseLocation(t *testing.T) {
	for _, c := range []struct{ raw, want, address string }{
		{"http://10.1.0.11:80/a b", "http://10.1.0.11:80/a%20b", "10.1.0.11:80"},
		{"HTTP://web1:8080?x=<>", "http://web1:8080/?x=%3C%3E", "web1:8080"},
		{"https://web1/x#frag", "https://web1/x", "web1:443"},
		{"http://[2001:db8::11]/", "http://[2001:db8::11]/", "[2001:db8::11]:80"},
		{"http://user:pw@web1:/", "http://web1:/", "web1:80"},
		{"http:///x", "", ""}, {"ftp://web1/", "", ""}, {"/x", "", ""}, {"", "", ""},
	} {
		l, err := parseLocation(c.raw)
		if c.want == "" {
			if err == nil {
				t.Errorf("%s: no error", c.raw)
			}
			continue
		}
		if err != nil || l.String() != c.want || l.address() != c.address {
			t.Errorf("%s: got %s at %s, %v", c.raw, l, l.address(), err)
		}
	}
}

// FuzzAnswer: no answer of a server crashes the reader or makes it hold more than its limits.
func FuzzAnswer(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\ngunnm"), "GET")
	f.Add([]byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ngun\r\n0\r\n\r\n"), "GET")
	f.Add([]byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: deflate\r\n\r\nxx"), "GET")
	f.Add([]byte("HTTP/1.0 302 Found\r\nLocation: /x\r\n\r\n"), "HEAD")
	f.Fuzz(func(t *testing.T, text []byte, method string) {
		a, err := readAnswer(bytes.NewReader(text), method)
		if err == nil && (a.code < 200 || a.code > 999) {
			t.Errorf("code %d accepted", a.code)
		}
		if len(a.body) > bodyMax {
			t.Errorf("body of %d bytes", len(a.body))
		}
	})
}

// FuzzLocation: whatever a Location says, what we would send is one clean line.
func FuzzLocation(f *testing.F) {
	f.Add("http://10.1.0.11:80/", "/x")
	f.Add("http://[2001:db8::11]:80/a/b", "../c?d#e")
	f.Fuzz(func(t *testing.T, base, where string) {
		l, err := parseLocation(base)
		if err != nil {
			return
		}
		if next, err := l.follow(where); err == nil {
			l = next
		}
		if strings.ContainsAny(l.path+l.authority, " \r\n\x00") || !strings.HasPrefix(l.path, "/") {
			t.Errorf("unclean request %q at %q", l.path, l.authority)
		}
	})
}
