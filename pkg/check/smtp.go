package check

import "context"

// smtp is the check of smtp and submission: a 2xx banner and EHLO or HELO (ldirectord spec 9.2).
// There is no TLS, and receive has no meaning.
func smtp(ctx context.Context, env *Env, t Target) Result {
	d, err := talk(ctx, env, t, false)
	if err != nil {
		return failed(ctx, err)
	}
	defer d.Close()
	code, last, err := d.reply()
	if err == nil && code[0] == '2' {
		code, last, err = d.ask("EHLO localhost.localdomain")
		if err == nil && code[0] != '2' {
			code, last, err = d.ask("HELO localhost.localdomain")
		}
	}
	switch {
	case err != nil:
		return failed(ctx, err)
	case code[0] != '2':
		return Result{Message: last}
	}
	d.farewell(env, "QUIT")
	return Result{Up: true}
}
