package proc

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"

	"golang.org/x/sys/unix"
)

// LockMemory keeps what the process has in memory from being swapped out. Pages are locked when
// they are first used: locking all at once costs a Go process tens of megabytes that it never
// touches.
func LockMemory() error {
	if err := unix.Mlockall(unix.MCL_CURRENT | unix.MCL_FUTURE | unix.MCL_ONFAULT); err != nil {
		return fmt.Errorf("lock memory: %w", err)
	}
	return nil
}

// Realtime keeps the whole process in the round-robin realtime class, thread by thread. One thread would
// not do: a goroutine of a Go program that has to run waits for others of the program, which hold
// the runtime's processors while their threads queue for the machine's with everybody else. What
// the process starts is ordinary, so that scripts do not inherit the class (sched(7),
// SCHED_FLAG_RESET_ON_FORK); threads that the runtime makes later are, too, until the next Hold.
type Realtime struct {
	Priority int
	threads  int // when all were in the class
}

// Hold puts threads that are not in the class yet into it. It costs nothing as long as there are no new ones.
func (r *Realtime) Hold() error {
	threads, _ := runtime.ThreadCreateProfile(nil)
	if threads == r.threads {
		return nil
	}
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return fmt.Errorf("realtime priority %d: %w", r.Priority, err)
	}
	r.threads = min(threads, len(tasks)) // one that the runtime counts may not have begun yet
	for _, task := range tasks {
		tid, err := strconv.Atoi(task.Name())
		if err == nil {
			err = r.hold(tid)
		}
		if err != nil && !errors.Is(err, unix.ESRCH) { // it has ended meanwhile
			return fmt.Errorf("realtime priority %d: %w", r.Priority, err)
		}
	}
	return nil
}

func (r *Realtime) hold(tid int) error {
	attr := unix.SchedAttr{
		Size:     unix.SizeofSchedAttr,
		Policy:   unix.SCHED_RR,
		Flags:    unix.SCHED_FLAG_RESET_ON_FORK,
		Priority: uint32(r.Priority),
	}
	return unix.SchedSetAttr(tid, &attr, 0)
}
