package ldird

import (
	"fmt"
	"os"
	"syscall"
	"time"

	"systole/pkg/proc"
)

// processWord is what the command line of a running daemon must contain (ldirectord spec 1).
const processWord = "ldirectord"

func (p *Program) pidFile() string { return p.RunDir + "/ldirectord." + p.instance + ".pid" }

// shownPIDFile is the path as messages have it, whatever RunDir is.
func (p *Program) shownPIDFile() string { return "/var/run/ldirectord." + p.instance + ".pid" }

// running is the pid of the running daemon, or 0.
func (p *Program) running() int {
	pid, err := proc.ReadPID(p.pidFile())
	if err != nil || !proc.Runs(pid, processWord) {
		return 0
	}
	return pid
}

// stale says whether there is a pid file without a daemon.
func (p *Program) stale() bool {
	_, err := os.Stat(p.pidFile())
	return err == nil && p.running() == 0
}

// claim writes our pid, unless another daemon was quicker: then it returns proc.ErrRunning. Two
// starts at once are kept apart by a lock on the directory.
func (p *Program) claim() error {
	dir, err := os.Open(p.RunDir)
	if err != nil {
		return err
	}
	defer dir.Close()
	if err := syscall.Flock(int(dir.Fd()), syscall.LOCK_EX); err != nil {
		return err
	}
	if pid := p.running(); pid != 0 && pid != os.Getpid() {
		return proc.ErrRunning
	}
	return proc.WriteFile(p.pidFile(), fmt.Appendf(nil, "%d\n", os.Getpid()), 0o644)
}

// awaitEnd waits until the daemon is gone, or at least its pid file: it removes that when the
// table is gone.
func (p *Program) awaitEnd(pid int, limit time.Duration) bool {
	for end := time.Now().Add(limit); p.running() == pid; {
		if time.Now().After(end) {
			return false
		}
		time.Sleep(5 * time.Millisecond)
	}
	return true
}
