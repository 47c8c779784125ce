package hbd

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"systole/pkg/authkeys"
	"systole/pkg/diag"
	"systole/pkg/findings/source"
	"systole/pkg/hacf"
	"systole/pkg/haresources"
)

// loaded is everything that the files of /etc/ha.d say, and what is to be said about them.
type loaded struct {
	cfg    *hacf.Config
	logs   hacf.Logs // where lines go
	keys   *authkeys.Keyring
	groups []haresources.Group
	lines  []hacf.Line
	denied bool // a file could not be read for lack of permission: exit code 4
	failed bool
}

// load reads ha.cf, authkeys and haresources and checks them in the original's order: a bad
// ha.cf ends it, then bad keys do, then all other faults are told together (wire spec 8.3).
// starting says that the daemon is about to start, which the original notes in between.
func load(p Paths, env hacf.Env, starting bool) loaded {
	text, err := os.ReadFile(p.File("ha.cf"))
	if err != nil {
		l := loaded{lines: hacf.MissingConfig(p.File("ha.cf"))}
		return l.fail(errors.Is(err, fs.ErrPermission))
	}
	r := hacf.Read(env, p.File("ha.cf"), text)
	l := loaded{cfg: r.Config, lines: r.Lines}
	l.findLogs(p)
	if r.Failed() {
		return l.fail(false)
	}
	if !l.readKeys(p) {
		return l.fail(l.denied)
	}
	before := len(r.Lines)
	r.Check()
	l.lines = append(l.lines, r.Lines[before:]...)
	if starting && !r.Failed() {
		l.say(hacf.StartLines()...)
	}
	ok := l.readGroups(p)
	if r.Failed() || !ok {
		return l.fail(l.denied)
	}
	return l
}

// advised adds what systole check warns of and the original never says.
func (l loaded) advised(p Paths) loaded {
	if l.failed {
		return l
	}
	for _, text := range source.Heartbeat(filepath.Dir(p.File("ha.cf")), l.cfg.Node) {
		l.say(hacf.Line{Level: "info", Text: text})
	}
	return l
}

// fail adds the line that ends every refusal.
func (l loaded) fail(denied bool) loaded {
	l.failed, l.denied = true, denied
	l.say(hacf.Line{Level: "ERROR", Text: "Configuration error, heartbeat not started."})
	return l
}

// say adds lines that go where ha.cf said that lines go.
func (l *loaded) say(lines ...hacf.Line) {
	for _, line := range lines {
		line.Logs = l.logs
		l.lines = append(l.lines, line)
	}
}

func (l *loaded) readKeys(p Paths) bool {
	keys, found, denied := readKeys(p.File("authkeys"))
	l.keys = keys
	if !diag.Failed(found) {
		return true
	}
	l.denied = denied
	l.say(hacf.Lines(found)...)
	l.say(hacf.Line{Level: "ERROR", Text: "Authentication configuration error."})
	return false
}

// readKeys reads an authkeys file; keys that others may read are refused before they are read.
func readKeys(path string) (keys *authkeys.Keyring, found []diag.Diagnostic, denied bool) {
	f, err := os.Open(path)
	if err != nil {
		return nil, []diag.Diagnostic{authkeys.Missing(path, err)}, errors.Is(err, fs.ErrPermission)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, []diag.Diagnostic{authkeys.Missing(path, err)}, false
	}
	if d, ok := authkeys.CheckMode(path, info.Mode()); !ok {
		return nil, []diag.Diagnostic{d}, false
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, []diag.Diagnostic{authkeys.Missing(path, err)}, false
	}
	keys, found = authkeys.Parse(path, text)
	return keys, found, false
}

func (l *loaded) readGroups(p Paths) bool {
	path := p.File("haresources")
	text, err := os.ReadFile(path)
	if err != nil {
		l.denied = errors.Is(err, fs.ErrPermission)
		l.say(hacf.MissingResources(path)...)
		return false
	}
	var found []diag.Diagnostic
	l.groups, found = haresources.Parse(path, text)
	found = append(found, haresources.CheckNodes(path, text, l.cfg.AllNodes)...)
	l.say(hacf.Lines(found)...)
	return !diag.Failed(found)
}
