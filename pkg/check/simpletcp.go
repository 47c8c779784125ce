package check

import (
	"context"
	"strings"
)

// simpletcp sends request, without the "/" it was given and with "\n" made a line end, ends its
// side, and is up at the first line that matches receive (ldirectord spec 9.4).
func simpletcp(ctx context.Context, env *Env, t Target) Result {
	w, err := open(ctx, env, "tcp", t.address(), bodyMax)
	if err != nil {
		return failed(ctx, err)
	}
	defer w.Close()
	if _, err := w.Write([]byte(strings.ReplaceAll(t.request(), `\n`, "\n"))); err != nil {
		return failed(ctx, err)
	}
	_ = w.CloseWrite()
	d := newDialogue(w)
	d.r.left = bodyMax
	for {
		line, err := d.line()
		if (line != "" || err == nil) && t.Receive.Match([]byte(line)) {
			return Result{Up: true}
		}
		if err != nil {
			return failed(ctx, err)
		}
	}
}
