package resmgr

import (
	"context"
	"errors"
	"strings"

	"systole/pkg/agent"
	"systole/pkg/haresources"
)

// held runs a status. A resource whose script is missing is not held.
func (m *Manager) held(ctx context.Context, r haresources.Resource) bool {
	res, err := m.Runner.Run(ctx, agent.Call{Name: r.Name, Args: r.Args, Op: "status"})
	if errors.Is(err, agent.ErrNotFound) {
		m.notFound(r, 1)
	} else if err != nil {
		m.log("ERROR: %v", err)
	}
	return err == nil && agent.Held(res.Output)
}

// operate runs a start or stop and says in the original's words what failed.
func (m *Manager) operate(ctx context.Context, r haresources.Resource, op string) (code int) {
	path, ok := m.Runner.Find(r.Name)
	if !ok {
		m.notFound(r, 2)
		return 1
	}
	m.log("info: Running %s %s %s", path, shown(r), op)
	res, err := m.Runner.Run(ctx, agent.Call{Name: r.Name, Args: r.Args, Op: op, Probe: m.Probe})
	if err != nil {
		m.log("ERROR: %v", err)
	}
	if res.Code != 0 {
		m.log("ERROR: Return code %d from %s", res.Code, path)
	}
	return res.Code
}

// notFound logs a missing script as often as the original looks for it: once for a status,
// twice for a start or stop.
func (m *Manager) notFound(r haresources.Resource, times int) {
	for range times {
		m.log("ERROR: Cannot locate resource script %s", r.Name)
	}
}

// shown returns the arguments as log lines have them: the word with a blank for each "::", so
// that a resource without arguments leaves two blanks before the operation.
func shown(r haresources.Resource) string {
	if !strings.HasPrefix(r.Word, r.Name) {
		return r.Word // a bare address
	}
	_, args, _ := strings.Cut(r.Word, "::")
	if len(r.Args) == 1 && r.Args[0] == args {
		return args // the :: of an IPv6 address is part of it
	}
	return strings.ReplaceAll(args, "::", " ")
}
