package findings

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"path"
	"slices"
	"strings"

	"systole/pkg/authkeys"
	"systole/pkg/diag"
	"systole/pkg/hacf"
	"systole/pkg/haresources"
	"systole/pkg/ldirectorcf"
)

// review is one tree being looked at.
type review struct {
	log
	env   Env
	tree  Tree
	kinds map[string]string // path of a file -> its kind

	cfg       *hacf.Config // nil if ha.cf cannot be used
	cfgPath   string
	groups    []haresources.Group
	groupPath string
	keys      *authkeys.Keyring
	keyText   string
	keyPath   string
	directors []director
}

// director is one ldirectord.cf.
type director struct {
	name, path string
	cfg        *ldirectorcf.Config // nil if it cannot be used
	guessed    map[netip.Addr]bool // addresses that stand for names nobody knows
}

// read loads every file of a tree and classifies what the parsers say.
func read(env Env, tree Tree) *review {
	r := &review{env: env, tree: tree, kinds: map[string]string{}}
	r.readHaCf()
	r.readGroups()
	r.readKeys()
	r.readDirectors()
	return r
}

// file reads a file; a needed one that is missing is a finding.
func (r *review) file(name string, needed bool) (File, bool) {
	f := r.tree.Read(name)
	r.kinds[f.Path] = name
	switch {
	case f.Err == nil:
		return f, true
	case errors.Is(f.Err, fs.ErrNotExist):
		if needed {
			r.add("HA-501", f.Path, 0, name+" is missing", "").Told = true
		}
	default:
		r.add("HA-502", f.Path, 0, name+" could not be read: "+innermost(f.Err).Error(), "").Told = true
	}
	return f, false
}

func innermost(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

func (r *review) readHaCf() {
	f, ok := r.file("ha.cf", true)
	if !ok {
		return
	}
	r.cfgPath = f.Path
	cfg, found, _ := hacf.Load(hacf.Env{Node: r.tree.Node}, f.Path, f.Text)
	r.classify("ha.cf", found)
	if !diag.Failed(found) {
		r.cfg = cfg
	}
}

func (r *review) readGroups() {
	f, ok := r.file("haresources", true)
	if !ok {
		return
	}
	r.groupPath = f.Path
	groups, found := haresources.Parse(f.Path, f.Text)
	r.groups = groups
	if r.cfg != nil {
		refused := haresources.CheckNodes(f.Path, f.Text, r.cfg.AllNodes)
		found = append(slices.DeleteFunc(found, func(d diag.Diagnostic) bool { return isNoteOn(d, refused) }), refused...)
	}
	r.classify("haresources", found)
}

// isNoteOn says whether a note is about a line that is refused anyway.
func isNoteOn(d diag.Diagnostic, refused []diag.Diagnostic) bool {
	return d.Severity == diag.Note && slices.ContainsFunc(refused, func(o diag.Diagnostic) bool { return o.Line == d.Line })
}

func (r *review) readKeys() {
	f, ok := r.file("authkeys", true)
	if !ok {
		return
	}
	r.keyPath, r.keyText = f.Path, string(f.Text)
	if d, ok := authkeys.CheckMode(f.Path, f.Mode); !ok {
		r.classify("authkeys", []diag.Diagnostic{d})
	}
	keys, found := authkeys.Parse(f.Path, f.Text)
	r.keys = keys
	r.classify("authkeys", found)
}

// readDirectors reads ldirectord.cf and what haresources names besides (ldirectord spec 2: a name
// without a slash is looked for in /etc/ha.d and in /etc/ha.d/conf).
func (r *review) readDirectors() {
	for _, name := range r.directorNames() {
		for _, place := range []string{name, "conf/" + name} {
			f := r.tree.Read(place)
			if errors.Is(f.Err, fs.ErrNotExist) {
				continue
			}
			if f, ok := r.file(place, false); ok {
				r.readDirector(name, f)
			}
			break
		}
	}
}

func (r *review) readDirector(name string, f File) {
	d := director{name: name, path: f.Path, guessed: map[netip.Addr]bool{}}
	unknown := &strangers{}
	env := ldirectorcf.Env{Port: r.env.Port, Resolve: func(host string, ipv6 bool) (netip.Addr, bool) {
		return r.resolve(&d, unknown, host, ipv6), true
	}}
	cfg, found := ldirectorcf.Load(env, f.Path, f.Text)
	r.classify("ldirectord.cf", found)
	for _, host := range unknown.names {
		r.unknownName(f, host)
	}
	if !diag.Failed(found) {
		d.cfg = cfg
	}
	r.directors = append(r.directors, d)
}

// unknownName tells of a name that stands in no file, and online of one that nobody knows.
func (r *review) unknownName(f File, host string) {
	line := lineOf(string(f.Text), host)
	if r.env.Resolve != nil {
		if _, err := r.env.Resolve(host); err != nil {
			r.add("LD-301", f.Path, line, fmt.Sprintf("%s: %v", host, innermost(err)), "")
			return
		}
	}
	r.add("LD-104", f.Path, line, "the name "+host+" is not in /etc/hosts", "")
}

// strangers are names that no file knows, in the order in which they were met.
type strangers struct{ names []string }

// resolve gives a name its address, or one that stands for it: whether a name server knows it
// cannot be told offline.
func (r *review) resolve(d *director, unknown *strangers, host string, ipv6 bool) netip.Addr {
	for _, a := range r.env.hosts(host) {
		if a.Is6() == ipv6 {
			return a
		}
	}
	if r.env.Resolve != nil {
		found, _ := r.env.Resolve(host) // unknownName tells of an error
		if i := slices.IndexFunc(found, func(a netip.Addr) bool { return a.Is6() == ipv6 }); i >= 0 {
			unknown.add(host)
			return found[i]
		}
	}
	i := unknown.add(host)
	a := netip.AddrFrom4([4]byte{240, 0, byte(i >> 8), byte(i)})
	if ipv6 {
		a = netip.AddrFrom16([16]byte{0x01, 14: byte(i >> 8), 15: byte(i)})
	}
	d.guessed[a] = true
	return a
}

// add returns the index of a name.
func (s *strangers) add(host string) int {
	i := slices.Index(s.names, host)
	if i < 0 {
		i = len(s.names)
		s.names = append(s.names, host)
	}
	return i
}

// lineOf finds the first line that holds a word.
func lineOf(text, word string) int {
	for i, line := range strings.Split(text, "\n") {
		bare, _, _ := strings.Cut(line, "#")
		if strings.Contains(bare, word) {
			return i + 1
		}
	}
	return 0
}

const standardDirector = "ldirectord.cf"

// directorNames are the files that haresources starts ldirectord with, and the usual one.
func (r *review) directorNames() []string {
	names := []string{standardDirector}
	if own := r.tree.Director; own != "" && own != standardDirector {
		names = append(names, own)
	}
	for _, g := range r.groups {
		for _, res := range g.Resources {
			if name, ok := directorOf(res); ok && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// directorOf returns the file of a resource ldirectord::FILE.
func directorOf(res haresources.Resource) (string, bool) {
	if res.Name != "ldirectord" {
		return "", false
	}
	if len(res.Args) == 0 {
		return standardDirector, true
	}
	name := res.Args[0]
	if dir, file := path.Split(path.Clean(name)); dir == "/etc/ha.d/" {
		return file, true
	}
	return name, true
}
