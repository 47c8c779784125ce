package respawn

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"systole/pkg/halog"

	"golang.org/x/sys/unix"
)

// newLog writes to stderr until the program is started, and to syslog.
func newLog(stderr io.Writer) *halog.Daemon {
	cfg := halog.DaemonConfig{Entity: "cl_respawn", PID: os.Getpid(), Stderr: stderr, Targets: halog.Targets{Facility: "daemon"}}
	if host, err := os.Hostname(); err == nil {
		cfg.Host = host
	}
	return halog.NewDaemon(cfg)
}

func (c *command) closeLog() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	c.log.Close(ctx)
}

// keep starts the program again and again. It returns the exit code.
func (c *command) keep() int {
	signal.Ignore(unix.SIGHUP, unix.SIGINT)
	ctx, stop := signal.NotifyContext(context.Background(), unix.SIGTERM)
	defer stop()
	unix.Setsid() // fails for a leader of a process group, which is as good
	c.log.Detach()
	news := "started the monitored program " + c.argv[0] + ", whose PID is %d"
	for {
		began := time.Now()
		if !c.live(ctx, news) {
			return 0
		}
		news = "restarted the monitored program, whose PID  is %d"
		if time.Since(began) < c.pause {
			c.rest(ctx)
		}
	}
}

// rest waits a while; not when asked to end.
func (c *command) rest(ctx context.Context) {
	select {
	case <-time.After(c.pause):
	case <-ctx.Done():
	}
}

// live is one life of the program. again says whether there is to be another one.
func (c *command) live(ctx context.Context, news string) (again bool) {
	if ctx.Err() != nil {
		return false
	}
	cmd := exec.Command(c.argv[0], c.argv[1:]...)
	if err := cmd.Start(); err != nil {
		c.log.Logf(halog.Error, "cannot start %s: %v", c.argv[0], err)
		return true
	}
	pid := cmd.Process.Pid
	c.log.Logf(halog.Info, "Child process [%s] started [ pid: %d ].", c.argv[0], pid)
	c.log.Logf(halog.Notice, news, pid)
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		return c.ended(pid, err)
	case <-ctx.Done():
		c.log.Logf(halog.Info, "Killing pid [%d] with SIGTERM", pid)
		cmd.Process.Signal(unix.SIGTERM)
		c.tell(pid, <-ended)
		return false
	}
}

// tell logs how a life ended and returns the exit code, -1 after a signal.
func (c *command) tell(pid int, err error) int {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		if status := exit.Sys().(syscall.WaitStatus); status.Signaled() {
			c.log.Logf(halog.Warn, "Managed %s process %d killed by signal %d [%s].", c.argv[0], pid, int(status.Signal()), unix.SignalName(status.Signal()))
			return -1
		}
		c.log.Logf(halog.Warn, "Managed %s process %d exited with return code %d.", c.argv[0], pid, exit.ExitCode())
		return exit.ExitCode()
	}
	c.log.Logf(halog.Info, "Managed %s process %d exited with return code 0.", c.argv[0], pid)
	return 0
}

// ended says whether the program is to be started again.
func (c *command) ended(pid int, err error) bool {
	code := c.tell(pid, err)
	if code == c.magic {
		c.log.Logf(halog.Info, "Don't restart the monitored program %s [%d], since we got the magic exit code.", c.argv[0], pid)
		return false
	}
	if code >= 0 {
		c.log.Logf(halog.Info, "process %s[%d] exited, and its exit code is %d", c.argv[0], pid, code)
	}
	return true
}
