package proc

import (
	"fmt"

	"golang.org/x/sys/unix"
)

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
