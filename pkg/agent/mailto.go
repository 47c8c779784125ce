package agent

import (
	"context"
	"errors"
	"io"
	"os"
	"time"
)

// mailTo is the agent MailTo (agents spec 5): it tells of takeovers by mail. A missing mail program
// fails a start, as with the original, but no stop: that would be tried again and again.
func mailTo(ctx context.Context, j *Job, op string) int {
	if op == "monitor" {
		if j.marked() {
			j.print("running")
			return success
		}
		j.print("stopped")
		return notRunning
	}
	if j.Args[0] == "" {
		return j.mailFailed(op, j.fail(notConfigured, "At least 1 Email address has to be given!"))
	}
	verb := map[string][2]string{
		"start": {"Takeover in progress", "on"},
		"stop":  {"Migrating resource away", "from"},
	}[op]
	if code := j.mail(ctx, op, verb[0], verb[1]); code != success {
		return j.mailFailed(op, code)
	}
	if op == "start" {
		return j.marking()
	}
	j.unmark()
	return success
}

// mailFailed returns the code of a mail that could not be sent: a stop succeeds all the same.
func (j *Job) mailFailed(op string, code int) int {
	if op != "stop" {
		return code
	}
	j.unmark()
	return success
}

// mail sends the letter of the original.
func (j *Job) mail(ctx context.Context, op, what, where string) int {
	node, _ := os.Hostname()
	subject := "Resource Group"
	if len(j.Args) > 1 && j.Args[1] != "" {
		subject = j.Args[1]
	}
	subject += " " + what + " at " + time.Now().Format("Mon Jan _2 15:04:05 MST 2006") + " " + where + " " + node
	body := "\t" + subject + "\n\n\tCommand line was:\n\t" + j.Agent.path(j.Host) + " " + op + "\n"
	said, code, err := j.run(ctx, command{name: "mail", args: []string{"-s", subject, j.Args[0]}, input: body})
	io.WriteString(j.Stdout, said)
	switch {
	case errors.Is(err, errNoProgram):
		return j.fail(notInstalled, "Setup problem: couldn't find command: mail")
	case err != nil || code != 0:
		j.logf("WARNING: mail to %s: exit code %d", j.Args[0], code)
	}
	return success
}
