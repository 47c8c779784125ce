package agent

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// mountsBelow returns the mount points at dir and below it, in the order they were mounted.
func mountsBelow(dir string) ([]string, error) {
	text, err := os.ReadFile("/proc/thread-self/mounts")
	if err != nil {
		return nil, err
	}
	return pointsBelow(string(text), dir), nil
}

// pointsBelow reads the table of /proc/mounts.
func pointsBelow(table, dir string) []string {
	var points []string
	for line := range strings.Lines(table) {
		w := strings.Fields(line)
		if len(w) < 2 {
			continue
		}
		if at := unescapeMount(w[1]); below(at, dir) {
			points = append(points, at)
		}
	}
	return points
}

// below says whether a path is dir, or in it.
func below(path, dir string) bool {
	return path == dir || strings.HasPrefix(path, strings.TrimSuffix(dir, "/")+"/")
}

// unescapeMount undoes \040 and the like, which the kernel writes for blanks and backslashes.
func unescapeMount(text string) string {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(text, `\`)
		b.WriteString(before)
		if !found {
			return b.String()
		}
		if len(after) >= 3 {
			if n, err := strconv.ParseUint(after[:3], 8, 8); err == nil {
				b.WriteByte(byte(n))
				text = after[3:]
				continue
			}
		}
		b.WriteByte('\\')
		text = after
	}
}

// mountUser is a process that keeps a mount busy.
type mountUser struct {
	pid     int
	command string
}

// mountUsers returns the processes, but for this one, that have something open at dir or below,
// are in it, or run a program of it.
func mountUsers(dir string) []mountUser {
	procs, _ := filepath.Glob("/proc/[0-9]*")
	var users []mountUser
	for _, proc := range procs {
		pid, err := strconv.Atoi(filepath.Base(proc))
		if err != nil || pid == os.Getpid() || !usesMount(proc, dir) {
			continue
		}
		line, _ := os.ReadFile(proc + "/cmdline")
		command := strings.TrimSpace(strings.ReplaceAll(string(line), "\x00", " "))
		users = append(users, mountUser{pid, command})
	}
	return users
}

func usesMount(proc, dir string) bool {
	links := []string{proc + "/cwd", proc + "/root", proc + "/exe"}
	open, _ := filepath.Glob(proc + "/fd/*")
	for _, link := range append(links, open...) {
		if to, err := os.Readlink(link); err == nil && below(to, dir) {
			return true
		}
	}
	maps, _ := os.ReadFile(proc + "/maps")
	for line := range strings.Lines(string(maps)) {
		if w := strings.Fields(line); len(w) > 5 && below(w[5], dir) {
			return true
		}
	}
	return false
}
