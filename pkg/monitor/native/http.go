package native

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"systole/pkg/ldirectorcf"
)

// page is what http.monitor asks for and wants.
type page struct {
	port, path, agent string
	limit             time.Duration
	match             *ldirectorcf.Pattern
}

// answerMax bounds an answer.
const answerMax = 4 << 20

// goodCodes are the answers that count as a page.
var goodCodes = []string{"200", "301", "302", "401"}

// httpMonitor gets a page of each host.
func httpMonitor(ctx context.Context, c Call) int {
	o := newOptions("http.monitor")
	port := o.StringP("port", "p", "80", "")
	path := o.StringP("url", "u", "/", "")
	agent := o.StringP("agent", "a", "mon.d/http.monitor", "")
	match := o.StringP("match", "m", "", "")
	brief := o.BoolP("omit", "o", false, "")
	limit := o.seconds("t", 30*time.Second)
	hosts := o.hosts(c)
	if len(hosts) == 0 {
		return 0
	}
	p := page{port: *port, path: *path, agent: *agent, limit: limit()}
	if *match != "" {
		var err error
		if p.match, err = ldirectorcf.CompileReceive("(?s:" + *match + ")"); err != nil {
			fmt.Fprintf(c.Stderr, "http.monitor: %v\n", err)
			return 1
		}
	}
	all := each(hosts, func(h string) outcome { return p.ask(ctx, h) })
	fmt.Fprintln(c.Stdout, failures(all))
	texts(c.Stdout, all, true)
	if !*brief {
		texts(c.Stdout, all, false)
	}
	return exit(all)
}

// ask gets the page of one host: "HOST h: ok" or what is wrong, the header, an empty line.
func (p page) ask(ctx context.Context, host string) outcome {
	ctx, cancel := context.WithTimeout(ctx, p.limit)
	defer cancel()
	answer, err := p.get(ctx, host)
	header, _, whole := bytes.Cut(answer, []byte("\r\n\r\n"))
	if !whole {
		header, _, whole = bytes.Cut(answer, []byte("\n\n"))
	}
	verdict := p.judge(answer, err, ctx)
	text := "HOST " + host + ": " + verdict + "\n"
	if whole {
		text += string(header) + "\n"
	}
	return outcome{failed: verdict != "ok", text: text + "\n"}
}

func (p page) judge(answer []byte, err error, ctx context.Context) string {
	var timeout net.Error
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout():
		return fmt.Sprintf("timeout after %s seconds", strconv.FormatFloat(p.limit.Seconds(), 'f', -1, 64))
	case p.match != nil && p.match.Match(answer):
		return "ok"
	case p.match != nil:
		return "Regex match failed"
	case good(answer):
		return "ok"
	}
	return "HTTP response code failure"
}

var codeOf = regexp.MustCompile(`^HTTP/[0-9.]+[ \t]+([0-9]{3})`)

func good(answer []byte) bool {
	m := codeOf.FindSubmatch(answer)
	return m != nil && slices.Contains(goodCodes, string(m[1]))
}

// get asks as mon's http.monitor does and reads to the end.
func (p page) get(ctx context.Context, host string) ([]byte, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort(host, p.port))
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return nil, err
		}
	}
	request := "GET " + p.path + " HTTP/1.0\r\nHost: " + host + "\r\nUser-Agent: " + p.agent + "\r\n\r\n"
	if _, err := io.WriteString(conn, strings.ReplaceAll(request, "\x00", "")); err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(conn, answerMax))
}
