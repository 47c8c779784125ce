package uml

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// seat is the CPU that a machine is on. The kernel and its programs are processes of this machine that take turns at every
// system call and page fault: on one CPU a turn is a switch, from one to another it wakes an idle CPU, and
// everything takes three times as long.
type seat struct {
	cpu  int
	free func()
}

// takeSeat finds a CPU, one that no other machine has if there is one, and not the one that is left. A name of an
// abstract socket says that a CPU is taken, until free is called or this program ends.
func takeSeat(left int) (seat, error) {
	cpus, err := allowed()
	if err != nil {
		return seat{}, err
	}
	if len(cpus) > 1 {
		cpus = slices.DeleteFunc(cpus, func(cpu int) bool { return cpu == left })
	}
	rand.Shuffle(len(cpus), func(i, j int) { cpus[i], cpus[j] = cpus[j], cpus[i] })
	for _, cpu := range cpus {
		name, err := net.Listen("unix", fmt.Sprintf("@systole-uml-cpu%d", cpu))
		switch {
		case err == nil:
			return seat{cpu, func() { name.Close() }}, nil
		case !errors.Is(err, unix.EADDRINUSE):
			return seat{}, fmt.Errorf("name of CPU %d: %w", cpu, err)
		}
	}
	return seat{cpus[0], func() {}}, nil
}

// allowed lists the CPUs that this program may run on.
func allowed() ([]int, error) {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return nil, fmt.Errorf("CPUs to run on: %w", err)
	}
	var cpus []int
	for cpu := 0; len(cpus) < set.Count(); cpu++ {
		if set.IsSet(cpu) {
			cpus = append(cpus, cpu)
		}
	}
	return cpus, nil
}

const (
	look   = time.Second
	unfair = 400 * time.Millisecond // of which the machine's processes have waited for the CPU so long
)

// moveAbout gives a machine another CPU whenever others leave it too little of its own: a daemon with real-time
// priority can take all of it, and nobody else moves what may only run there. It gives the last one back.
func (s seat) moveAbout(ctx context.Context, kernel int) {
	defer func() { s.free() }()
	tick := time.NewTicker(look)
	defer tick.Stop()
	for before := waits(kernel); ; {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		now := waits(kernel)
		if waited(before, now) > unfair {
			if next, err := takeSeat(s.cpu); err == nil {
				s.free()
				s = next
				move(kernel, s.cpu)
			}
		}
		before = now
	}
}

// waits is for how long each process of a group has been ready to run and did not; of none where the kernel does not
// count it.
func waits(group int) map[int]time.Duration {
	all := map[int]time.Duration{}
	for _, pid := range members(group) {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/schedstat", pid))
		words := strings.Fields(string(text))
		if err != nil || len(words) < 2 {
			continue
		}
		ns, _ := strconv.ParseInt(words[1], 10, 64)
		all[pid] = time.Duration(ns)
	}
	return all
}

// waited is for how long those that were there have waited since.
func waited(before, now map[int]time.Duration) (sum time.Duration) {
	for pid, was := range before {
		sum += max(0, now[pid]-was)
	}
	return sum
}

// members are the processes of a group.
func members(leader int) []int {
	all := []int{leader}
	names, _ := os.ReadDir("/proc")
	for _, name := range names {
		pid, err := strconv.Atoi(name.Name())
		if err != nil || pid == leader {
			continue
		}
		if group, err := unix.Getpgid(pid); err == nil && group == leader {
			all = append(all, pid)
		}
	}
	return all
}

// move puts a group on a CPU. Who has just ended need not be moved.
func move(leader, cpu int) {
	var set unix.CPUSet
	set.Set(cpu)
	unix.SchedSetaffinity(leader, &set) // and all that it starts from now on
	for _, pid := range members(leader) {
		unix.SchedSetaffinity(pid, &set)
	}
}
