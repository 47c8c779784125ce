package agent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	maxStatus = 64 << 10        // bytes of a status that are looked at
	killGrace = 2 * time.Second // between TERM and KILL of a cancelled script
	shell     = "/bin/sh"       // runs scripts without "#!", as a shell does for its commands
)

// execute runs a script as the original does (failover spec 3.2): arguments, then the operation;
// output to the debug log, except the standard output of a status.
func (r *Runner) execute(ctx context.Context, path string, c Call) (Result, error) {
	p := process{path: path, args: append(slices.Clone(c.Args), c.Op)}
	if c.Op != statusOp {
		return r.spawn(ctx, p)
	}
	fd, err := unix.MemfdCreate("status", unix.MFD_CLOEXEC)
	if err != nil {
		return Result{Code: 126}, fmt.Errorf("%s: make memory file: %w", path, err)
	}
	p.stdout = os.NewFile(uintptr(fd), "status")
	defer p.stdout.Close()
	res, err := r.spawn(ctx, p)
	res.Output, _ = io.ReadAll(io.NewSectionReader(p.stdout, 0, maxStatus))
	return res, err
}

// Script executes any other script, such as one of rc.d: path with args, and env after
// Runner.Env. Its output goes to the debug log. Result and error are those of Run.
func (r *Runner) Script(ctx context.Context, path string, args, env []string) (Result, error) {
	begin := time.Now()
	res, err := r.spawn(ctx, process{path: path, args: args, env: env})
	res.Path, res.Took = path, time.Since(begin)
	return res, err
}

// process is one program to be run to its end.
type process struct {
	path   string
	args   []string
	env    []string // after Runner.Env
	stdin  *os.File // nil: /dev/null
	stdout *os.File // nil: the debug log
	stderr *os.File
}

func (r *Runner) spawn(ctx context.Context, p process) (Result, error) {
	if r.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, r.Timeout)
		defer cancel()
	}
	p.stderr = r.debugLog()
	defer p.stderr.Close()
	if p.stdout == nil {
		p.stdout = p.stderr
	}
	p.env = append(slices.Clone(r.Env), p.env...)
	err := p.run(ctx, r.WorkDir)
	if errors.Is(err, unix.ENOEXEC) {
		p.path, p.args = shell, append([]string{p.path}, p.args...)
		err = p.run(ctx, r.WorkDir)
	}
	var exit *exec.ExitError
	switch {
	case err == nil:
		return Result{}, nil
	case ctx.Err() != nil:
		return Result{Code: codeOf(err)}, fmt.Errorf("%s: %w", p.path, context.Cause(ctx))
	case errors.As(err, &exit):
		return Result{Code: codeOf(err)}, nil
	}
	return Result{Code: 126}, fmt.Errorf("run %s: %w", p.path, err)
}

// run runs the process to its end in a process group of its own.
func (p process) run(ctx context.Context, dir string) error {
	cmd := exec.CommandContext(ctx, p.path, p.args...)
	cmd.Env, cmd.Dir = p.env, workDir(dir)
	if p.stdin != nil {
		cmd.Stdin = p.stdin
	}
	cmd.Stdout, cmd.Stderr = p.stdout, p.stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return unix.Kill(-cmd.Process.Pid, unix.SIGTERM) }
	cmd.WaitDelay = killGrace
	err := cmd.Run()
	if ctx.Err() != nil && cmd.Process != nil {
		// What the script started must not go on behind the back of the next operation.
		_ = unix.Kill(-cmd.Process.Pid, unix.SIGKILL)
	}
	return err
}

func workDir(dir string) string {
	if st, err := os.Stat(dir); err == nil && st.IsDir() {
		return dir
	}
	return "/"
}

// codeOf returns the exit code as a shell's $? shows it.
func codeOf(err error) int {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return 126
	}
	if s, ok := exit.Sys().(syscall.WaitStatus); ok && s.Signaled() {
		return 128 + int(s.Signal())
	}
	return exit.ExitCode()
}
