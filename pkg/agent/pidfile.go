package agent

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// The names by which a process that sends announcements is known.
const (
	sendArpName = "send_arp"
	sendUAName  = "send_ua"
)

func (h *Host) statePath(name string) string { return filepath.Join(h.StateDir, name) }

// makeStateDir makes HA_RSCTMP: a machine that has just started may not have it.
func (h *Host) makeStateDir() error { return os.MkdirAll(h.StateDir, 0o755) }

// pidFile names the file of the process that announces ip. That of an IPv6 address has the name
// that the original's IPv6addr uses.
func (h *Host) pidFile(ip netip.Addr) string {
	if ip.Is6() {
		return h.statePath("IPv6addr-" + ip.String())
	}
	return h.statePath(sendArpName + "-" + ip.String())
}

// writePid replaces the file at once: both the process that starts a sender and the sender write
// it, and a stop that reads between the two must find the pid.
func writePid(path string, pid int) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("write pid file: %w", err)
	}
	fresh := fmt.Sprintf("%s.%d", path, os.Getpid())
	if err := os.WriteFile(fresh, []byte(strconv.Itoa(pid)), 0o600); err != nil {
		return fmt.Errorf("write pid file: %w", err)
	}
	if err := os.Rename(fresh, path); err != nil {
		_ = os.Remove(fresh)
		return fmt.Errorf("write pid file: %w", err)
	}
	return nil
}

// openPid opens the pid file of a process that is about to be started, which will replace it, and
// remove it at its end: a pid that is written after that goes nowhere, and leaves no stale file.
func openPid(path string) (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("write pid file: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("write pid file: %w", err)
	}
	return f, nil
}

// closePid writes the pid of the process that has been started.
func closePid(f *os.File, pid int) error {
	text := strconv.Itoa(pid)
	_, err := f.WriteAt([]byte(text), 0)
	if err = errors.Join(err, f.Truncate(int64(len(text))), f.Close()); err != nil {
		return fmt.Errorf("write pid file: %w", err)
	}
	return nil
}

// dropPid removes the pid file of this process, and nobody else's.
func dropPid(path string) {
	if pid, ok := readPid(path); ok && pid == os.Getpid() {
		_ = os.Remove(path)
	}
}

// readPid returns the pid in a file; ok is false if there is no file or no pid in it.
func readPid(path string) (pid int, ok bool) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, false
	}
	pid, err = strconv.Atoi(strings.TrimSpace(string(text)))
	return pid, err == nil && pid > 1
}

// signalSender sends a signal to a process that sends announcements, and to no other: the
// original kills whatever a stale pid file names (agents spec 4).
func signalSender(pid int, sig unix.Signal) bool {
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil {
		return false
	}
	program, _, _ := bytes.Cut(line, []byte{0})
	name := filepath.Base(string(program))
	return (name == sendArpName || name == sendUAName) && unix.Kill(pid, sig) == nil
}

// killSender ends the process that announces ip, if there is a pid file, and reports whether
// there was one and whether the process could be ended.
func (h *Host) killSender(ip netip.Addr) (was, killed bool) {
	path := h.pidFile(ip)
	if _, err := os.Stat(path); err != nil {
		return false, false
	}
	pid, ok := readPid(path)
	killed = ok && signalSender(pid, unix.SIGTERM)
	if killed {
		awaitEnd(pid)
	}
	_ = os.Remove(path)
	return true, killed
}

// endTime is how long the end of a process is awaited.
const endTime = 500 * time.Millisecond

// awaitEnd waits for the end of a process that has been told to: one that has just begun may
// still write its pid file.
func awaitEnd(pid int) {
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return // it is gone, or the kernel cannot tell
	}
	defer unix.Close(fd)
	_, _ = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, int(endTime.Milliseconds()))
}
