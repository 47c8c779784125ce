package proc

import (
	"fmt"

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

// Realtime puts the calling OS thread into the round-robin realtime class. The caller must
// have locked its goroutine to the thread. Threads and processes made from it are ordinary
// again, so that scripts do not inherit the class (sched(7), SCHED_FLAG_RESET_ON_FORK).
func Realtime(priority int) error {
	attr := unix.SchedAttr{
		Size:     unix.SizeofSchedAttr,
		Policy:   unix.SCHED_RR,
		Flags:    unix.SCHED_FLAG_RESET_ON_FORK,
		Priority: uint32(priority),
	}
	if err := unix.SchedSetAttr(0, &attr, 0); err != nil {
		return fmt.Errorf("realtime priority %d: %w", priority, err)
	}
	return nil
}
