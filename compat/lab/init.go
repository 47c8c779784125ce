package lab

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// runInit is process 1 of a host: it boots, then carries out orders until the
// program that made the lab is gone. When it ends the kernel ends all else here.
func runInit([]string) int {
	// Without a handler the kernel drops signals from inside for process 1, with
	// Go's own a "kill 1" would end the host: catch them and do nothing.
	signal.Notify(make(chan os.Signal, 1), unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGTERM, unix.SIGUSR1, unix.SIGUSR2)
	w, err := wireOf(os.NewFile(3, "lab"))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	var first order
	if _, err := w.receive(&first); err != nil || first.Boot == nil {
		fmt.Fprintln(os.Stderr, "no boot order:", err)
		return 1
	}
	if err := first.Boot.run(); err != nil {
		w.send(report{Err: err.Error()})
		return 1
	}
	d := &initd{w: w, ids: map[int]uint64{}, forked: make(chan struct{}, 1)}
	go d.reap()
	w.send(report{Ready: true})
	d.serve()
	return 0
}

// initd is process 1 at work.
type initd struct {
	w      wire
	forked chan struct{} // a child was made since the last look

	mu  sync.Mutex
	ids map[int]uint64 // orders by the process that carries them out
}

func (d *initd) serve() {
	for {
		var o order
		fds, err := d.w.receive(&o)
		if err != nil {
			return
		}
		switch {
		case o.Exec != nil:
			d.exec(o.Exec, fds)
		case o.Signal != nil:
			unix.Kill(o.Signal.Pid, unix.Signal(o.Signal.Number))
		}
		for _, fd := range fds {
			unix.Close(fd)
		}
	}
}

// exec starts a process in a session of its own, so that its group can be ended
// with it.
func (d *initd) exec(o *execOrder, fds []int) {
	path, err := lookPath(o.Argv[0], o.Env)
	if err != nil {
		d.w.send(report{ID: o.ID, Exited: true, Code: 127, Err: err.Error()})
		return
	}
	attr := &syscall.ProcAttr{Dir: o.Dir, Env: o.Env, Sys: &syscall.SysProcAttr{Setsid: true}}
	for _, fd := range fds {
		attr.Files = append(attr.Files, uintptr(fd))
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	pid, err := syscall.ForkExec(path, o.Argv, attr)
	if err != nil {
		d.w.send(report{ID: o.ID, Exited: true, Code: 126, Err: fmt.Sprintf("%s: %v", path, err)})
		return
	}
	d.ids[pid] = o.ID
	d.w.send(report{ID: o.ID, Pid: pid})
	select {
	case d.forked <- struct{}{}:
	default:
	}
}

// lookPath finds a command in the PATH of env, the order's own.
func lookPath(name string, env []string) (string, error) {
	if strings.Contains(name, "/") {
		return name, nil
	}
	for _, kv := range env {
		list, ok := strings.CutPrefix(kv, "PATH=")
		if !ok {
			continue
		}
		for _, dir := range filepath.SplitList(list) {
			if p, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
				return p, nil
			}
		}
	}
	return "", fmt.Errorf("%s: command not found", name)
}

// reap buries every child: those ordered, and orphans of theirs.
func (d *initd) reap() {
	for {
		var ws syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &ws, 0, nil)
		switch err {
		case nil:
			d.buried(pid, ws)
		case syscall.ECHILD:
			<-d.forked
		}
	}
}

func (d *initd) buried(pid int, ws syscall.WaitStatus) {
	d.mu.Lock()
	defer d.mu.Unlock()
	id, ordered := d.ids[pid]
	if !ordered {
		return
	}
	delete(d.ids, pid)
	code := ws.ExitStatus()
	if ws.Signaled() {
		code = 128 + int(ws.Signal())
	}
	d.w.send(report{ID: id, Exited: true, Code: code})
}

// SyslogFile is where a host keeps what was written to its /dev/log: one line a
// datagram, as it came ("<30>Nov 20 23:24:16 heartbeat: …").
const SyslogFile = "/var/log/syslog"

// receiveSyslog listens on /dev/log of the host.
func receiveSyslog() error {
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: "/dev/log", Net: "unixgram"})
	if err != nil {
		return err
	}
	f, err := os.OpenFile(SyslogFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o640)
	if err != nil {
		return err
	}
	go func() {
		b := make([]byte, 64<<10)
		for {
			n, err := c.Read(b)
			if err != nil {
				return
			}
			f.WriteString(strings.TrimRight(string(b[:n]), "\n\x00") + "\n")
		}
	}()
	return os.Chmod("/dev/log", 0o666)
}
