package resmgr

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"systole/compat/entry"
	"systole/pkg/agent"
	"systole/pkg/halog/halogtest"
)

const us = "lvsactive.gunnm.xyz"

// host is a machine with scripts of its own: a Harc over directories of the test.
type host struct {
	*Harc
	t         *testing.T
	dir       string
	resources string
	log       *recorder
	standby   []string // asked for
	reboots   int
}

func newHost(t *testing.T) *host {
	t.Helper()
	h := &host{t: t, dir: t.TempDir(), log: &recorder{}}
	h.resources = h.dir + "/resource.d"
	for _, d := range []string{h.resources, h.dir + "/rc.d"} {
		if err := os.Mkdir(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	runner := agent.New(nil, h.log.logs)
	runner.Dirs, runner.DebugLog = []string{h.resources}, h.dir+"/ha-debug"
	m := New(runner, us, h.log.logs, Effects{
		Standby: func(what, _ string) { h.standby = append(h.standby, what) },
		Reboot:  func() error { h.reboots++; return nil },
	})
	m.File, m.RetryPause = h.dir+"/haresources", 0
	h.Harc = &Harc{Manager: m, Dir: h.dir + "/rc.d"}
	t.Cleanup(runner.Close)
	return h
}

func (h *host) script(name, text string) { write(h.t, h.resources+"/"+name, text+"\n", 0o755) }

// service makes a script that keeps its state in a file and writes down what it is asked.
func (h *host) service(name string) {
	h.script(name, fmt.Sprintf(`#!/bin/sh
eval op=\${$#}
state=%[1]s/state.$(basename $0)
[ $op = status ] || echo "$(basename $0) $*" >>%[1]s/calls
case $op in
start) touch $state ;;
stop) rm -f $state ;;
status) [ -f $state ] && echo running || echo stopped ;;
esac`, h.dir))
}

// calls returns what services were asked since the last time.
func (h *host) calls() []string {
	h.t.Helper()
	text, err := os.ReadFile(h.dir + "/calls")
	if err != nil {
		return nil
	}
	if err := os.Remove(h.dir + "/calls"); err != nil {
		h.t.Fatal(err)
	}
	return lines(string(text))
}

func (h *host) haresources(groups ...string) {
	write(h.t, h.File, strings.Join(groups, "\n")+"\n", 0o644)
}

func (h *host) debugText(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(h.Runner.DebugLog)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(text)
}

// ship installs the shipped scripts for messages and what belongs to them.
func (h *host) ship() {
	h.t.Helper()
	for name, text := range entry.Files() {
		write(h.t, filepath.Join(h.dir, name), string(text), 0o755)
	}
}

func write(t *testing.T, name, text string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

// recorder keeps log lines as "tag: text".
type recorder struct{ halogtest.Lines }

func (r *recorder) logs(name, instance string) agent.Log {
	if instance == "" {
		instance = "default"
	}
	return r.Tagged(fmt.Sprintf("%s(%s)", name, instance))
}
