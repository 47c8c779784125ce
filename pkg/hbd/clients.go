package hbd

import (
	"errors"
	"fmt"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
	"time"

	"systole/pkg/cluster"
	"systole/pkg/hacf"
	"systole/pkg/halog"
)

// identity is the user that a respawn client runs as.
type identity struct {
	name     string
	uid, gid int
	groups   []uint32
}

// lookupIdentity finds a user and all its groups.
func lookupIdentity(name string) (identity, error) {
	u, err := user.Lookup(name)
	if err != nil {
		return identity{}, err
	}
	id := identity{name: name}
	if id.uid, err = strconv.Atoi(u.Uid); err != nil {
		return id, err
	}
	if id.gid, err = strconv.Atoi(u.Gid); err != nil {
		return id, err
	}
	gids, err := u.GroupIds()
	for _, g := range gids {
		if n, err := strconv.ParseUint(g, 10, 32); err == nil {
			id.groups = append(id.groups, uint32(n))
		}
	}
	return id, err
}

// clientConfigs are the respawn lines as the machine needs them.
func clientConfigs(cfg *hacf.Config) ([]cluster.Client, []identity, error) {
	var clients []cluster.Client
	var ids []identity
	for _, c := range cfg.Clients {
		id, err := lookupIdentity(c.User)
		if err != nil {
			return nil, nil, fmt.Errorf("respawn %s: %w", c.Command, err)
		}
		clients = append(clients, cluster.Client{Command: c.Command, UID: id.uid, GID: id.gid, FailFast: c.FailFast})
		ids = append(ids, id)
	}
	return clients, ids, nil
}

// startClient starts a respawn client in a process group of its own (tools spec 9) and tells
// the loop of its start and its end.
func (d *beatDaemon) startClient(index int, delay time.Duration) {
	d.workers.Go(func() {
		select {
		case <-time.After(delay):
		case <-d.ctx.Done():
			return
		}
		cmd := d.clientCommand(index)
		if err := cmd.Start(); err != nil {
			d.log.Log(halog.Error, fmt.Sprintf("Cannot start %s: %v", d.cfg.Clients[index].Command, err))
			d.post(d.ctx, func() { d.step(cluster.ClientExited{Index: index, Code: 1}) })
			return
		}
		pid, id := cmd.Process.Pid, d.identities[index]
		d.log.LogAs(pid, halog.Info, fmt.Sprintf("Starting %q as uid %d  gid %d (pid %d)",
			d.cfg.Clients[index].Command, id.uid, id.gid, pid))
		d.post(d.ctx, func() { d.step(cluster.ClientStarted{Index: index, PID: pid}) })
		d.workers.Go(func() { d.awaitClient(index, cmd) })
	})
}

func (d *beatDaemon) clientCommand(index int) *exec.Cmd {
	c, id := d.cfg.Clients[index], d.identities[index]
	cmd := exec.Command("/bin/sh", "-c", "exec "+c.Line())
	cmd.Dir = d.coreDir(id.name)
	cmd.Env = d.environ
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true,
		Credential: &syscall.Credential{Uid: uint32(id.uid), Gid: uint32(id.gid), Groups: id.groups}}
	if makeDir(cmd.Dir, 0o700, id.uid, 0) != nil {
		cmd.Dir = "/"
	}
	return cmd
}

func (d *beatDaemon) awaitClient(index int, cmd *exec.Cmd) {
	ev := cluster.ClientExited{Index: index, PID: cmd.Process.Pid}
	var exit *exec.ExitError
	if err := cmd.Wait(); errors.As(err, &exit) {
		status := exit.Sys().(syscall.WaitStatus)
		if status.Signaled() {
			ev.Signal, ev.Reason = int(status.Signal()), signalName(status.Signal())
		} else {
			ev.Code = status.ExitStatus()
		}
	}
	d.post(d.ctx, func() {
		d.doAPI(d.core.Died(ev.PID))
		d.step(ev)
	})
}

// signalName is what the original prints for a signal.
func signalName(s syscall.Signal) string {
	names := map[syscall.Signal]string{
		syscall.SIGHUP:  "SIGHUP - Hangup (POSIX)",
		syscall.SIGINT:  "SIGINT - Interrupt (ANSI)",
		syscall.SIGABRT: "SIGABRT - Abort (ANSI)",
		syscall.SIGKILL: "SIGKILL - Kill, unblockable",
		syscall.SIGSEGV: "SIGSEGV - Segmentation violation (ANSI)",
		syscall.SIGTERM: "SIGTERM - Termination (ANSI)",
	}
	if name, ok := names[s]; ok {
		return name
	}
	return s.String()
}

// killGroup ends a client and everything it started.
func killGroup(pid int) {
	if pid > 1 {
		syscall.Kill(-pid, syscall.SIGTERM)
	}
}
