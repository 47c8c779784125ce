package lab

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// run makes the namespaces this process is in a host: its disk the root, its
// name, and the file systems every Debian has. Runs in process 1.
func (o *bootOrder) run() error {
	root := filepath.Join(o.Dir, "root")
	steps := []struct {
		what string
		do   func() error
	}{
		{"private mounts", func() error { return unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "") }},
		{"disk", func() error { return o.mountDisk(root) }},
		{"file systems", func() error { return mountAll(root) }},
		{"boot id", func() error { return newBootID(root) }},
		{"devices", func() error { return o.makeDevices(root) }},
		{"safety", func() error { return disarm(filepath.Join(root, "proc/sysrq-trigger")) }},
		{"program", func() error { return bindFile(o.Self, filepath.Join(root, Self)) }},
		{"new root", func() error { return enter(root) }},
		{"host name", func() error { return unix.Sethostname([]byte(o.Hostname)) }},
		{"syslog", receiveSyslog},
	}
	for _, s := range steps {
		if err := s.do(); err != nil {
			return fmt.Errorf("boot of %s: %s: %w", o.Hostname, s.what, err)
		}
	}
	return nil
}

// mountDisk lays the host's own changes over the layers. "volatile" spares the
// sync at unmount; its mark in the work directory, left by a power cut, would
// forbid the next mount. There is nothing to lose: a power cut of ours does not
// cut the machine's.
func (o *bootOrder) mountDisk(root string) error {
	work := filepath.Join(o.Dir, "work")
	if err := os.RemoveAll(filepath.Join(work, "work", "incompat")); err != nil {
		return err
	}
	for _, l := range append(o.Lower, o.Dir) {
		if strings.ContainsAny(l, ":,\\") {
			return fmt.Errorf("an overlay cannot lie over a path with : or , or a backslash: %s", l)
		}
	}
	opts := fmt.Sprintf("lowerdir=%s,upperdir=%s,workdir=%s,volatile", strings.Join(o.Lower, ":"), filepath.Join(o.Dir, "upper"), work)
	return unix.Mount("overlay", root, "overlay", 0, opts)
}

// mountAll mounts what the kernel and a booted system offer. /run is new at each
// boot, as on a real machine.
func mountAll(root string) error {
	for _, m := range []struct {
		at, kind string
		flags    uintptr
		opts     string
	}{
		{"proc", "proc", unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC, ""},
		{"sys", "sysfs", unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC, ""},
		{"dev", "tmpfs", unix.MS_NOSUID, "mode=755"},
		{"dev/pts", "devpts", unix.MS_NOSUID | unix.MS_NOEXEC, "newinstance,ptmxmode=0666,mode=620"},
		{"dev/shm", "tmpfs", unix.MS_NOSUID | unix.MS_NODEV, ""},
		{"run", "tmpfs", unix.MS_NOSUID | unix.MS_NODEV, "mode=755"},
		{"run/lock", "tmpfs", unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC, ""},
	} {
		at := filepath.Join(root, m.at)
		if err := os.MkdirAll(at, 0o755); err != nil {
			return err
		}
		if err := unix.Mount(m.kind, at, m.kind, m.flags, m.opts); err != nil {
			return fmt.Errorf("mount %s on /%s: %w", m.kind, m.at, err)
		}
	}
	return nil
}

// makeDevices binds the machine's harmless devices: making nodes is forbidden in
// many containers, binding is not.
func (o *bootOrder) makeDevices(root string) error {
	for _, name := range []string{"null", "zero", "full", "random", "urandom", "tty"} {
		if err := bindFile("/dev/"+name, filepath.Join(root, "dev", name)); err != nil {
			return err
		}
	}
	for name, from := range o.Devices {
		if err := bindFile(from, filepath.Join(root, name)); err != nil {
			return err
		}
	}
	for name, to := range map[string]string{
		"ptmx": "pts/ptmx", "fd": "/proc/self/fd", "stdin": "/proc/self/fd/0", "stdout": "/proc/self/fd/1", "stderr": "/proc/self/fd/2",
	} {
		if err := os.Symlink(to, filepath.Join(root, "dev", name)); err != nil {
			return err
		}
	}
	return nil
}

// newBootID gives the boot an id of its own, as systemd-nspawn does: all hosts have one kernel.
func newBootID(root string) error {
	const kernels = "proc/sys/kernel/random/"
	id, err := os.ReadFile(filepath.Join(root, kernels+"uuid"))
	if err != nil {
		return err
	}
	own := filepath.Join(root, "run/boot_id")
	if err := os.WriteFile(own, id, 0o444); err != nil {
		return err
	}
	return unix.Mount(own, filepath.Join(root, kernels+"boot_id"), "", unix.MS_BIND, "")
}

// disarm sends writes to a file of the kernel's to /dev/null: what a node does to
// end itself would end the machine, whose kernel it is.
func disarm(name string) error {
	err := unix.Mount("/dev/null", name, "", unix.MS_BIND, "")
	if errors.Is(err, unix.ENOENT) { // this kernel does not have it
		return nil
	}
	return err
}

func bindFile(from, to string) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(to, nil, 0o755); err != nil {
		return err
	}
	if err := unix.Mount(from, to, "", unix.MS_BIND, ""); err != nil {
		return fmt.Errorf("bind %s: %w", from, err)
	}
	return nil
}

// enter makes root the root and lets the machine's own go. pivot_root(".", ".")
// stacks the old root on the new, from where it is unmounted.
func enter(root string) error {
	return errors.Join(
		unix.Chdir(root),
		unix.PivotRoot(".", "."),
		unix.Unmount(".", unix.MNT_DETACH),
		unix.Chdir("/"),
	)
}
