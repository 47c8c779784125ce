// Package uml runs a command in User-Mode Linux, a Linux kernel that is an
// ordinary program: Debian's has ip_vs, which the kernel of a build machine or a
// container often has not.
//
//	this machine                          User-Mode Linux
//	linux.uml  <- kernel                  /             overlay: memory over build/root/bare
//	build/root/bare  ---- hostfs ------>  /lib/modules  the modules of its kernel
//	/home/me/systole ---- hostfs ------>  /home/me/systole, the same path, writable
//	output file      <--- hostfs -------  standard output and error of the command
//
// It boots in about 3 s as root's own program with no network to outside. Labs
// of hosts (package lab) work in it as well. It has one CPU, and starting a
// process is some 15 times slower there than on the machine itself: nothing that is measured belongs here.
//
// A test package whose tests need ip_vs has this TestMain:
//
//	func TestMain(m *testing.M) {
//		lab.Main()
//		os.Exit(uml.Main(m))
//	}
//
// On a kernel with ip_vs the tests run as usual; on another the test binary runs
// itself again in User-Mode Linux. A single test of a package does the same by
// beginning with "if uml.Elsewhere(t) { return }".
package uml

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"systole/compat/lab"

	"github.com/vishvananda/netlink"
)

// Machine says what the command gets. The zero value is usable.
type Machine struct {
	Memory int           // in MiB; 768 if zero
	Limit  time.Duration // how long the command may run; ten minutes if zero
	Share  []string      // this machine's directories that it sees, writable, at the same path; the project is always among them
	Env    []string      // added to a plain environment
	Dir    string        // where the command starts; the project's directory if empty
	Output io.Writer     // standard output and error as they come; nil drops them
}

// ErrDied is a kernel that ended without an exit code of the command: a panic,
// or the limit.
var ErrDied = errors.New("user-mode linux ended without a result")

// insideEnv is set in the environment of what runs in User-Mode Linux.
const insideEnv = "SYSTOLE_UML"

// Inside says whether this program runs in User-Mode Linux started by this
// package.
func Inside() bool { return os.Getenv(insideEnv) != "" }

// HasIPVS says whether the running kernel has ip_vs, loading it if it can be.
func HasIPVS() bool {
	exec.Command("modprobe", "-q", "ip_vs").Run()
	_, err := netlink.GenlFamilyGet("IPVS")
	return err == nil
}

//go:embed init.sh
var initScript []byte

// Run boots, runs the command, and powers off. It returns the command's exit
// code. It makes the Debian root if that is missing.
func (m Machine) Run(ctx context.Context, argv ...string) (int, error) {
	roots, err := lab.EnsureRoot(ctx)
	if err != nil {
		return -1, err
	}
	kernel, err := exec.LookPath("linux.uml")
	if err != nil {
		return -1, errors.New("linux.uml is missing: run make deps")
	}
	if err := copyModules("/usr/lib/uml/modules", filepath.Join(roots.Bare, "lib/modules")); err != nil {
		return -1, fmt.Errorf("kernel modules: %w", err)
	}
	dir, err := os.MkdirTemp("/tmp", "uml") // not TMPDIR: the kernel's socket needs a short path
	if err != nil {
		return -1, err
	}
	defer os.RemoveAll(dir)
	m = m.filled(filepath.Dir(roots.Build))
	if err := m.prepare(dir, roots.Build, argv); err != nil {
		return -1, err
	}
	return m.boot(ctx, dir, kernel, roots.Bare)
}

// filled replaces zero values by what they mean.
func (m Machine) filled(project string) Machine {
	if m.Memory == 0 {
		m.Memory = 768
	}
	if m.Limit == 0 {
		m.Limit = 10 * time.Minute
	}
	if m.Dir == "" {
		m.Dir = project
	}
	if m.Output == nil {
		m.Output = io.Discard
	}
	m.Share = append([]string{project, m.Dir}, m.Share...)
	return m
}

// prepare writes what init.sh reads.
func (m Machine) prepare(dir, build string, argv []string) error {
	for _, d := range m.Share {
		if !filepath.IsAbs(d) || strings.ContainsAny(d, ", \n\"'\\") {
			return fmt.Errorf("directory %q cannot be shared: it must be absolute and of plain characters", d)
		}
	}
	env := append([]string{"HOME=/root", "LANG=C.UTF-8", insideEnv + "=1", "SYSTOLE_BUILD=" + build, "SYSTOLE_INSTALLED=1"}, m.Env...)
	command := "cd " + quote(m.Dir) + " || exit 127\nexec env"
	for _, word := range slices.Concat(env, argv) {
		command += " " + quote(word)
	}
	for name, text := range map[string]string{
		"init":    string(initScript),
		"command": command + "\n",
		"share":   strings.Join(outermost(m.Share), "\n") + "\n",
		"limit":   strconv.Itoa(int(m.Limit/time.Second)+1) + "\n",
		"output":  "",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
			return err
		}
	}
	return nil
}

// outermost drops directories that are in others of the list: their place would
// be hidden by the others' mounts.
func outermost(dirs []string) []string {
	in := slices.Clone(dirs)
	slices.Sort(in)
	var out []string
	for _, d := range in {
		d = filepath.Clean(d)
		if len(out) == 0 || d != out[len(out)-1] && !strings.HasPrefix(d, out[len(out)-1]+"/") {
			out = append(out, d)
		}
	}
	return out
}

// boot runs the kernel until it powers off, copying the output meanwhile.
func (m Machine) boot(ctx context.Context, dir, kernel, root string) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, m.Limit+time.Minute) // init.sh keeps the limit; this is for a kernel that hangs
	defer cancel()
	done := make(chan struct{})
	copied := make(chan error, 1)
	go func() { copied <- follow(filepath.Join(dir, "output"), m.Output, done) }()
	console, ran := m.runKernel(ctx, dir, kernel, root)
	close(done)
	if err := <-copied; err != nil {
		return -1, err
	}
	code, err := exitCode(dir)
	if err != nil {
		return -1, fmt.Errorf("%w (%v, %v); the end of its console: %s", ErrDied, ran, context.Cause(ctx), console[max(0, len(console)-1500):])
	}
	return code, nil
}

// runKernel starts the kernel on a CPU and waits for its end. It returns what was written to the console.
func (m Machine) runKernel(ctx context.Context, dir, kernel, root string) ([]byte, error) {
	at, err := takeSeat(-1)
	if err != nil {
		return nil, err
	}
	// The kernel hands what follows "--" to process 1, quotes and all undone.
	first := `"mount -t proc p /proc;mount -t tmpfs r /run;mkdir /run/uml;` + mountHost(dir, "/run/uml") + `;exec /bin/sh /run/uml/init"`
	cmd := exec.CommandContext(ctx, "taskset", "-c", strconv.Itoa(at.cpu), kernel,
		"mem="+strconv.Itoa(m.Memory)+"M", "root=/dev/root", "rootfstype=hostfs", "rootflags="+root, "ro",
		"con=null", "con0=null,fd:1", "ssl=null", "panic=-1", "oops=panic", "uml_dir="+dir+"/", "umid=k",
		"init=/bin/sh", "--", "-c", first)
	var console bytes.Buffer
	cmd.Stdout, cmd.Stderr = &console, &console
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Start(); err != nil {
		at.free()
		return nil, err
	}
	ctx, ended := context.WithCancel(ctx)
	moved := make(chan struct{})
	go func() { defer close(moved); at.moveAbout(ctx, cmd.Process.Pid) }()
	err = cmd.Wait()
	ended()
	<-moved
	return console.Bytes(), err
}

// mountHost is the command that mounts a directory of this machine. Since Linux
// 6.11 hostfs wants its option by name.
func mountHost(dir, at string) string {
	return fmt.Sprintf("mount -t hostfs -o %[1]s h %[2]s 2>/dev/null||mount -t hostfs -o hostfs=%[1]s h %[2]s", dir, at)
}

func exitCode(dir string) (int, error) {
	text, err := os.ReadFile(filepath.Join(dir, "code"))
	if err != nil {
		return -1, err
	}
	return strconv.Atoi(strings.TrimSpace(string(text)))
}

// follow copies a growing file until done is closed and its end is reached.
func follow(name string, to io.Writer, done <-chan struct{}) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if _, err := io.Copy(to, f); err != nil {
				return err
			}
		case <-done:
			_, err := io.Copy(to, f)
			return err
		}
	}
}

// quote makes a word safe for the shell.
func quote(word string) string { return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'" }

// copyModules copies the kernel's modules into the root, once for each version.
func copyModules(from, to string) error {
	versions, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	for _, v := range versions {
		if _, err := os.Stat(filepath.Join(to, v.Name())); err == nil {
			continue
		}
		fresh, err := os.MkdirTemp(to, v.Name()+".new")
		if err != nil {
			return err
		}
		defer os.RemoveAll(fresh)
		if err := os.CopyFS(fresh, os.DirFS(filepath.Join(from, v.Name()))); err != nil {
			return err
		}
		err = os.Rename(fresh, filepath.Join(to, v.Name()))
		if err != nil && !errors.Is(err, os.ErrExist) && !errors.Is(err, syscall.ENOTEMPTY) { // another program was quicker
			return err
		}
	}
	return nil
}
