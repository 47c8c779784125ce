package check

import (
	"context"
	"crypto/md5"
	"fmt"
	"regexp"
	"strings"
)

// timestamp is what a POP3 banner offers for APOP (RFC 1939, section 7).
var timestamp = regexp.MustCompile(`<[^<>]+>`)

// pop is the check of pop and pops (ldirectord spec 9.2): with login= it is up if the server
// accepts login and passwd, by APOP if the banner offers it. Without login= it is up if the banner
// says OK; the original is up then even if nobody answers.
func pop(ctx context.Context, env *Env, t Target) Result {
	d, err := talk(ctx, env, t, t.Virtual.CheckService == "pops")
	if err != nil {
		return failed(ctx, err)
	}
	defer d.Close()
	banner, err := d.line()
	if err != nil {
		return failed(ctx, err)
	}
	last, good := banner, strings.HasPrefix(banner, "+OK")
	if good && t.Virtual.Login != "" {
		last, good, err = d.popLogin(banner, t.Virtual.Login, t.Virtual.Passwd)
	}
	switch {
	case err != nil:
		return failed(ctx, err)
	case !good:
		return Result{Message: last}
	}
	d.farewell(env, "QUIT")
	return Result{Up: true}
}

// popLogin tries APOP, if it is offered, then USER and PASS.
func (d *dialogue) popLogin(banner, login, passwd string) (last string, good bool, err error) {
	if stamp := timestamp.FindString(banner); stamp != "" {
		last, good, err = d.popAsk("APOP %s %x", login, md5.Sum([]byte(stamp+passwd)))
		if good || err != nil {
			return last, good, err
		}
	}
	if last, good, err = d.popAsk("USER %s", login); !good {
		return last, good, err
	}
	if last, good, err = d.popAsk("PASS %s", passwd); !good {
		return last, good, err
	}
	return d.popAsk("STAT")
}

func (d *dialogue) popAsk(format string, args ...any) (last string, good bool, err error) {
	if err := d.say("%s", fmt.Sprintf(format, args...)); err != nil {
		return "", false, err
	}
	last, err = d.line()
	return last, err == nil && strings.HasPrefix(last, "+OK"), err
}
