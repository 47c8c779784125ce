package ldird

import (
	"bufio"
	"fmt"
	"net"
	"net/smtp"
	"slices"
	"strings"
	"testing"
	"time"

	"systole/pkg/director"
)

func TestRecipients(t *testing.T) {
	for list, want := range map[string][]string{
		"admin@example.com":                      {"admin@example.com"},
		"a@example.com, b@example.com":           {"a@example.com", "b@example.com"},
		`"a@example.com" b@example.com`:          {"a@example.com", "b@example.com"},
		"Bob <bob@example.com>, <c@example.com>": {"bob@example.com", "c@example.com"},
		"root":                                   {"root"},
		"":                                       nil,
	} {
		if got := recipients(list); !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", list, got, want)
		}
	}
}

// TestMailText is the body of ldirectord spec 11, with and without the optional parts.
func TestMailText(t *testing.T) {
	m := &mailer{hostname: "director1.example.com"}
	a := director.Mail{To: "admin@example.com", Status: "starting", Text: "Added fallback server: 127.0.0.1:80 (10.1.0.70:80) (Weight set to 1)"}
	want := `From: root@director1.example.com
To: admin@example.com
Subject: Added fallback server: 127.0.0.1:80 (10.1.0.70:80) (Weight set to 1)

ldirectord host: director1.example.com
Log-Message: Added fallback server: 127.0.0.1:80 (10.1.0.70:80) (Weight set to 1)
Daemon-Status: starting

`
	if got := string(m.text(a)); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	a.From, a.ServiceName, a.Comment = "LVS <lvs@example.com>", "Web Site", "call Bob"
	want = `From: LVS <lvs@example.com>
To: admin@example.com
Subject: [Web Site] Added fallback server: 127.0.0.1:80 (10.1.0.70:80) (Weight set to 1)

ldirectord host: director1.example.com
Log-Message: [Web Site] Added fallback server: 127.0.0.1:80 (10.1.0.70:80) (Weight set to 1)
Daemon-Status: starting

Service name: Web Site
Comment: call Bob

`
	if got := string(m.text(a)); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// mailServer refuses recipients that contain "bad" and returns what clients said.
func mailServer(t *testing.T) (addr string, said <-chan string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	lines := make(chan string, 100)
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		defer close(lines)
		r := bufio.NewReader(c)
		answer := func(text string) { _, _ = fmt.Fprint(c, text+"\r\n") }
		answer("220 sink ESMTP")
		for {
			line, err := r.ReadString('\n')
			if err != nil {
				return
			}
			line = strings.TrimRight(line, "\r\n")
			lines <- line
			switch word, _, _ := strings.Cut(line, " "); {
			case strings.Contains(line, "bad"):
				answer("550 no such user")
			case word == "DATA":
				answer("354 go")
				for line != "." {
					if line, err = r.ReadString('\n'); err != nil {
						return
					}
					line = strings.TrimRight(line, "\r\n")
				}
				answer("250 queued")
			case word == "QUIT":
				answer("221 bye")
				return
			default:
				answer("250 ok")
			}
		}
	}()
	return l.Addr().String(), lines
}

// TestMailDialogue: one RCPT for each recipient, and one refusal does not keep the others from
// the message.
func TestMailDialogue(t *testing.T) {
	m := &mailer{hostname: "director1.example.com"}
	for _, c := range []struct {
		to    []string
		fails bool
		want  []string
	}{
		{[]string{"a@example.com", "b@example.com"}, false, []string{"EHLO localhost.localdomain", "MAIL FROM:<root@director1.example.com>",
			"RCPT TO:<a@example.com>", "RCPT TO:<b@example.com>", "DATA", "QUIT"}},
		{[]string{"bad@example.com", "b@example.com"}, true, []string{"EHLO localhost.localdomain", "MAIL FROM:<root@director1.example.com>",
			"RCPT TO:<bad@example.com>", "RCPT TO:<b@example.com>", "DATA", "QUIT"}},
		{[]string{"bad@example.com"}, true, []string{"EHLO localhost.localdomain", "MAIL FROM:<root@director1.example.com>",
			"RCPT TO:<bad@example.com>"}},
	} {
		addr, said := mailServer(t)
		client, err := smtp.Dial(addr)
		if err != nil {
			t.Fatal(err)
		}
		err = m.dialogue(client, c.to, []byte("From: x\n\ntext\n"))
		_ = client.Close()
		if (err != nil) != c.fails {
			t.Errorf("%v: error %v", c.to, err)
		}
		var got []string
		for line := range said {
			got = append(got, line)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%v: client said %q, want %q", c.to, got, c.want)
		}
	}
}

// TestMailFails: without a mailer or a server the failure is logged in the original's words, and
// the queue never blocks.
func TestMailFails(t *testing.T) {
	complaints := make(chan string, 2*mailQueue)
	m := newMailer("h", []string{t.TempDir() + "/sendmail"}, func(text string) { complaints <- text })
	m.add(director.Mail{To: "a@b", Text: "x"})
	m.add(director.Mail{To: "a@b", Text: "x", SMTP: "fe80::1%nosuchif"})
	m.drain(time.Minute)
	for _, want := range []string{"failed to send email message", "failed to send SMTP email message"} {
		if got := <-complaints; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	full := &mailer{complain: func(text string) { complaints <- text }, queue: make(chan director.Mail)}
	full.add(director.Mail{Text: "y"})
	if got := <-complaints; !strings.HasSuffix(got, "dropped: y") {
		t.Errorf("got %q", got)
	}
}
