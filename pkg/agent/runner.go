package agent

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"strings"
	"time"

	resourced "systole/resource.d"

	"systole/pkg/garp"
	"systole/pkg/netif"
)

// The paths and times of an installed system.
const (
	ResourceDir = "/etc/ha.d/resource.d"
	InitDir     = "/etc/init.d"
	WorkDir     = "/var/lib/heartbeat/cores/root" // of scripts, if it is there
	StateDir    = "/run/resource-agents"          // HA_RSCTMP
	BinDir      = "/usr/libexec/heartbeat"        // HA_BIN
	OCFRoot     = "/usr/lib/ocf"                  // OCF_ROOT
	SlowAfter   = 30 * time.Second
	SlowEvery   = time.Minute
)

// statusOp is the operation of which the standard output is the answer.
const statusOp = "status"

// Call is one operation of one resource.
type Call struct {
	Name  string   // of the script
	Args  []string // before the operation
	Op    string   // start, stop, status
	Probe bool     // a native start asks the wire first who else has the address
}

// Result is how a Call ended.
type Result struct {
	Path   string // of the script
	Code   int    // exit code; 128+n for one killed by signal n
	Output []byte // standard output of a status, and of a native agent
	Took   time.Duration
	Native bool
}

// Runner runs resource agents. Close stops what natives left running.
type Runner struct {
	Dirs     []string // where scripts are looked up, in order
	Natives  []Native
	Shipped  fs.FS    // the entry points for which a native stands
	Env      []string // of scripts, whole; the daemon sets umask 022 for itself and them
	WorkDir  string
	StateDir string
	BinDir   string
	OCFRoot  string
	DebugLog string // file that gets the output of scripts; "": nobody does

	Net      *netif.Handle // for natives
	Logs     Logs
	Slow     Log           // told of operations that take long; nil: nobody is
	After    time.Duration // the first time; 0: never
	Every    time.Duration // and then
	Timeout  time.Duration // kills an executed script; 0: none, as the original
	Announce Announcing
	// Ran is told of each operation that has ended, by who runs it; nil: nobody is.
	Ran func(c Call, begun time.Time, res Result)
	// Background has natives announce from processes of their own, for a program that ends soon.
	Background bool

	speakers speakers
}

// Announcing is how natives go on announcing what is held.
type Announcing struct {
	Repeat time.Duration // between two pairs of frames after the first ten; 0: none
	// Claimed is told when another machine claims an address that is held here; may be nil.
	Claimed func(Claim)
}

// New returns a Runner for an installed system. Without a Handle nothing runs in-process.
func New(net *netif.Handle, logs Logs) *Runner {
	r := &Runner{
		Dirs: []string{ResourceDir, InitDir}, Env: os.Environ(),
		WorkDir: WorkDir, StateDir: StateDir, BinDir: BinDir, OCFRoot: OCFRoot,
		Net: net, Logs: logs, Slow: logs("ResourceManager", ""), After: SlowAfter, Every: SlowEvery,
		Announce: Announcing{Repeat: garp.DefaultRepeat},
	}
	if net != nil {
		r.Natives, r.Shipped = Natives(), resourced.Files
	}
	return r
}

// Again announces a held address once more, at once: somebody else claimed it. The zero
// address stands for all that are held.
func (r *Runner) Again(ip netip.Addr) { r.speakers.again(ip) }

// Run runs one operation to its end. An exit code other than 0 is no error; an error wraps
// ErrNotFound, or says why a script could not be executed or that ctx ended it, and comes with a
// Code other than 0. Natives are quick and run to their end whatever becomes of ctx.
func (r *Runner) Run(ctx context.Context, c Call) (Result, error) {
	path, ok := r.Find(c.Name)
	if !ok {
		return Result{Code: 127}, fmt.Errorf("%s: %w", c.Name, ErrNotFound)
	}
	begin := time.Now()
	done := r.watchSlow(path, c)
	defer done()
	res, err := r.run(ctx, path, c)
	res.Path, res.Took = path, time.Since(begin)
	if r.Ran != nil {
		r.Ran(c, begin, res)
	}
	return res, err
}

func (r *Runner) run(ctx context.Context, path string, c Call) (Result, error) {
	if n, ok := r.native(c.Name, path); ok {
		return r.runNative(ctx, n, path, c)
	}
	return r.execute(ctx, path, c)
}

func (r *Runner) runNative(ctx context.Context, n Native, path string, c Call) (Result, error) {
	var out strings.Builder
	debug := r.debugLog()
	defer debug.Close()
	h := Host{
		Net: r.Net, Logs: r.Logs, StateDir: r.StateDir, BinDir: r.BinDir, OCFRoot: r.OCFRoot,
		Env: lookup(r.Env), Environ: r.Env, Stdout: &out, Stderr: debug, speaker: r.speaker(),
	}
	code := n.Call(ctx, &h, Invocation{Script: path, Words: append(c.Args[:len(c.Args):len(c.Args)], c.Op), Probe: c.Probe})
	if c.Op != statusOp {
		io.WriteString(debug, out.String())
	}
	return Result{Code: code, Output: []byte(out.String()), Native: true}, nil
}

func (r *Runner) speaker() speaker {
	if r.Background {
		return background{}
	}
	return inProcess{r}
}

// debugLog opens the file that gets the output of scripts.
func (r *Runner) debugLog() *os.File {
	name := r.DebugLog
	if name == "" {
		name = os.DevNull
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		f, _ = os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	}
	return f
}

// watchSlow logs an operation that takes long, until the returned function is called: the
// original waits for a hanging script in silence (failover spec 19, 9).
func (r *Runner) watchSlow(path string, c Call) (done func()) {
	if r.Slow == nil || r.After <= 0 {
		return func() {}
	}
	end := make(chan struct{})
	go func() {
		wait := time.NewTimer(r.After)
		defer wait.Stop()
		for took := r.After; ; took += r.Every {
			select {
			case <-end:
				return
			case <-wait.C:
			}
			r.Slow.Log(fmt.Sprintf("WARN: %s still runs after %s", commandLine(path, c), took))
			wait.Reset(max(r.Every, time.Second))
		}
	}()
	return func() { close(end) }
}

func commandLine(path string, c Call) string {
	return strings.Join(append(append([]string{path}, c.Args...), c.Op), " ")
}

// lookup returns a function like os.Getenv over a list of name=value; the last one counts.
func lookup(env []string) func(string) string {
	return func(name string) string {
		for i := len(env) - 1; i >= 0; i-- {
			if k, v, _ := strings.Cut(env[i], "="); k == name {
				return v
			}
		}
		return ""
	}
}

// Close stops all announcing and waits for it.
func (r *Runner) Close() { r.speakers.silenceAll() }
