package differential

import (
	"fmt"
	"net/textproto"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"systole/compat/lab"
)

// Alerts by a mail server and by the local mailer, in some states of the daemon only, and repeated while
// a server is down.
const mailCF = `quiescent=yes
emailalert="ops-MARK@example.com"
emailalertfrom=director@example.com
emailalertstatus=running,stopping
virtual=NET.100:80
	real=NET.11:80 gate
	real=NET.12:80 gate 2
	smtp=NET.19
	emailalertfreq=2
	servicename=The shop
	comment=Call Jin first
	fallback=NET.19:80
` + web + `
virtual=NET.101:80
	real=NET.13:80 masq
	emailalert="a-MARK@example.com, b-MARK@example.com"
	emailalertstatus=all
	quiescent=no
	smtp=NET.19
` + web + `
virtual=NET.102:80
	real=NET.14:80 masq
	quiescent=no
` + web + `
virtual=NET.103:80
	real=NET.15:80 masq
	emailalertstatus=none
	quiescent=no
` + web

// mailer is the local mailer of both hosts.
const mailer = "#!/bin/sh\n{ cat; echo END; } > /var/log/letter.$$ && cat /var/log/letter.$$ >> /var/log/letters-MARK\n"

func mail(r *run) {
	office := newOffice(r.T, r.stage.servers, r.net+".19:25")
	r.file("/usr/sbin/sendmail", mailer, 0o755)
	r.are(gone, "12")
	r.ldirectord("start")
	r.comes("start", `NET.100:80 -s wrr
		NET.100:80 -r NET.11:80 -g -w 1
		NET.100:80 -r NET.12:80 -g -w 0
		NET.101:80 -s wrr
		NET.101:80 -r NET.13:80 -m -w 1
		NET.102:80 -s wrr
		NET.102:80 -r NET.14:80 -m -w 1
		NET.103:80 -s wrr
		NET.103:80 -r NET.15:80 -m -w 1`)
	r.are(gone, "11", "13", "14", "15")
	r.comes("all are gone", `NET.100:80 -s wrr
		NET.100:80 -r NET.11:80 -g -w 0
		NET.100:80 -r NET.12:80 -g -w 0
		NET.100:80 -r NET.19:80 -g -w 1
		NET.101:80 -s wrr
		NET.102:80 -s wrr
		NET.103:80 -s wrr`)
	r.comesLine(3, "emailalert: Inaccessible real server: NET.11:80 (NET.100:80)")
	r.are(well, "11", "12", "13", "14", "15")
	r.comes("all are well", `NET.100:80 -s wrr
		NET.100:80 -r NET.11:80 -g -w 1
		NET.100:80 -r NET.12:80 -g -w 2
		NET.101:80 -s wrr
		NET.101:80 -r NET.13:80 -m -w 1
		NET.102:80 -s wrr
		NET.102:80 -r NET.14:80 -m -w 1
		NET.103:80 -s wrr
		NET.103:80 -r NET.15:80 -m -w 1`)
	r.ends("")
	r.samePost("mail server", func(d *director) []string { return office.from(d) })
	r.samePost("local mailer", func(d *director) []string { return letters(r.linesOf(d, "/var/log/letters-MARK")) })
}

// letters are those of the local mailer's file. The order of the headers and blank lines at the end say nothing.
func letters(lines []string) []string {
	var all []string
	for text := range strings.SplitSeq(strings.Join(lines, "\n"), "\nEND") {
		head, body, found := strings.Cut(strings.TrimSpace(text), "\n\n")
		if !found {
			continue
		}
		headers := strings.Split(head, "\n")
		slices.Sort(headers)
		all = append(all, strings.Join(headers, "\n")+"\n\n"+body)
	}
	return all
}

var (
	sender  = regexp.MustCompile(`\b(` + original + `|` + ours + `)\b`)
	logged  = regexp.MustCompile(`(?m)^Log-Message: (?:\[[^\]]*\] )?(.*)$`)
	inState = regexp.MustCompile(`(?m)^Daemon-Status: (.*)$`)
)

// postOf is what letters tell, as a log does: the states of the daemon are its epochs.
func postOf(texts []string) story {
	s, states := story{}, []string{}
	for _, text := range texts {
		text = sender.ReplaceAllString(strings.TrimSpace(text), "HOST")
		subject, one := daemon, said{text: text}
		if m := logged.FindStringSubmatch(text); m != nil {
			subject, one = parse(m[1])
			one.text = text
		}
		if m := inState.FindStringSubmatch(text); m != nil {
			if !slices.Contains(states, m[1]) {
				states = append(states, m[1])
			}
			one.epoch = slices.Index(states, m[1])
		}
		s[subject] = append(s[subject], one)
	}
	return s
}

// samePost waits until both have sent the same letters.
func (r *run) samePost(by string, sent func(d *director) []string) {
	r.Helper()
	diff := "nothing was sent"
	defer func() {
		if diff != "" {
			r.Logf("by the %s (-original +ours): %s", by, diff)
		}
	}()
	r.await("the same letters by the "+by, func(*director) bool {
		post := [2]map[string][]string{}
		for i, d := range r.stage.directors {
			post[i] = postOf(sent(d)).agreed(d.who, allowances())
		}
		if len(post[0]) > 0 {
			diff = cmp.Diff(post[0], post[1])
		}
		return diff == ""
	})
}

// office is a mail server.
type office struct {
	mu      sync.Mutex
	letters map[string][]string // by the sender's address
}

func newOffice(t *testing.T, host *lab.Host, addr string) *office {
	o := &office{letters: map[string][]string{}}
	l := lab.OK(host.Listen("tcp", addr))(t)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			who, _, _ := strings.Cut(c.RemoteAddr().String(), ":")
			go o.serve(who, textproto.NewConn(c))
		}
	}()
	return o
}

// from are the letters that a director has sent.
func (o *office) from(d *director) []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.letters[map[string]string{original: "10.0.0.1", ours: "10.0.0.2"}[d.who]])
}

// serve takes letters: the envelope's lines in capitals, then the text. All addresses of one RCPT are taken as if each
// had one.
func (o *office) serve(who string, c *textproto.Conn) {
	defer c.Close()
	c.PrintfLine("220 office.example.com ESMTP")
	envelope := ""
	for {
		line, err := c.ReadLine()
		if err != nil {
			return
		}
		verb, rest, _ := strings.Cut(line, ":")
		switch verb = strings.ToUpper(verb); {
		case verb == "MAIL FROM":
			envelope = fmt.Sprintln(verb, strings.TrimSpace(rest))
		case verb == "RCPT TO":
			for addr := range strings.SplitSeq(strings.Trim(strings.TrimSpace(rest), "<>"), ", ") {
				envelope += fmt.Sprintln(verb, addr)
			}
		case verb == "DATA":
			c.PrintfLine("354 go on")
			text, err := c.ReadDotLines()
			if err != nil {
				return
			}
			o.mu.Lock()
			o.letters[who] = append(o.letters[who], envelope+strings.Join(text, "\n"))
			o.mu.Unlock()
		case verb == "QUIT":
			c.PrintfLine("221 bye")
			return
		}
		c.PrintfLine("250 well")
	}
}
