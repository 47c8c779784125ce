package check

import (
	"context"
	"fmt"
	"strings"
)

// imap is the check of imap and imaps (ldirectord spec 9.2): up if the banner says OK and, with
// login=, the login succeeds. The original's library also sends EXPUNGE, which we leave out.
func imap(ctx context.Context, env *Env, t Target) Result {
	d, err := talk(ctx, env, t, t.Virtual.CheckService == "imaps")
	if err != nil {
		return failed(ctx, err)
	}
	defer d.Close()
	banner, err := d.line()
	if err != nil {
		return failed(ctx, err)
	}
	if !strings.HasPrefix(banner, "* OK") && !strings.HasPrefix(banner, "* PREAUTH") {
		return Result{Message: banner}
	}
	tag := 0
	if t.Virtual.Login != "" {
		last, good, err := d.imapAsk(tag, fmt.Sprintf("LOGIN %s %s", imapWord(t.Virtual.Login), imapQuoted(t.Virtual.Passwd)))
		switch {
		case err != nil:
			return failed(ctx, err)
		case !good:
			return Result{Message: last}
		}
		tag++
	}
	d.farewell(env, fmt.Sprintf("%d LOGOUT", tag))
	return Result{Up: true}
}

// imapAsk sends a tagged command and reads to its tagged answer.
func (d *dialogue) imapAsk(tag int, command string) (last string, good bool, err error) {
	if err := d.say("%d %s", tag, command); err != nil {
		return "", false, err
	}
	mark := fmt.Sprintf("%d ", tag)
	for {
		l, err := d.line()
		if err != nil {
			return "", false, err
		}
		if rest, ok := strings.CutPrefix(l, mark); ok {
			return l, strings.HasPrefix(rest, "OK"), nil
		}
	}
}

// imapWord writes a login as the original does, bare, if it can be.
func imapWord(s string) string {
	if strings.ContainsAny(s, "(){ %*\"\\]") {
		return imapQuoted(s)
	}
	return s
}

func imapQuoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}
