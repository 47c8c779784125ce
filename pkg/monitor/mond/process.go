package mond

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"systole/pkg/monitor"
	"systole/pkg/monitor/native"
)

// Limits of a process.
const (
	outputMax = 1 << 20         // what is kept of a monitor's output
	killAfter = 2 * time.Second // between TERM and KILL
)

// find looks for a program in directories, relative ones below base.
func find(name, base string, dirs []string) (string, bool) {
	if filepath.IsAbs(name) {
		return name, executable(name)
	}
	for _, dir := range places(base, dirs) {
		if path := filepath.Join(dir, name); executable(path) {
			return path, true
		}
	}
	return "", false
}

func places(base string, dirs []string) []string {
	var out []string
	for _, dir := range dirs {
		if !filepath.IsAbs(dir) {
			dir = filepath.Join(base, dir)
		}
		out = append(out, dir)
	}
	return out
}

func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

// missing tells at the start what is neither a file nor inside.
func (d *driver) missing() {
	told := map[string]bool{}
	tell := func(kind, name, base string, dirs []string) {
		if _, inside := native.Find(name); name == "" || inside || told[kind+name] {
			return
		}
		if _, found := find(name, base, dirs); !found {
			told[kind+name] = true
			d.Log(monitor.Err, fmt.Sprintf("%s not found in one of (\\@%sdirs[%s])", name, kind, strings.Join(places(base, dirs), " ")))
		}
	}
	for _, w := range d.Config.Watches {
		for _, s := range w.Services {
			tell("monitor", s.Monitor.Name, d.Config.BaseDir, d.Config.MonDirs)
			for _, p := range s.Periods {
				for _, a := range slices.Concat(p.Alerts, p.UpAlerts, p.Startup) {
					tell("alert", a.Name, d.Config.BaseDir, d.Config.AlertDirs)
				}
			}
		}
	}
}

// run runs a monitor to its end: the file, or what stands in for it.
func (d *driver) run(ctx context.Context, a monitor.RunMonitor) monitor.Event {
	path, found := find(a.Name, d.Config.BaseDir, d.Config.MonDirs)
	if !found {
		p, inside := native.Find(a.Name)
		if !inside {
			d.Log(monitor.Err, "no monitor found while trying to run ["+a.Name+"]")
			return monitor.Skipped{Service: a.Service}
		}
		var out bytes.Buffer
		code := p.Run(ctx, native.Call{Args: a.Args, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out})
		return monitor.Finished{Service: a.Service, Exit: code, Output: out.String()}
	}
	code, output, err := d.execute(ctx, path, a.Args, a.Env, "")
	if err != nil {
		d.Log(monitor.Err, fmt.Sprintf("could not run %s: %v", path, err))
		return monitor.Skipped{Service: a.Service}
	}
	return monitor.Finished{Service: a.Service, Exit: code, Output: output}
}

// alert calls an alert and does not wait for it.
func (d *driver) alert(ctx context.Context, a monitor.RunAlert) {
	path, found := find(a.Call.Name, d.Config.BaseDir, d.Config.AlertDirs)
	p, inside := native.Find(a.Call.Name)
	if !found && !inside {
		d.Log(monitor.Err, "no alert found while trying to run "+a.Call.Name)
		return
	}
	if !found {
		path = p.Name
	}
	d.Log(monitor.Alerting, a.Line(path))
	free := context.WithoutCancel(ctx)
	d.alerts.Go(func() {
		if found {
			if _, _, err := d.execute(free, path, a.Args, a.Env, a.Stdin); err != nil {
				d.Log(monitor.Err, fmt.Sprintf("could not run %s: %v", path, err))
			}
			return
		}
		var said bytes.Buffer
		p.Run(free, native.Call{Args: a.Args, Stdin: strings.NewReader(a.Stdin), Stdout: &said, Stderr: &said})
		for line := range strings.Lines(said.String()) {
			d.Log(monitor.Warning, strings.TrimSpace(line))
		}
	})
}

// execute runs a file. Its output goes into a file too: what it leaves behind in the background
// would keep a pipe open.
func (d *driver) execute(ctx context.Context, path string, args, env []string, input string) (code int, output string, err error) {
	files, err := scratch(input)
	if err != nil {
		return 0, "", err
	}
	defer files.close()
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = append(slices.Clone(d.Env), env...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = files.in, files.out, files.out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = killAfter
	err = cmd.Run()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return 0, "", ctx.Err()
	case errors.As(err, &exit):
		if code = exit.ExitCode(); code < 0 { // ended by a signal
			code = 128
		}
	case err != nil:
		return 0, "", err
	}
	output, err = files.read()
	return code, output, err
}

// files are the standard files of a process.
type files struct{ in, out *os.File }

// scratch makes them: without names, and with the input in one of them.
func scratch(input string) (f files, err error) {
	if f.in, err = nameless(); err != nil {
		return f, err
	}
	if f.out, err = nameless(); err == nil {
		if _, err = f.in.WriteString(input); err == nil {
			_, err = f.in.Seek(0, io.SeekStart)
		}
	}
	if err != nil {
		f.close()
	}
	return f, err
}

func nameless() (*os.File, error) {
	f, err := os.CreateTemp("", "mon")
	if err != nil {
		return nil, err
	}
	return f, os.Remove(f.Name())
}

func (f files) close() {
	f.in.Close()
	if f.out != nil {
		f.out.Close()
	}
}

func (f files) read() (string, error) {
	if _, err := f.out.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	text, err := io.ReadAll(io.LimitReader(f.out, outputMax))
	return string(text), err
}
