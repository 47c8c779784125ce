package propagate

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// played stands for scp and ssh: it notes how it was called, and fails for the node "down".
const played = `#!/bin/sh
echo "${0##*/} $*" >>CALLS
case "$*" in *down*) exit 1;; esac
`

func TestPropagate(t *testing.T) {
	self, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, cf string
		keys     bool
		args     []string
		code     int
		calls    string
		out      string
	}{
		{name: "two others", cf: "node " + self + " beta\nnode down -oProxyCommand=x\n", keys: true, code: 1,
			calls: "scp -p DIR/ha.cf DIR/authkeys beta:DIR/\nssh beta " + enable + "\nscp -p DIR/ha.cf DIR/authkeys down:DIR/\n",
			out:   "Propagating HA configuration files to node beta.\nSetting HA startup configuration on node beta.\nPropagating HA configuration files to node down.\n"},
		{name: "one other", cf: "node beta," + self + "\n", keys: true,
			calls: "scp -p DIR/ha.cf DIR/authkeys beta:DIR/\nssh beta " + enable + "\n",
			out:   "Propagating HA configuration files to node beta.\nSetting HA startup configuration on node beta.\n"},
		{name: "no keys", cf: "node beta\n", code: 1, out: "HA Linux not configured on this node.  Can not propagate.\n"},
		{name: "no ha.cf", keys: true, code: 1, out: "HA Linux not configured on this node.  Can not propagate.\n"},
		{name: "help", args: []string{"--help"}, code: 1},
	} {
		dir := t.TempDir()
		t.Setenv("PATH", dir+":/usr/bin:/bin")
		for name, text := range map[string]string{"scp": played, "ssh": played, "ha.cf": c.cf, "authkeys": "auth 1\n1 crc\n"} {
			if name == "ha.cf" && c.cf == "" || name == "authkeys" && !c.keys {
				continue
			}
			text = strings.ReplaceAll(text, "CALLS", dir+"/calls")
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		var out, errs bytes.Buffer
		code := Main(c.args, func(string) string { return dir }, nil, &out, &errs)
		calls, _ := os.ReadFile(dir + "/calls")
		if got := strings.ReplaceAll(string(calls), dir, "DIR"); code != c.code || got != c.calls || out.String() != c.out {
			t.Errorf("%s: exit code %d, calls %q, out %q, err %q", c.name, code, got, &out, &errs)
		}
	}
}
