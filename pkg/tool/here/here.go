// Package here asks the daemons of this machine, for the verbs that show or steer them.
//
//	/run/heartbeat/state             one document of heartbeat
//	/run/ldirectord.NAME.pid         that there is an ldirectord, and with it
//	/run/ldirectord.NAME.state       its document
//	/run/ldirectord.NAME.control     a line with an order, and a line with the answer; root only
package here

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"systole/pkg/proc"
	"systole/pkg/state"
	"systole/pkg/state/socket"
)

// Socket is where heartbeat listens, and PIDs the pattern of ldirectord's pid files.
const (
	Socket = "/run/heartbeat/state"
	PIDs   = "/run/ldirectord.*.pid"
)

// ErrNotRunning is returned for a daemon that does not run here.
var ErrNotRunning = errors.New("not running here")

// Heartbeat reads the document of the daemon at a socket. The error is ErrNotRunning,
// fs.ErrPermission, or says what is wrong.
func Heartbeat(path string, timeout time.Duration) (*state.Document, error) {
	text, err := ask("heartbeat", path, timeout)
	if err != nil {
		return nil, err
	}
	return state.Decode(text)
}

func ask(who, path string, timeout time.Duration) ([]byte, error) {
	text, err := socket.Ask(path, timeout)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		return nil, fmt.Errorf("%s is %w", who, ErrNotRunning)
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("%w; be root or of group haclient", err)
	}
	return text, err
}

// Directors asks every ldirectord that has a pid file. One that does not answer is told of by
// its name, its pid and whether it runs.
func Directors(pids string, timeout time.Duration) []state.Director {
	paths, err := filepath.Glob(pids)
	if err != nil {
		return nil
	}
	var all []state.Director
	for _, path := range paths {
		all = append(all, director(path, timeout))
	}
	return all
}

func director(path string, timeout time.Duration) state.Director {
	pid, err := proc.ReadPID(path)
	known := state.Director{Name: name(path), PID: pid, Running: err == nil && proc.Runs(pid, "ldirectord")}
	if !known.Running {
		return known
	}
	text, err := ask("ldirectord", sibling(path, ".state"), timeout)
	if err != nil {
		return known
	}
	told, err := state.DecodeDirector(text)
	if err != nil {
		return known
	}
	return *told
}

func name(path string) string {
	return strings.TrimSuffix(strings.TrimPrefix(filepath.Base(path), "ldirectord."), ".pid")
}

func sibling(path, ending string) string { return strings.TrimSuffix(path, ".pid") + ending }

// Order asks every ldirectord (or the one of a name) to carry out a request, and returns what
// servers it is about. At least one must accept it: the error is what the last one said, or
// ErrNotRunning, or fs.ErrPermission.
func Order(pids, only string, r state.Request, timeout time.Duration) (reals []string, err error) {
	paths, _ := filepath.Glob(pids)
	refused := fmt.Errorf("ldirectord is %w", ErrNotRunning)
	for _, path := range paths {
		if only != "" && only != name(path) {
			continue
		}
		a, err := order(path, r, timeout)
		switch {
		case err != nil:
			refused = err
		case a.Error != "":
			refused = errors.New(a.Error)
		}
		reals = append(reals, a.Reals...)
	}
	if len(reals) > 0 {
		return reals, nil
	}
	return nil, refused
}

func order(path string, r state.Request, timeout time.Duration) (a state.Answer, err error) {
	text, err := socket.Order(sibling(path, ".control"), r.Encode(), timeout)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		return a, fmt.Errorf("ldirectord %s is %w", name(path), ErrNotRunning)
	case errors.Is(err, fs.ErrPermission):
		return a, fmt.Errorf("%w; only root steers ldirectord", err)
	case err != nil:
		return a, fmt.Errorf("ldirectord %s: %w", name(path), err)
	}
	return state.DecodeAnswer(text)
}
