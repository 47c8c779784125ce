package check

import (
	"context"
	"strings"
)

// nntp is up if the banner begins with 2 (ldirectord spec 9.2).
func nntp(ctx context.Context, env *Env, t Target) Result {
	d, err := talk(ctx, env, t, false)
	if err != nil {
		return failed(ctx, err)
	}
	defer d.Close()
	banner, err := d.line()
	if err != nil {
		return failed(ctx, err)
	}
	if !strings.HasPrefix(banner, "2") {
		return Result{Message: banner}
	}
	return Result{Up: true}
}
