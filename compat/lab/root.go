package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"
)

// Packages of the roots. The bare root has what a director needs beside
// heartbeat and ldirectord; the originals' root has those as well. Dependencies
// come along, recommendations do not.
var (
	barePackages = []string{
		"arping", "init-system-helpers", "iproute2", "iptables", "iputils-ping", "ipvsadm", "keepalived", "kmod",
		"netbase", "procps", "systemd-standalone-tmpfiles", "sysvinit-utils", "tcpdump",
	}
	originalPackages = []string{"heartbeat", "ldirectord"}
)

// OriginalsDir is where a host of flavour Originals has the packages of the originals as files, for
// who wants to install them again.
const OriginalsDir = "/var/cache/originals"

// Roots are the Debian roots on this machine's disk that hosts' disks lie over.
type Roots struct {
	Build     string // the project's build directory
	Bare      string // Debian without the originals, with the account hacluster
	Originals string // Debian with heartbeat and ldirectord as packaged
}

// EnsureRoot makes the Debian roots in the project's build/root if they are
// missing or their package list has changed: two runs of mmdebstrap side by
// side, about a minute and 550 MB. Programs that come at the same time wait for
// the first. Packages come from where this machine's own apt gets them.
func EnsureRoot(ctx context.Context) (Roots, error) {
	build, err := BuildDir()
	if err != nil {
		return Roots{}, err
	}
	dir := filepath.Join(build, "root")
	r := Roots{Build: build, Bare: filepath.Join(dir, "bare"), Originals: filepath.Join(dir, "originals")}
	if err := errors.Join(os.MkdirAll(dir, 0o755), fence(build)); err != nil {
		return Roots{}, err
	}
	if r.current() {
		return r, nil
	}
	unlock, err := lockFile(ctx, filepath.Join(dir, "lock"))
	if err != nil {
		return Roots{}, err
	}
	defer unlock()
	if r.current() {
		return r, nil
	}
	return r, r.make(ctx)
}

// fence keeps the go command's ./... out of the build directory's many files.
func fence(build string) error {
	name := filepath.Join(build, "go.mod")
	if _, err := os.Stat(name); err == nil {
		return nil
	}
	return os.WriteFile(name, []byte("module build // not of the project: keeps its ./... out\n"), 0o644)
}

// recipe describes a root; its text is the stamp that tells a root from an
// older recipe's.
type recipe struct {
	path     string
	packages []string
	hooks    []string
}

func (r Roots) recipes() []recipe {
	return []recipe{
		{r.Bare, barePackages, []string{
			`chroot "$1" groupadd --system haclient`,
			`chroot "$1" useradd --system --gid haclient --no-create-home --home-dir /var/lib/heartbeat --shell /usr/sbin/nologin hacluster`,
		}},
		{r.Originals, slices.Concat(barePackages, originalPackages), []string{
			fmt.Sprintf(`mkdir "$1%s" && cd "$1%s" && APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-get download %s`, OriginalsDir, OriginalsDir, strings.Join(originalPackages, " ")),
		}},
	}
}

// stampName is inside the root, so that root and stamp appear in one rename.
const stampName = "etc/systole-lab-root"

func (c recipe) stamp() string {
	return strings.Join(slices.Concat(c.packages, c.hooks), "\n") + "\n"
}

func (c recipe) current() bool {
	have, err := os.ReadFile(filepath.Join(c.path, stampName))
	return err == nil && string(have) == c.stamp()
}

func (r Roots) current() bool {
	for _, c := range r.recipes() {
		if !c.current() {
			return false
		}
	}
	return true
}

func (r Roots) make(ctx context.Context) error {
	sources, err := rootTools(ctx)
	if err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	for _, c := range r.recipes() {
		if !c.current() {
			g.Go(func() error { return c.make(ctx, sources) })
		}
	}
	return g.Wait()
}

// rootTools finds out whether a root can be made here and where its packages come from.
func rootTools(ctx context.Context) (sources, error) {
	if os.Geteuid() != 0 {
		return sources{}, errNoRoot
	}
	if _, err := exec.LookPath("mmdebstrap"); err != nil {
		return sources{}, errors.New("mmdebstrap is missing: run make deps")
	}
	return aptSources(ctx)
}

// make builds the root beside its place and renames it into place when whole.
func (c recipe) make(ctx context.Context, src sources) error {
	fresh := c.path + ".new"
	if err := removeUnmounted(fresh); err != nil {
		return err
	}
	list := c.path + ".sources.list"
	if err := os.WriteFile(list, []byte(src.list), 0o644); err != nil {
		return err
	}
	args := append([]string{"--variant=minbase", "--mode=root", "--include=" + strings.Join(c.packages, ",")}, src.options...)
	for _, h := range c.hooks {
		args = append(args, "--customize-hook="+h)
	}
	if err := runLogged(ctx, c.path+".log", "mmdebstrap", append(args, "", fresh, list)...); err != nil {
		return fmt.Errorf("debian root %s: %w", c.path, err)
	}
	if err := os.WriteFile(filepath.Join(fresh, stampName), []byte(c.stamp()), 0o644); err != nil {
		return err
	}
	if err := os.RemoveAll(c.path); err != nil {
		return err
	}
	return os.Rename(fresh, c.path)
}

// removeUnmounted removes a tree that nothing is mounted in. An mmdebstrap that was killed leaves, for
// a while, its mounts behind, and one of them is the machine's own /dev/shm.
func removeUnmounted(dir string) error {
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return err
	}
	if strings.Contains(string(mounts), " "+dir+"/") {
		return fmt.Errorf("%s has file systems mounted in it: unmount them first", dir)
	}
	return os.RemoveAll(dir)
}

// runLogged runs a command with its output in a file, whose end is in the error.
func runLogged(ctx context.Context, log, name string, args ...string) error {
	f, err := os.Create(log)
	if err != nil {
		return err
	}
	defer f.Close()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C.UTF-8")
	cmd.Stdout, cmd.Stderr = f, f
	cmd.Cancel = func() error { return cmd.Process.Signal(unix.SIGTERM) }
	if err := cmd.Run(); err != nil {
		text, _ := os.ReadFile(log)
		return fmt.Errorf("%s: %w; the end of %s: %s", name, err, log, text[max(0, len(text)-800):])
	}
	return nil
}

// BuildDir is the project's build directory: $SYSTOLE_BUILD, or build beside the
// go.mod found from the working directory upwards.
func BuildDir() (string, error) {
	if dir := os.Getenv("SYSTOLE_BUILD"); dir != "" {
		return filepath.Abs(dir)
	}
	wd, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for dir := wd; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return filepath.Join(dir, "build"), nil
		}
		if dir == "/" {
			return "", fmt.Errorf("no project around %s and SYSTOLE_BUILD not set", wd)
		}
	}
}

// lockFile waits until the file is ours alone.
func lockFile(ctx context.Context, name string) (func(), error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	got := make(chan error, 1)
	go func() { got <- unix.Flock(int(f.Fd()), unix.LOCK_EX) }()
	select {
	case err := <-got:
		if err != nil {
			f.Close()
			return nil, fmt.Errorf("lock %s: %w", name, err)
		}
		return func() { f.Close() }, nil
	case <-ctx.Done():
		go func() { <-got; f.Close() }()
		return nil, fmt.Errorf("lock %s: %w", name, context.Cause(ctx))
	}
}
