package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"

	"golang.org/x/sys/unix"
)

// hostPath is the PATH of everything started on a host.
const hostPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// hostEnv is the environment of everything started on a host: nothing of the
// machine's own.
func hostEnv() []string {
	return []string{"PATH=" + hostPath, "HOME=/root", "USER=root", "LOGNAME=root", "SHELL=/bin/sh", "LANG=C", "DEBIAN_FRONTEND=noninteractive"}
}

// Command is something to run on a host.
type Command struct {
	Argv  []string // looked up in the host's PATH
	Env   []string // added to the host's own environment; the last of a name holds
	Dir   string   // "/" if empty
	Stdin []byte
}

// Result is what came of a command.
type Result struct {
	Stdout, Stderr string
	Code           int // exit code as a shell tells it: 127 not found, 128+n ended by signal n
}

// Run runs a command on the host and waits for it. An exit code other than 0 is
// not an error. When ctx ends first the command's session is killed. Daemons it
// leaves behind go on; what they write later is lost.
func (h *Host) Run(ctx context.Context, argv ...string) (Result, error) {
	return h.Exec(ctx, Command{Argv: argv})
}

// Sh is Run for a line of shell.
func (h *Host) Sh(ctx context.Context, script string) (Result, error) {
	return h.Run(ctx, "/bin/sh", "-c", script)
}

// Check is Run for a command that must exit with 0; it returns standard output.
func (h *Host) Check(ctx context.Context, argv ...string) (string, error) {
	r, err := h.Run(ctx, argv...)
	if err == nil && r.Code != 0 {
		err = fmt.Errorf("%s: %q: exit code %d: %s%s", h.Name, argv, r.Code, r.Stdout, r.Stderr)
	}
	return r.Stdout, err
}

// Exec is Run with all that Command can say.
func (h *Host) Exec(ctx context.Context, c Command) (Result, error) {
	p, err := h.launch(c)
	if err != nil {
		return Result{Code: -1}, err
	}
	code, err := p.Wait(ctx)
	if ctx.Err() != nil {
		p.Signal(-unix.SIGKILL)
	}
	return Result{p.Stdout(), p.Stderr(), code}, err
}

// Start starts a command and leaves it running; it ends with the host, if not
// before.
func (h *Host) Start(argv ...string) (*Process, error) {
	return h.launch(Command{Argv: argv})
}

// StartCommand is Start with all that Command can say.
func (h *Host) StartCommand(c Command) (*Process, error) { return h.launch(c) }

// Process is a command on a host.
type Process struct {
	host     *Host
	guest    *guest
	argv     []string
	out, err *os.File

	mu      sync.Mutex
	pid     int
	started chan struct{} // closed when pid is known or will never be
	done    chan struct{}
	code    int
	failed  error
}

func (h *Host) launch(c Command) (*Process, error) {
	g, err := h.running()
	if err != nil {
		return nil, err
	}
	in, err := memfile("stdin", c.Stdin)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	p := &Process{host: h, guest: g, argv: c.Argv, started: make(chan struct{}), done: make(chan struct{})}
	if p.out, err = memfile("stdout", nil); err != nil {
		return nil, err
	}
	if p.err, err = memfile("stderr", nil); err != nil {
		return nil, err
	}
	if c.Dir == "" {
		c.Dir = "/"
	}
	if len(c.Argv) == 0 {
		return nil, errors.New("no command")
	}
	o := execOrder{Argv: c.Argv, Env: slices.Concat(hostEnv(), c.Env), Dir: c.Dir}
	return p, g.exec(p, o, []*os.File{in, p.out, p.err})
}

func (p *Process) began(pid int) {
	p.mu.Lock()
	p.pid = pid
	p.mu.Unlock()
	close(p.started)
}

func (p *Process) ended(code int, err error) {
	p.mu.Lock()
	p.code, p.failed = code, err
	if p.pid == 0 {
		close(p.started)
	}
	p.mu.Unlock()
	close(p.done)
}

// Wait waits for the end of the process and returns its exit code. The error
// says that it was never started, that the host went down, or that ctx ended.
func (p *Process) Wait(ctx context.Context) (int, error) {
	select {
	case <-p.done:
		if p.failed != nil && p.code != 127 && p.code != 126 {
			return p.code, fmt.Errorf("%s: %q: %w", p.host.Name, p.argv, p.failed)
		}
		return p.code, nil
	case <-ctx.Done():
		return -1, fmt.Errorf("%s: %q is still running: %w", p.host.Name, p.argv, context.Cause(ctx))
	}
}

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Pid is the process id as the host sees it, 0 if it could not be started.
func (p *Process) Pid() int {
	<-p.started
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pid
}

// Signal sends a signal to the process; a negative one, to its whole session's
// process group. A process that has ended gets nothing.
func (p *Process) Signal(sig unix.Signal) error {
	pid := p.Pid()
	if sig < 0 {
		pid, sig = -pid, -sig
	}
	if pid == 0 {
		return nil
	}
	return p.guest.signal(pid, sig)
}

// Stdout is what the process wrote so far.
func (p *Process) Stdout() string { return readAll(p.out) }

// Stderr is what the process wrote so far to standard error; of a command that
// could not be started, why.
func (p *Process) Stderr() string {
	text := readAll(p.err)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failed != nil {
		text += p.failed.Error() + "\n"
	}
	return text
}

// memfile is a file without a name: a daemon may hold it open for ever without
// anybody waiting for its end, as a reader of a pipe would.
func memfile(name string, text []byte) (*os.File, error) {
	fd, err := unix.MemfdCreate(name, unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("memory file: %w", err)
	}
	f := os.NewFile(uintptr(fd), name)
	if _, err := f.WriteAt(text, 0); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// readAll reads without moving the offset that the writers share.
func readAll(f *os.File) string {
	b, _ := io.ReadAll(io.NewSectionReader(f, 0, 1<<40))
	return string(b)
}
