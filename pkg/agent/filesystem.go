package agent

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// What a stop does to a mount that is busy: for half of stopTime the processes that use it get
// TERM once a second, then KILL (agents spec 5).
const (
	stopTime  = 20 * time.Second
	stopEvery = time.Second
	termTries = 11
	killTries = int(stopTime/stopEvery) - termTries
)

// mount is one Filesystem resource: device, directory, type and options.
type mount struct {
	*Job
	device, dir, fstype, options string
	by                           []string // options of mount(8) that say which device is meant
}

// filesystem is the agent Filesystem. The work is done by mount(8), umount(8) and fsck(8), so that
// whatever the system knows to mount can be used.
func filesystem(ctx context.Context, j *Job, op string) int {
	arg := func(i int) string { return word0(j.Args[min(i, len(j.Args)):], "") }
	switch {
	case arg(0) == "":
		return j.fail(notConfigured, "Please set OCF_RESKEY_device to the device to be managed")
	case arg(1) == "":
		return j.fail(notConfigured, "Please set OCF_RESKEY_directory to the mount point")
	}
	m := &mount{Job: j, device: arg(0), dir: filepath.Clean(arg(1)), fstype: arg(2), options: arg(3)}
	if strings.HasPrefix(m.device, "-L") || strings.HasPrefix(m.device, "-U") {
		m.by, m.device = []string{m.device[:2]}, strings.TrimSpace(m.device[2:])
	}
	switch op {
	case "start":
		return m.start(ctx)
	case "stop":
		return m.stop(ctx)
	}
	m.warnDevice()
	if mounted, _ := m.points(); slices.Contains(mounted, m.real()) {
		return success
	}
	return notRunning
}

// path is the directory from the root on: programs are run there.
func (m *mount) path() string {
	dir, err := filepath.Abs(m.dir)
	if err != nil {
		return m.dir
	}
	return dir
}

// real is the directory without symbolic links, as the kernel lists it.
func (m *mount) real() string {
	dir := m.path()
	if to, err := filepath.EvalSymlinks(dir); err == nil {
		return to
	}
	return dir
}

func (m *mount) points() ([]string, error) { return mountsBelow(m.real()) }

func (m *mount) isBind() bool {
	return slices.Contains(strings.Split(m.options, ","), "bind")
}

// onDevice says whether the file system needs a device file that can be looked at: no network
// or memory file system, nothing named by label or UUID.
func (m *mount) onDevice() bool {
	if m.isBind() || len(m.by) > 0 || strings.Contains(m.device, "=") || strings.Contains(m.device, ":") || strings.HasPrefix(m.device, "//") {
		return false
	}
	kernel, _ := os.ReadFile("/proc/filesystems")
	return !strings.Contains(string(kernel), "nodev\t"+m.fstype+"\n") && m.fstype != "none" && !strings.HasPrefix(m.fstype, "fuse")
}

func (m *mount) missing() bool {
	_, err := os.Stat(m.device)
	return m.onDevice() && err != nil
}

const noDevice = "Couldn't find device [%s]. Expected /dev/??? to exist"

func (m *mount) warnDevice() {
	if m.missing() {
		m.logf("WARNING: "+noDevice, m.device)
	}
}

func (m *mount) start(ctx context.Context) int {
	m.logf("INFO: Running start for %s on %s", m.device, m.dir)
	mounted, err := m.points()
	if err != nil {
		return m.fail(generic, "%v", err)
	}
	switch at := slices.Contains(mounted, m.real()); {
	case slices.ContainsFunc(mounted, func(p string) bool { return p != m.real() }):
		m.logf("ERROR: There is one or more mounts mounted under %s.", m.dir)
		return notConfigured
	case at:
		m.logf("INFO: Filesystem %s is already mounted.", m.dir)
		return success
	}
	if code := m.ready(ctx); code != success {
		return code
	}
	if err := os.MkdirAll(m.dir, 0o755); err != nil {
		return m.fail(generic, "%v", err)
	}
	return m.mount(ctx)
}

// ready sees to the kernel's module, the device and its condition.
func (m *mount) ready(ctx context.Context) int {
	if !m.known(ctx) {
		return m.fail(notInstalled, "Couldn't find filesystem %s in /proc/filesystems and failed to load kernel module", m.fstype)
	}
	if m.missing() {
		return m.fail(notInstalled, noDevice, m.device)
	}
	if !m.wantsCheck() {
		return success
	}
	m.logf("INFO: Starting filesystem check on %s", m.device)
	args := []string{"-a", m.device}
	if m.fstype != "" {
		args = append([]string{"-t", m.fstype}, args...)
	}
	said, code, err := m.run(ctx, command{name: "fsck", args: args})
	m.Stdout.Write([]byte(said))
	if err != nil || code >= 4 {
		return m.fail(generic, "Couldn't successfully fsck filesystem for %s", m.device)
	}
	return success
}

// known says whether the kernel, or a program of mount(8), knows the type.
func (m *mount) known(ctx context.Context) bool {
	if m.fstype == "" || m.fstype == "none" || m.fstype == "auto" || m.isBind() {
		return true
	}
	listed := func() bool {
		kernel, _ := os.ReadFile("/proc/filesystems")
		return slices.Contains(strings.Fields(string(kernel)), m.fstype)
	}
	if listed() {
		return true
	}
	if _, err := m.lookPath("mount." + m.fstype); err == nil {
		return true
	}
	_, _, _ = m.run(ctx, command{name: "modprobe", args: []string{m.fstype}})
	return listed()
}

// wantsCheck says whether the file system is one that does not repair itself when it is mounted.
func (m *mount) wantsCheck() bool {
	return m.onDevice() && slices.Contains([]string{"", "auto", "ext2", "jfs", "minix", "reiserfs", "vfat"}, m.fstype)
}

func (m *mount) mount(ctx context.Context) int {
	var args []string
	if m.fstype != "" && !m.isBind() {
		args = append(args, "-t", m.fstype)
	}
	if m.options != "" {
		args = append(args, "-o", m.options)
	}
	args = append(append(args, m.by...), m.device, m.path())
	if _, code, err := m.run(ctx, command{name: "mount", args: args}); err != nil || code != 0 {
		return m.fail(generic, "Couldn't mount device [%s] as %s", m.device, m.dir)
	}
	return success
}

// stop unmounts what is mounted at the directory and below it, the last mounted first.
func (m *mount) stop(ctx context.Context) int {
	m.warnDevice()
	m.logf("INFO: Running stop for %s on %s", m.device, m.dir)
	mounted, err := m.points()
	if err != nil {
		return m.fail(generic, "%v", err)
	}
	for _, point := range slices.Backward(mounted) {
		if code := m.unmount(ctx, point); code != success {
			return code
		}
	}
	return success
}

func (m *mount) unmount(ctx context.Context, point string) int {
	m.logf("INFO: Trying to unmount %s", point)
	for try := range termTries + killTries {
		_, code, err := m.run(ctx, command{name: "umount", args: []string{point}})
		if errors.Is(err, errNoProgram) {
			return m.fail(notInstalled, "Setup problem: couldn't find command: umount")
		}
		if left, lookErr := mountsBelow(point); err == nil && code == 0 || lookErr == nil && !slices.Contains(left, point) {
			m.logf("INFO: unmounted %s successfully", point)
			return success
		}
		name, signal := "TERM", unix.SIGTERM
		if try >= termTries {
			name, signal = "KILL", unix.SIGKILL
		}
		m.fail(generic, "Couldn't unmount %s; trying cleanup with %s", point, name)
		m.endUsers(point, name, signal)
		if pause(ctx, stopEvery) != success {
			break
		}
	}
	return m.fail(generic, "%s is still busy; given up", point)
}

func (m *mount) endUsers(point, name string, signal unix.Signal) {
	for _, u := range mountUsers(point) {
		m.logf("INFO: sending signal %s to: %d %s", name, u.pid, u.command)
		_ = unix.Kill(u.pid, signal)
	}
}
