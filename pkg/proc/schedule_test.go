package proc

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// policies are the scheduling classes of the threads of this process.
func policies(t *testing.T) map[int]uint32 {
	t.Helper()
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	found := map[int]uint32{}
	for _, task := range tasks {
		tid, err := strconv.Atoi(task.Name())
		if err != nil {
			t.Fatal(err)
		}
		attr, err := unix.SchedGetAttr(tid, 0)
		switch {
		case errors.Is(err, unix.ESRCH):
		case err != nil:
			t.Fatal(err)
		default:
			found[tid] = attr.Policy
		}
	}
	return found
}

// others are the threads that are not of the realtime class.
func others(t *testing.T) (tids []int) {
	for tid, policy := range policies(t) {
		if policy != unix.SCHED_RR {
			tids = append(tids, tid)
		}
	}
	return tids
}

// TestRealtime: all threads get the class, later ones with the next Hold, and no child has it.
func TestRealtime(t *testing.T) {
	r := Realtime{Priority: 1}
	if err := r.Hold(); errors.Is(err, unix.EPERM) {
		t.Skip(err)
	} else if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for tid := range policies(t) {
			_ = unix.SchedSetAttr(tid, &unix.SchedAttr{Size: unix.SizeofSchedAttr}, 0)
		}
	})
	var started sync.WaitGroup
	end := make(chan bool)
	defer close(end)
	for range 8 { // each needs a thread of its own
		started.Add(1)
		go func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			started.Done()
			<-end
		}()
	}
	started.Wait()
	for end := time.Now().Add(time.Minute); ; { // the runtime may make one between the two looks
		if err := r.Hold(); err != nil {
			t.Fatal(err)
		}
		ordinary := others(t)
		if len(ordinary) == 0 {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("threads %v are not of the class", ordinary)
		}
	}
	child := exec.Command("sleep", "60")
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer child.Wait()
	defer child.Process.Kill()
	if attr, err := unix.SchedGetAttr(child.Process.Pid, 0); err != nil || attr.Policy != unix.SCHED_NORMAL {
		t.Errorf("a child is of class %d, %v", attr.Policy, err)
	}
}
