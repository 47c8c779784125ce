package ldird

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/smtp"
	"os/exec"
	"strings"
	"time"

	"systole/pkg/director"
)

const (
	mailQueue = 1000 // alerts that may wait; more are dropped
	mailLimit = 60 * time.Second
	mailDrain = 5 * time.Second // at the end of the program
)

// mailer sends alerts one after another beside the loop: a mail server that does not answer
// holds nothing up (the original stands still for 120 s per message, ldirectord spec 11).
type mailer struct {
	hostname string
	sendmail []string
	complain func(text string)
	queue    chan director.Mail
	done     chan struct{}
}

func newMailer(hostname string, sendmail []string, complain func(string)) *mailer {
	m := &mailer{hostname: hostname, sendmail: sendmail, complain: complain,
		queue: make(chan director.Mail, mailQueue), done: make(chan struct{})}
	go m.run()
	return m
}

func (m *mailer) add(mail director.Mail) {
	select {
	case m.queue <- mail:
	default:
		m.complain("too many alerts are waiting, dropped: " + mail.Text)
	}
}

// drain ends the mailer; what is still waiting at the limit is lost.
func (m *mailer) drain(limit time.Duration) {
	close(m.queue)
	select {
	case <-m.done:
	case <-time.After(limit):
	}
}

func (m *mailer) run() {
	defer close(m.done)
	for mail := range m.queue {
		ctx, cancel := context.WithTimeout(context.Background(), mailLimit)
		text := m.text(mail)
		switch {
		case mail.SMTP == "":
			if err := m.sendLocal(ctx, text); err != nil {
				m.complain("failed to send email message")
			}
		default:
			if err := m.sendSMTP(ctx, mail, text); err != nil {
				m.complain("failed to send SMTP email message")
			}
		}
		cancel()
	}
}

// text is the message of ldirectord spec 11, with LF line ends.
func (m *mailer) text(a director.Mail) []byte {
	from, subject := a.From, a.Text
	if from == "" {
		from = m.sender()
	}
	if a.ServiceName != "" {
		subject = "[" + a.ServiceName + "] " + a.Text
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "From: %s\nTo: %s\nSubject: %s\n\n", from, a.To, subject)
	fmt.Fprintf(&b, "ldirectord host: %s\nLog-Message: %s\nDaemon-Status: %s\n\n", m.hostname, subject, a.Status)
	if a.ServiceName != "" {
		fmt.Fprintf(&b, "Service name: %s\n", a.ServiceName)
	}
	if a.Comment != "" {
		fmt.Fprintf(&b, "Comment: %s\n", a.Comment)
	}
	if a.ServiceName != "" || a.Comment != "" {
		b.WriteByte('\n')
	}
	return b.Bytes()
}

func (m *mailer) sender() string { return "root@" + m.hostname }

// recipients splits an address list. Each gets a RCPT of its own; the original puts the whole
// list into one, which strict servers refuse.
func recipients(list string) []string {
	var to []string
	for _, a := range strings.FieldsFunc(list, func(r rune) bool { return strings.ContainsRune(",; \t\"", r) }) {
		if a = strings.Trim(a, "<>"); strings.Contains(a, "@") || !strings.ContainsAny(list, "@") {
			to = append(to, a)
		}
	}
	return to
}

func (m *mailer) sendSMTP(ctx context.Context, a director.Mail, text []byte) error {
	host := a.SMTP
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort(host, "25"))
	if err != nil {
		return err
	}
	defer conn.Close()
	if end, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(end)
	}
	c, err := smtp.NewClient(conn, host)
	if err != nil {
		return err
	}
	return m.dialogue(c, recipients(a.To), text)
}

// dialogue sends to every recipient that the server takes.
func (m *mailer) dialogue(c *smtp.Client, to []string, text []byte) error {
	if err := c.Hello("localhost.localdomain"); err != nil {
		return err
	}
	if err := c.Mail(m.sender()); err != nil {
		return err
	}
	refused := errors.New("no recipients")
	taken := 0
	for _, addr := range to {
		if err := c.Rcpt(addr); err != nil {
			refused = err
			continue
		}
		taken++
	}
	if taken == 0 {
		return refused
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(text); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	_ = c.Quit() // the message is delivered, whatever the answer
	if taken < len(to) {
		return refused
	}
	return nil
}

// sendLocal hands the message to the first mailer that is installed.
func (m *mailer) sendLocal(ctx context.Context, text []byte) error {
	for _, program := range m.sendmail {
		if !isFile(program) {
			continue
		}
		cmd := exec.CommandContext(ctx, program, "-oi", "-t")
		cmd.Stdin = bytes.NewReader(text)
		cmd.WaitDelay = time.Second
		return cmd.Run()
	}
	return errors.New("no local mailer is installed")
}
