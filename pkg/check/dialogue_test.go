package check

import (
	"bufio"
	"crypto/md5"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"systole/pkg/loopback"
)

// TestDialogues plays the transcripts of ldirectord spec 9.2 to 9.4, with what the client must
// have said.
func TestDialogues(t *testing.T) {
	const banner = "+OK ready <1.2@x>\r\n"
	apop := fmt.Sprintf("APOP bob %x", md5.Sum([]byte("<1.2@x>pw")))
	login := []string{`login="bob"`, `passwd="pw"`}
	for _, c := range []struct {
		name    string
		lines   []string
		script  script
		up      bool
		message string
		heard   string
	}{
		{"smtp", []string{"service=smtp"}, converses("220 mail ESMTP\r\n", [2]string{"EHLO", "250-mail\r\n250 ok\r\n"}, [2]string{"QUIT", "221 bye\r\n"}),
			true, "", "EHLO localhost.localdomain\r\nQUIT\r\n"},
		{"smtp old", []string{"service=submission"}, converses("220-a\r\n220 b\r\n", [2]string{"EHLO", "502 no\r\n"}, [2]string{"HELO", "250 ok\r\n"}, [2]string{"QUIT", ""}),
			true, "", "EHLO localhost.localdomain\r\nHELO localhost.localdomain\r\nQUIT\r\n"},
		{"smtp 554", []string{"service=smtp"}, converses("554 no\r\n"), false, "554 no", ""},
		{"smtp dies", []string{"service=smtp"}, converses("220 mail\r\n", [2]string{"EHLO", "25"}), false, "EOF", "EHLO localhost.localdomain\r\n"},
		{"pop", []string{"service=pop"}, converses(banner, [2]string{"QUIT", "+OK\r\n"}), true, "", "QUIT\r\n"},
		{"pop bad banner", []string{"service=pop"}, converses("-ERR busy\r\n"), false, "-ERR busy", ""},
		{"pop apop", append(login, "service=pop"), converses(banner, [2]string{apop, "+OK\r\n"}, [2]string{"QUIT", "+OK\r\n"}),
			true, "", apop + "\r\nQUIT\r\n"},
		{"pop user", append(login, "service=pop"), converses("+OK\r\n", [2]string{"USER bob", "+OK\r\n"}, [2]string{"PASS pw", "+OK\r\n"}, [2]string{"STAT", "+OK 0 0\r\n"}, [2]string{"QUIT", "+OK\r\n"}),
			true, "", "USER bob\r\nPASS pw\r\nSTAT\r\nQUIT\r\n"},
		{"pop bad login", append(login, "service=pop"), converses("+OK\r\n", [2]string{"USER", "+OK\r\n"}, [2]string{"PASS", "-ERR no\r\n"}),
			false, "-ERR no", "USER bob\r\nPASS pw\r\n"},
		{"imap", []string{"service=imap"}, converses("* OK IMAP4rev1 ready\r\n", [2]string{"0 LOGOUT", "* BYE\r\n0 OK done\r\n"}),
			true, "", "0 LOGOUT\r\n"},
		{"imap login", []string{"service=imap", `login="bob"`, `passwd="p w"`}, converses("* OK x\r\n", [2]string{`0 LOGIN bob "p w"`, "* CAPABILITY x\r\n0 OK done\r\n"}, [2]string{"1 LOGOUT", "1 OK\r\n"}),
			true, "", "0 LOGIN bob \"p w\"\r\n1 LOGOUT\r\n"},
		{"imap bad login", append(login, "service=imap"), converses("* OK x\r\n", [2]string{"0 LOGIN", "0 NO bad\r\n"}), false, "0 NO bad", "0 LOGIN bob \"pw\"\r\n"},
		{"imap bye", []string{"service=imap"}, converses("* BYE overloaded\r\n"), false, "* BYE overloaded", ""},
		{"nntp 200", []string{"service=nntp"}, converses("200 news ready\r\n"), true, "", ""},
		{"nntp 400", []string{"service=nntp"}, converses("400 no\r\n"), false, "400 no", ""},
		{"simpletcp", []string{"service=simpletcp", `request="PING\nX"`, `receive="^PONG"`}, echoes, true, "", "PING\nX"},
		{"simpletcp mismatch", []string{"service=simpletcp", `request="PING"`, `receive="nothing"`}, echoes, false, "EOF", "PING"},
		{"simpletcp any", []string{"service=simpletcp", `request="PING"`}, echoes, true, "", "PING"},
		{"sip tcp", []string{"service=sip"}, converses("", [2]string{"OPTIONS", "SIP/2.0 200 OK\r\nVia: x\r\n\r\n"}), true, "", ""},
		{"sip 404", []string{"service=sip"}, converses("", [2]string{"OPTIONS", "SIP/2.0 404 Not Found\r\n\r\n"}), false, "SIP/2.0 404 Not Found", ""},
		{"ftp login only", []string{"service=ftp"}, converses("220 ftp\r\n", [2]string{"USER anonymous", "331 pw\r\n"}, [2]string{"PASS ldirectord@director1.example.com", "230 in\r\n"}), true, "", ""},
		{"ftp refused login", []string{"service=ftp"}, converses("220 ftp\r\n", [2]string{"USER", "530 no\r\n"}), false, "530 no", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := play(t, c.script)
			r := runCheck(t, target(t, "10.1.0.70:7777", s.addr.String()+" gate", c.lines...), long)
			if r.Up != c.up || r.Message != c.message {
				t.Errorf("got %v %q, want %v %q", r.Up, r.Message, c.up, c.message)
			}
			if c.heard != "" && s.all() != c.heard {
				t.Errorf("client said %q, want %q", s.all(), c.heard)
			}
		})
	}
}

// echoes is the simpletcp server of the transcript.
func echoes(c net.Conn) {
	b, _ := io.ReadAll(c)
	_, _ = fmt.Fprintf(c, "first line\nPONG %s\n", b)
	closeWrite(c)
}

// TestDialoguesEnd: a server that says nothing, nobody listening, and one that talks without end.
func TestDialoguesEnd(t *testing.T) {
	endless := play(t, func(c net.Conn) {
		for {
			if _, err := io.WriteString(c, "350-more and more and more and more\r\n"); err != nil {
				return
			}
		}
	})
	silent := play(t, func(net.Conn) {})
	for _, service := range []string{"smtp", "submission", "pop", "pops", "imap", "imaps", "nntp", "ftp", "simpletcp", "sip"} {
		lines := []string{"service=" + service, `receive="never"`, `login="bob"`, `passwd="pw"`}
		if r := runCheck(t, target(t, "10.1.0.70:7777", silent.addr.String()+" gate", lines...), 200*time.Millisecond); r.Up {
			t.Errorf("%s: silent server is up: %+v", service, r)
		}
		if r := runCheck(t, target(t, "10.1.0.70:7777", loopback.Nobody(t).String()+" gate", lines...), long); r.Up || r.Message != "Connection refused" {
			t.Errorf("%s: nobody listens: %+v", service, r)
		}
		if r := runCheck(t, target(t, "10.1.0.70:7777", endless.addr.String()+" gate", lines...), long); r.Up {
			t.Errorf("%s: endless talk is up: %+v", service, r)
		}
	}
}

// TestSIPRequest compares the request with the transcript; it is one datagram.
func TestSIPRequest(t *testing.T) {
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	got := make(chan string, 1)
	go func() {
		b := make([]byte, 2000)
		n, from, _ := c.ReadFrom(b)
		got <- strings.ReplaceAll(string(b[:n]), from.String(), "FROM")
		_, _ = c.WriteTo([]byte("SIP/2.0 200 OK\r\nVia: x\r\n\r\n"), from)
	}()
	r := runCheck(t, target(t, "10.1.0.70:5060", c.LocalAddr().String()+" gate", "service=sip", "protocol=udp"), long)
	request := <-got
	at := strings.Index(request, "Call-ID: ") + len("Call-ID: ")
	want := strings.ReplaceAll("OPTIONS sip:@@ SIP/2.0\r\nVia: SIP/2.0/UDP FROM;branch=z9hG4bKhjhs8ass877\r\nMax-Forwards: 70\r\nTo: <sip:@@>\r\n"+
		"From: <sip:@@>;tag=1928301774\r\nCall-ID: "+request[at:at+16]+"\r\nCSeq: 63104 OPTIONS\r\nContact: <sip:@@>\r\nAccept: application/sdp\r\n"+
		"Content-Length: 0\r\n\r\n", "@@", "ldirectord@director1.example.com")
	if !r.Up || request != want {
		t.Errorf("%+v\ngot  %q\nwant %q", r, request, want)
	}
}

// TestFTP fetches a file; the data connection goes to the server, whatever address PASV names.
func TestFTP(t *testing.T) {
	for _, c := range []struct {
		receive, answer string
		up              bool
	}{{"Welcome", "150 go\r\n", true}, {"nothing", "150 go\r\n", false}, {"Welcome", "550 no such file\r\n", false}} {
		data, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer data.Close()
		go func() {
			d, err := data.Accept()
			if err == nil {
				_, _ = io.WriteString(d, "Welcome\n")
				_ = d.Close()
			}
		}()
		port := data.Addr().(*net.TCPAddr).Port
		s := play(t, converses("220 ftp\r\n", [2]string{"USER", "331 pw\r\n"}, [2]string{"PASS", "230 in\r\n"}, [2]string{"CWD /", "250 ok\r\n"},
			[2]string{"TYPE I", "200 ok\r\n"}, [2]string{"PASV", fmt.Sprintf("227 ok (192,0,2,1,%d,%d)\r\n", port>>8, port&255)},
			[2]string{"RETR /welcome.msg", c.answer}))
		r := runCheck(t, target(t, "10.1.0.70:21", s.addr.String()+" gate", "service=ftp", `request="welcome.msg"`, `receive="`+c.receive+`"`), long)
		if r.Up != c.up {
			t.Errorf("%+v: %+v", c, r)
		}
	}
}

// FuzzReply: no line of a server crashes the readers of replies and ports.
func FuzzReply(f *testing.F) {
	f.Add("220-a\r\n220 b\r\n")
	f.Add("227 ok (10,1,0,11,213,173)\r\n")
	f.Add("229 ok (|||6446|)\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		d := &dialogue{r: &headReader{r: bufio.NewReader(strings.NewReader(text)), left: headerMax}}
		code, last, err := d.reply()
		if err != nil {
			return
		}
		if len(code) != 3 || !strings.HasPrefix(last, code) {
			t.Errorf("code %q of %q", code, last)
		}
		for _, port := range []string{pasvPort(last), epsvPort(last)} {
			if len(port) > 5 || strings.Trim(port, "0123456789+-") != "" {
				t.Errorf("port %q of %q", port, last)
			}
		}
	})
}
