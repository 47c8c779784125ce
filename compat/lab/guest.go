package lab

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// errDown is what is said of a host without power, and of what ran on it.
var errDown = errors.New("host is down")

// initLog is the file in a host's directory with what process 1 complains about.
const initLog = "init.log"

// guest is one boot of a host: its process 1 as seen from outside.
type guest struct {
	cmd  *exec.Cmd
	w    wire
	ns   *os.File
	down chan struct{} // closed when process 1 is dead

	mu    sync.Mutex
	procs map[uint64]*Process
	last  uint64
}

// startGuest starts process 1 in fresh namespaces and has it boot.
func startGuest(b bootOrder) (*guest, error) {
	near, far, err := newWire()
	if err != nil {
		return nil, err
	}
	log, err := os.OpenFile(filepath.Join(b.Dir, initLog), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		far.Close()
		near.Close()
		return nil, err
	}
	defer log.Close()
	cmd := exec.Command(b.Self, appletPrefix+"init")
	cmd.Env = []string{"PATH=" + hostPath, insideEnv + "=1"}
	cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = log, log, []*os.File{far}
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: unix.CLONE_NEWNS | unix.CLONE_NEWUTS | unix.CLONE_NEWPID | unix.CLONE_NEWIPC | unix.CLONE_NEWNET,
	}
	err = cmd.Start()
	far.Close() // process 1 must hold the only one: then its death is the end of file here
	if err != nil {
		near.Close()
		return nil, fmt.Errorf("process 1 of %s: %w", b.Hostname, err)
	}
	g := &guest{cmd: cmd, w: near, down: make(chan struct{}), procs: map[uint64]*Process{}}
	if err := g.boot(b); err != nil {
		g.kill()
		return nil, err
	}
	return g, nil
}

func (g *guest) boot(b bootOrder) error {
	ready := make(chan report, 1)
	go g.listen(ready)
	if err := g.w.send(order{Boot: &b}); err != nil {
		return err
	}
	r, ok := <-ready
	switch {
	case !ok:
		return fmt.Errorf("process 1 of %s died at boot; was Main called? its log is %s", b.Hostname, filepath.Join(b.Dir, initLog))
	case !r.Ready:
		return errors.New(r.Err)
	}
	var err error
	g.ns, err = os.Open(fmt.Sprintf("/proc/%d/ns/net", g.cmd.Process.Pid))
	return err
}

// listen takes the reports; the first goes to ready. When process 1 is dead it
// buries it and says so to all who wait for its processes.
func (g *guest) listen(ready chan<- report) {
	for first := true; ; first = false {
		var r report
		if _, err := g.w.receive(&r); err != nil {
			break
		}
		if first {
			ready <- r
		} else {
			g.deliver(r)
		}
	}
	close(ready)
	g.cmd.Process.Kill()
	g.cmd.Wait()
	g.w.Close()
	g.mu.Lock()
	defer g.mu.Unlock()
	close(g.down)
	for _, p := range g.procs {
		p.ended(-1, errDown)
	}
	g.procs = nil
}

func (g *guest) deliver(r report) {
	g.mu.Lock()
	defer g.mu.Unlock()
	p := g.procs[r.ID]
	switch {
	case p == nil:
	case r.Exited:
		delete(g.procs, r.ID)
		var err error
		if r.Err != "" {
			err = errors.New(r.Err)
		}
		p.ended(r.Code, err)
	default:
		p.began(r.Pid)
	}
}

// exec has process 1 start p.
func (g *guest) exec(p *Process, o execOrder, files []*os.File) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.procs == nil {
		return errDown
	}
	g.last++
	o.ID = g.last
	if err := g.w.send(order{Exec: &o}, files...); err != nil {
		return fmt.Errorf("%v: %w", o.Argv, err)
	}
	g.procs[o.ID] = p
	return nil
}

// kill ends the host at once and waits until it is gone.
func (g *guest) kill() {
	g.cmd.Process.Kill()
	<-g.down
	if g.ns != nil {
		g.ns.Close()
	}
}

// rootPath is where this machine sees the host's root.
func (g *guest) rootPath() string { return fmt.Sprintf("/proc/%d/root", g.cmd.Process.Pid) }

func (g *guest) signal(pid int, sig unix.Signal) error {
	return g.w.send(order{Signal: &signalOrder{Pid: pid, Number: int(sig)}})
}
