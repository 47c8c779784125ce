package service

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"systole/compat/lab"
	"systole/compat/layout"
)

func TestMain(m *testing.M) {
	lab.Main()
	os.Exit(m.Run())
}

const root = "../.."

// The programs that the scripts call are stood in for: each writes how it was called to
// /run/calls, prints /run/out.NAME and /run/err.NAME, and exits with the code in /run/rc.NAME.
const (
	played = `[ -f /run/out.$name ] && cat /run/out.$name
[ -f /run/err.$name ] && cat /run/err.$name >&2
[ -f /run/rc.$name ] && exit "$(cat /run/rc.$name)"
exit 0
`
	playedDaemon = `#!/bin/sh
echo "heartbeat${1:+ $1}" >>/run/calls
name=start${1#-}
` + played
	playedTool = `#!/bin/sh
name=${0##*/}
echo "$name $*" >>/run/calls
` + played
)

// stage writes a directory that is laid over a host's disk: the played programs.
func stage(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	put(t, dir, "/usr/libexec/heartbeat/heartbeat", playedDaemon, 0o755)
	for _, tool := range []string{"/usr/share/heartbeat/ResourceManager", "/usr/share/heartbeat/hb_standby", "/usr/sbin/ldirectord", "/usr/sbin/modprobe"} {
		put(t, dir, tool, playedTool, 0o755)
	}
	put(t, dir, "/etc/ha.d/resource.d/README", "", 0o644)
	return dir
}

func put(t *testing.T, dir, path, text string, mode os.FileMode) {
	t.Helper()
	path = filepath.Join(dir, path)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

// shipped lays out what we install, without the programs.
func shipped(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, e := range layout.Table() {
		if e.Kind != layout.Config && e.Kind != layout.File {
			continue
		}
		text, err := os.ReadFile(filepath.Join(root, e.Source))
		if err != nil {
			t.Fatal(err)
		}
		put(t, dir, e.Path, string(text), e.Mode)
	}
	return dir
}

// ourHost boots a host with our scripts and played programs.
func ourHost(t *testing.T, l *lab.Lab, name string, layers ...string) *lab.Host {
	t.Helper()
	return lab.OK(l.Host(lab.Spec{Name: name, Flavour: lab.Bare, Layers: append(layers, stage(t), shipped(t))}))(t)
}

// patience is for events that come within seconds on any machine.
const patience = lab.Patience(time.Minute)

// did is what came of a call.
type did struct {
	out, err string
	code     int
	calls    string
}

// fresh brings a host back to where every case begins. The directories in /run are those that a
// boot makes.
const fresh = `rm -rf /run/calls /run/out.* /run/err.* /run/rc.* /run/lock/subsys /etc/default/heartbeat /etc/default/ldirectord
rm -f /etc/ha.d/ha.cf /etc/ha.d/haresources /etc/ha.d/ipresources /etc/ha.d/resource.d/startstop /etc/ldirectord.cf /etc/ha.d/x.cf
mkdir -p /run/lock/subsys /etc/default
[ -e /var/lock ] || ln -s /run/lock /var/lock
`

// call runs a script on a host after the case's own preparations.
func call(t *testing.T, h *lab.Host, before string, argv ...string) did {
	t.Helper()
	if r := lab.OK(h.Sh(patience.For(t), fresh+before))(t); r.Code != 0 {
		t.Fatalf("%s: preparing: %+v", h.Name, r)
	}
	r := lab.OK(h.Run(patience.For(t), argv...))(t)
	calls := lab.OK(h.Sh(patience.For(t), "cat /run/calls 2>/dev/null"))(t)
	return did{r.Stdout, r.Stderr, r.Code, strings.TrimSpace(calls.Stdout)}
}
