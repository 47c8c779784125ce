package check

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// external runs checkcommand with VIP|MARK VPORT RIP RPORT; exit status 0 is up. A command killed
// by a signal is down: the original takes it for up (ldirectord spec 9.6).
func external(ctx context.Context, env *Env, t Target) Result {
	return run(ctx, env, t, t.Virtual.CheckCommand, externalArgs(t))
}

// externalPerl runs a Perl program that the original would run inside itself, by perl if the file
// is not executable.
func externalPerl(ctx context.Context, env *Env, t Target) Result {
	file := t.Virtual.CheckCommand
	if st, err := os.Stat(file); err == nil && st.Mode()&0o111 == 0 {
		return run(ctx, env, t, "perl", append([]string{file}, externalArgs(t)...))
	}
	return run(ctx, env, t, file, externalArgs(t))
}

func externalArgs(t Target) []string {
	s := t.Virtual.Service
	vip, vport := strconv.FormatUint(uint64(s.FWMark), 10), "0"
	if s.Addr.IsValid() {
		vip, vport = bracketed(s.Addr.Addr()), strconv.Itoa(int(s.Addr.Port()))
	}
	return []string{vip, vport, t.host(), strconv.Itoa(int(t.Real.Port))}
}

func run(ctx context.Context, env *Env, t Target, command string, args []string) Result {
	err := env.Exec(ctx, command, args)
	line := command + " " + strings.Join(args, " ")
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return Result{Logs: []string{fmt.Sprintf("system_timeout(%d, %s) timed out, kill -TERM child", int(t.Virtual.CheckTimeout.Seconds()), line)}}
	case err == nil:
		return Result{Up: true}
	case errors.As(err, &exit):
		return Result{}
	}
	return Result{Logs: []string{fmt.Sprintf("Exiting with exit_status 127: exec(%s) failed: %s", line, reason(err))}}
}
