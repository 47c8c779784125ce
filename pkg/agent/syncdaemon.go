package agent

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"systole/pkg/ipvs/kernel"
)

// The kernel's connection synchronisation (agents spec 9.3): the director sends what it schedules,
// the idle one receives it, and a takeover changes their parts. Two agents see to that.
//
//	LVSSyncDaemonSwap::master                 as in how-tos of heartbeat 1 and 2
//	LVSSyncDaemonSwap::master::eth0::7        with interface (eth0) and sync id (0)
//	LVSSyncDaemonSwap::both::eth0::7          both parts while held, receiving otherwise
//	ipvs-sync::eth0::7                        what keepalived does: master, and backup otherwise
//
//	             master           backup            both
//	start    backup off, on   master off, on   backup on, on
//	stop     off, backup on   off, master on   off
type syncPart struct {
	*Job
	name   string // master, backup or both
	daemon kernel.Daemon
}

const defaultSyncInterface = "eth0"

// syncSwap is LVSSyncDaemonSwap. Its status is what the old script printed:
//
//	master running
//	(ipvs_syncmaster pid: 1689)
func syncSwap(ctx context.Context, j *Job, op string) int {
	return swap(ctx, j, j.Args[0], j.Args[1:], op)
}

// ipvsSync is LVSSyncDaemonSwap::master with the words in another order (agents spec 8.5).
func ipvsSync(ctx context.Context, j *Job, op string) int {
	return swap(ctx, j, "master", j.Args, op)
}

func swap(ctx context.Context, j *Job, name string, args []string, op string) int {
	s, err := syncWords(name, args)
	if err != nil {
		return j.fail(badArgs, "%v", err)
	}
	s.Job = j
	h, err := kernel.Open(ctx, kernel.Options{})
	if err != nil {
		return s.without(op, err)
	}
	defer h.Close()
	switch op {
	case "start":
		err = s.start(ctx, h)
	case "stop":
		err = s.stop(ctx, h)
	case "status", "monitor":
		return s.status(ctx, h)
	default:
		fmt.Fprintln(j.Stderr, strings.ReplaceAll(j.Agent.Usage, "$0", j.Script))
		return generic
	}
	if err != nil {
		return j.fail(generic, "%v", err)
	}
	return success
}

// without is a kernel that has no ip_vs: nothing runs there, so there is nothing to stop.
func (s *syncPart) without(op string, err error) int {
	switch op {
	case "start":
		return s.fail(generic, "%v", err)
	case "stop":
		s.logf("WARNING: %v", err)
		return success
	}
	s.print("%s stopped", s.name)
	return notRunning
}

func syncWords(name string, args []string) (*syncPart, error) {
	s := &syncPart{name: name, daemon: kernel.Daemon{Role: kernel.Master, Interface: defaultSyncInterface}}
	switch name {
	case "backup":
		s.daemon.Role = kernel.Backup
	case "master", "both":
	default:
		return nil, fmt.Errorf("%q is neither master nor backup nor both", name)
	}
	if len(args) > 0 {
		s.daemon.Interface = args[0]
	}
	if len(args) > 1 {
		id, err := strconv.ParseUint(args[1], 10, 8)
		if err != nil {
			return nil, fmt.Errorf("sync id %q is not 0 to 255", args[1])
		}
		s.daemon.SyncID = uint8(id)
	}
	return s, nil
}

// other is the daemon of the other part.
func (s *syncPart) other() kernel.Daemon {
	d := s.daemon
	d.Role = kernel.Master + kernel.Backup - d.Role
	return d
}

func (s *syncPart) start(ctx context.Context, h *kernel.Handle) error {
	if s.name == "both" {
		return errors.Join(begin(ctx, h, s.other()), begin(ctx, h, s.daemon))
	}
	if err := end(ctx, h, s.other().Role); err != nil {
		return err
	}
	return begin(ctx, h, s.daemon)
}

func (s *syncPart) stop(ctx context.Context, h *kernel.Handle) error {
	if err := end(ctx, h, s.daemon.Role); err != nil {
		return err
	}
	return begin(ctx, h, s.other())
}

// begin starts a daemon, unless just that one runs; one with another interface or id is replaced.
func begin(ctx context.Context, h *kernel.Handle, d kernel.Daemon) error {
	running, err := h.Daemons(ctx)
	if err != nil {
		return err
	}
	for _, r := range running {
		if r.Role != d.Role {
			continue
		}
		if r.Interface == d.Interface && r.SyncID == d.SyncID {
			return nil
		}
		if err := end(ctx, h, r.Role); err != nil {
			return err
		}
	}
	return h.StartDaemon(ctx, d)
}

// end stops the daemon of a part; that none runs is no error.
func end(ctx context.Context, h *kernel.Handle, r kernel.Role) error {
	if err := h.StopDaemon(ctx, r); !errors.Is(err, kernel.ErrNoDaemon) {
		return err
	}
	return nil
}

// status prints whether the part runs, and the kernel's threads.
func (s *syncPart) status(ctx context.Context, h *kernel.Handle) int {
	running, err := h.Daemons(ctx)
	if err != nil {
		return s.fail(generic, "%v", err)
	}
	on := func(r kernel.Role) bool {
		return slices.ContainsFunc(running, func(d kernel.Daemon) bool { return d.Role == r })
	}
	held := on(s.daemon.Role) && (s.name != "both" || on(s.other().Role))
	code := notRunning
	if held {
		code = success
		s.print("%s running", s.name)
	} else {
		s.print("%s stopped", s.name)
	}
	for _, d := range running {
		if pid, ok := syncThread(d.Role); ok {
			s.print("(ipvs_sync%s pid: %d)", d.Role, pid)
		}
	}
	return code
}

// syncThread returns the process id of the kernel's thread, of which the name has changed over
// the years: ipvs_syncmaster, ipvs_sync_master, ipvs-m:2:0.
func syncThread(r kernel.Role) (pid int, ok bool) {
	files, _ := filepath.Glob("/proc/[0-9]*/comm")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil || !isSyncThread(strings.TrimSpace(string(text)), r) {
			continue
		}
		if pid, err = strconv.Atoi(filepath.Base(filepath.Dir(file))); err == nil {
			return pid, true
		}
	}
	return 0, false
}

func isSyncThread(name string, r kernel.Role) bool {
	role := r.String()
	return strings.HasPrefix(name, "ipvs-"+role[:1]+":") || name == "ipvs_sync"+role || name == "ipvs_sync_"+role
}
