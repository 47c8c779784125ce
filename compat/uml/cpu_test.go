package uml

import (
	"context"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"systole/compat/lab"
)

// TestSeats takes one more CPU than there are: the last machine shares one.
func TestSeats(t *testing.T) {
	cpus, err := allowed()
	if err != nil {
		t.Fatal(err)
	}
	left := -1
	for range len(cpus) + 1 {
		s, err := takeSeat(left)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.free)
		if !slices.Contains(cpus, s.cpu) {
			t.Errorf("CPU %d is none of %v", s.cpu, cpus)
		}
		if s.cpu == left && len(cpus) > 1 {
			t.Errorf("the machine that left CPU %d has it again", left)
		}
		left = s.cpu
	}
}

// TestMoveAbout has a process and its child leave a CPU that somebody else does not leave to them.
func TestMoveAbout(t *testing.T) {
	cpus, err := allowed()
	if err != nil || len(cpus) < 2 {
		t.Skip("needs two CPUs")
	}
	s, err := takeSeat(-1)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		busy(t, s.cpu)
	}
	p := busy(t, s.cpu)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	done := make(chan struct{})
	go func() { defer close(done); s.moveAbout(ctx, p) }()
	left := func() (bool, error) { return !slices.Contains(places(t, p), s.cpu), nil }
	if lab.Poll(ctx, 50*time.Millisecond, left) != nil {
		t.Errorf("still at CPU %d", s.cpu)
	}
	cancel()
	<-done
}

// busy starts two processes of one group on a CPU, one that works and its child, and ends them with the test.
func busy(t *testing.T, cpu int) (pid int) {
	t.Helper()
	cmd := exec.Command("taskset", "-c", strconv.Itoa(cpu), "sh", "-c", "sleep 60 & i=0; while [ $i -lt 100000000 ]; do i=$((i+1)); done")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		cmd.Wait()
	})
	return cmd.Process.Pid
}

// places are the CPUs that the processes of a group may run on.
func places(t *testing.T, group int) []int {
	t.Helper()
	var all []int
	text, err := exec.Command("pgrep", "-g", strconv.Itoa(group)).Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range strings.Fields(string(text)) {
		pid, _ := strconv.Atoi(word)
		var set unix.CPUSet
		if unix.SchedGetaffinity(pid, &set) != nil {
			continue
		}
		for cpu := range 1024 {
			if set.IsSet(cpu) {
				all = append(all, cpu)
			}
		}
	}
	return all
}
