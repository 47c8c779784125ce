package monitor

import (
	"strconv"
	"strings"
)

// What MON_OPSTATUS says.
const (
	opFail     = "0"
	opOK       = "1"
	opUntested = "7"
)

// env is what monitors and alerts have alike; output is that of the run before.
func (m *Machine) env(s *service, output string) []string {
	env := []string{
		"MON_CFBASEDIR=" + m.cfg.CFBaseDir,
		"MON_GROUP=" + s.watch.Group,
		"MON_LAST_FAILURE=" + epoch(s.lastFailure),
		"MON_LAST_SUCCESS=" + epoch(s.lastSuccess),
		"MON_LOGDIR=" + m.cfg.LogDir,
		"MON_SERVICE=" + s.Name,
		"MON_STATEDIR=" + m.cfg.StateDir,
	}
	if s.status != untested {
		env = append(env, "MON_FIRST_FAILURE="+epoch(s.firstFailure))
	}
	if s.ran {
		env = append(env, "MON_LAST_OUTPUT="+variable(output))
	}
	if s.hasSummary {
		env = append(env, "MON_LAST_SUMMARY="+variable(s.summary))
	}
	if s.Description != "" {
		env = append(env, "MON_DESCRIPTION="+s.Description)
	}
	return append(env, s.Env...)
}

// maxVariable bounds a variable: the kernel refuses a longer string (128 KiB).
const maxVariable = 64 << 10

// variable makes a text fit for the environment.
func variable(text string) string {
	text = strings.TrimRight(strings.ReplaceAll(text, "\x00", ""), "\n")
	return text[:min(len(text), maxVariable)]
}

func (m *Machine) monitorEnv(s *service) []string { return m.env(s, s.output) }

func (m *Machine) alertEnv(s *service, kind AlertKind, exit int, before string) []string {
	op := map[AlertKind]string{Failure: opFail, Up: opOK, Startup: opUntested}[kind]
	return append(m.env(s, before), "MON_ALERTTYPE="+string(kind), "MON_FIRST_SUCCESS=", "MON_OPSTATUS="+op, "MON_RETVAL="+strconv.Itoa(exit))
}
