package check

import (
	"io"
	"net"
	"testing"
	"time"

	"systole/pkg/loopback"
)

// directory is an LDAP server that plays answers, one for each message.
func directory(answers ...string) script {
	return func(c net.Conn) {
		for _, a := range answers {
			b := make([]byte, 2)
			if _, err := io.ReadFull(c, b); err != nil {
				return
			}
			if _, err := io.CopyN(io.Discard, c, int64(b[1])); err != nil {
				return
			}
			_, _ = io.WriteString(c, a)
		}
	}
}

// TestLDAP plays the transcript of ldirectord spec 9.4.
func TestLDAP(t *testing.T) {
	const (
		bound  = "0\x0c\x02\x01\x01a\x07\n\x01\x00\x04\x00\x04\x00"
		denied = "0\x0c\x02\x01\x01a\x07\n\x011\x04\x00\x04\x00"
		entry  = "0\x1a\x02\x01\x02d\x15\x04\x11dc=example,dc=com0\x00"
		done   = "0\x0c\x02\x01\x02e\x07\n\x01\x00\x04\x00\x04\x00"
	)
	anonymous := "0\x0c\x02\x01\x01`\x07\x02\x01\x03\x04\x00\x80\x00"
	login := "0\x12\x02\x01\x01`\r\x02\x01\x03\x04\x04cn=a\x80\x02pw"
	for _, c := range []struct {
		name    string
		answers []string
		lines   []string
		up      bool
		message string
		first   string
	}{
		{"anonymous", []string{bound, entry + done}, []string{`receive="dc=example"`}, true, "Success", anonymous},
		{"login", []string{bound, entry + done}, []string{`login="cn=a"`, `passwd="pw"`}, true, "Success", login},
		{"bad bind", []string{denied}, nil, false, "Bind failed", anonymous},
		{"mismatch", []string{bound, entry + done}, []string{`receive="dc=other"`}, false, "Response mismatch", anonymous},
		{"empty", []string{bound, done}, nil, false, "No answer received", anonymous},
		{"two", []string{bound, entry + entry + done}, nil, false, "No answer received", anonymous},
		{"rubbish", []string{"\x30\x84\x7f\xff\xff\xffxxxx"}, nil, false, "Bind failed", anonymous},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := play(t, directory(c.answers...))
			limit := long
			if c.name == "rubbish" {
				limit = 300 * time.Millisecond
			}
			r := runCheck(t, target(t, "10.1.0.70:389", s.addr.String()+" gate",
				append(c.lines, "service=ldap", `request="dc=example,dc=com"`)...), limit)
			if r.Up != c.up || r.Message != c.message {
				t.Errorf("got %+v", r)
			}
			if got := s.all(); len(got) < len(c.first) || got[:len(c.first)] != c.first {
				t.Errorf("client said %q", got)
			}
		})
	}
	if r := runCheck(t, target(t, "10.1.0.70:389", loopback.Nobody(t).String()+" gate", "service=ldap"), long); r.Up || r.Message != "Connection failed" {
		t.Errorf("refused: %+v", r)
	}
	silent := play(t, func(net.Conn) {})
	for _, service := range []string{"ldap", "ldaps"} {
		if r := runCheck(t, target(t, "10.1.0.70:389", silent.addr.String()+" gate", "service="+service), 200*time.Millisecond); r.Up {
			t.Errorf("%s silent: %+v", service, r)
		}
	}
}
