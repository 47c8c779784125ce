package check

import (
	"context"
	"errors"
	"io"
	"net"
	"strconv"
	"strings"
)

// ftp logs in and fetches request; up if the content matches receive (ldirectord spec 9.3). We
// look at the reply codes, too: a refused login is down, where the original with an empty receive
// is up even if nobody answers. Without request= the login is enough.
func ftp(ctx context.Context, env *Env, t Target) Result {
	d, err := talk(ctx, env, t, false)
	if err != nil {
		return failed(ctx, err)
	}
	defer d.Close()
	if _, _, err := d.reply(); err != nil {
		return failed(ctx, err)
	}
	last, good, err := d.ftpLogin(t.Virtual.Login, t.Virtual.Passwd)
	switch {
	case err != nil:
		return failed(ctx, err)
	case !good:
		return Result{Message: last}
	case t.request() == "":
		return Result{Up: true}
	}
	content, last, err := d.ftpFetch(ctx, env, t)
	switch {
	case err != nil:
		return failed(ctx, err)
	case content == nil:
		return Result{Message: last}
	case !t.Receive.Match(content):
		return Result{Message: string(content[:min(len(content), shownMax)])}
	}
	return Result{Up: true}
}

// ftpLogin sends USER and, if asked for it, PASS. The default login is the one that the original
// gives to an explicit service=ftp.
func (d *dialogue) ftpLogin(login, passwd string) (last string, good bool, err error) {
	if login == "" {
		login = "anonymous"
	}
	code, last, err := d.ask("USER %s", login)
	if err == nil && code == "331" {
		code, last, err = d.ask("PASS %s", passwd)
	}
	return last, err == nil && code[0] == '2', err
}

// ftpFetch fetches a file over a passive connection to the server itself, whatever address its
// answer names. A refusal is nil content and the reply.
func (d *dialogue) ftpFetch(ctx context.Context, env *Env, t Target) (content []byte, last string, err error) {
	for _, command := range []string{"CWD /", "TYPE I"} {
		if _, _, err := d.ask("%s", command); err != nil {
			return nil, "", err
		}
	}
	port, last, err := d.ftpPassive(t.Real.Addr.Is6())
	if err != nil || port == "" {
		return nil, last, err
	}
	w, err := open(ctx, env, "tcp", net.JoinHostPort(t.Real.Addr.String(), port), bodyMax)
	if err != nil {
		return nil, "", err
	}
	defer w.Close()
	code, last, err := d.ask("RETR %s", t.Real.Request)
	if err != nil || code[0] != '1' && code[0] != '2' {
		return nil, last, err
	}
	content, err = io.ReadAll(w)
	if errors.Is(err, errTooMuch) {
		err = nil
	}
	return append(content, 0)[:len(content)], last, err
}

// ftpPassive asks for a data port: PASV (RFC 959), for IPv6 EPSV (RFC 2428).
func (d *dialogue) ftpPassive(ipv6 bool) (port, last string, err error) {
	command, agreed := "PASV", "227"
	if ipv6 {
		command, agreed = "EPSV", "229"
	}
	code, last, err := d.ask("%s", command)
	if err != nil || code != agreed {
		return "", last, err
	}
	if ipv6 {
		return epsvPort(last), last, nil
	}
	return pasvPort(last), last, nil
}

// pasvPort reads the last two of six numbers: "227 ok (10,1,0,11,213,173)".
func pasvPort(line string) string {
	fields := strings.FieldsFunc(line[3:], func(r rune) bool { return r < '0' || r > '9' })
	if len(fields) < 6 {
		return ""
	}
	high, err1 := strconv.ParseUint(fields[len(fields)-2], 10, 8)
	low, err2 := strconv.ParseUint(fields[len(fields)-1], 10, 8)
	if err1 != nil || err2 != nil {
		return ""
	}
	return strconv.FormatUint(high<<8|low, 10)
}

// epsvPort reads the number between the bars: "229 ok (|||6446|)".
func epsvPort(line string) string {
	_, rest, _ := strings.Cut(line, "|||")
	port, _, _ := strings.Cut(rest, "|")
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return ""
	}
	return strconv.FormatUint(n, 10)
}
