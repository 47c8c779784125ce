package findings

import (
	"cmp"
	"io/fs"
	"net/netip"
	"slices"

	"systole/pkg/diag"
	"systole/pkg/state"
)

// Finding is one thing to know about a configuration.
type Finding struct {
	Code     string        `json:"code"`
	Severity diag.Severity `json:"-"`
	Level    string        `json:"severity"` // Severity in words
	File     string        `json:"file"`
	Line     int           `json:"line,omitempty"` // 0: the file as a whole
	Text     string        `json:"text"`           // what is wrong here
	Says     string        `json:"says,omitempty"` // the original's own words about it
	Original string        `json:"original"`       // what the original does
	Instead  string        `json:"instead"`
	Told     bool          `json:"-"` // the daemons say it at their start, too
}

// Where returns "file:line", or "file" for a finding about a whole file.
func (f Finding) Where() string {
	return diag.Diagnostic{File: f.File, Line: f.Line}.Where()
}

// Tree is a configuration directory, /etc/ha.d or a copy of it.
type Tree struct {
	Read func(name string) File // a file of the tree by its name in it, or by an absolute path
	Node string                 // name of the machine that it is for; "" if unknown
	// Director is an ldirectord.cf to read besides those that haresources names; "" if there is none.
	Director string
	// Scripts are the resource scripts of the machine; nil if nobody looked.
	Scripts map[string]bool
	// Addresses are those of the machine while it runs; nil if it is another machine.
	Addresses []Address
	// Sysctl is a setting of the machine's kernel; nil if none is known.
	Sysctl func(name string) (value string, known bool)
	// State is what the daemon of the machine tells; nil if nobody asked.
	State *state.Document
}

// Address is an address of an interface, with the length of its prefix.
type Address struct {
	Interface string
	Prefix    netip.Prefix
}

// File is a file of a tree.
type File struct {
	Path string // as shown in findings
	Text []byte
	Mode fs.FileMode
	Err  error // why Text is not there; fs.ErrNotExist for a missing file
}

// Env is what the machine that checks knows.
type Env struct {
	// Hosts gives the addresses of a host name without asking a network. nil: none is known.
	Hosts func(name string) []netip.Addr
	// Port looks up a service name for tcp or udp. nil: none is known.
	Port func(service, protocol string) (uint16, bool)
	// Resolve asks name servers. nil: offline.
	Resolve func(host string) ([]netip.Addr, error)
	// Reach connects to addresses and returns an error, or nil, for each. nil: offline.
	Reach func(to []netip.AddrPort) []error
}

func (e Env) hosts(name string) []netip.Addr {
	if a, err := netip.ParseAddr(name); err == nil {
		return []netip.Addr{a.Unmap()}
	}
	if e.Hosts == nil {
		return nil
	}
	return e.Hosts(name)
}

// Review tells everything about a tree, and with peer about both nodes and what does not fit
// between them. Findings are ordered by tree, file and line.
func Review(env Env, tree Tree, peer *Tree) []Finding {
	a := read(env, tree)
	a.traps()
	found := a.sorted()
	if peer == nil {
		return found
	}
	b := read(env, *peer)
	b.traps()
	p := &pair{a: a, b: b}
	p.traps()
	return slices.Concat(found, b.sorted(), p.found)
}

// log collects findings.
type log struct{ found []Finding }

// add records a finding of the given code. text and instead may be empty for those of the rule.
func (l *log) add(code, file string, line int, text, instead string) *Finding {
	r := rule(code)
	l.found = append(l.found, Finding{Code: code, Severity: r.Severity, Level: r.Severity.String(), File: file, Line: line,
		Text: cmp.Or(text, r.Title), Original: r.Original, Instead: cmp.Or(instead, r.Instead)})
	return &l.found[len(l.found)-1]
}

// order of the files of a tree.
func fileOrder(kind string) int {
	files := []string{"ha.cf", "haresources", "authkeys"}
	if i := slices.Index(files, kind); i >= 0 {
		return i
	}
	return len(files)
}

func (r *review) sorted() []Finding {
	rank := func(f Finding) int {
		return fileOrder(r.kinds[f.File])
	}
	slices.SortStableFunc(r.found, func(a, b Finding) int {
		return cmp.Or(rank(a)-rank(b), cmp.Compare(a.File, b.File), a.Line-b.Line)
	})
	return r.found
}

// Worst returns the highest severity among findings, and whether there is any.
func Worst(found []Finding) (worst diag.Severity, any bool) {
	for _, f := range found {
		worst = max(worst, f.Severity)
	}
	return worst, len(found) > 0
}

// Counts returns how many findings are errors, warnings and notes.
func Counts(found []Finding) (errors, warnings, notes int) {
	for _, f := range found {
		switch f.Severity {
		case diag.Error:
			errors++
		case diag.Warning:
			warnings++
		default:
			notes++
		}
	}
	return errors, warnings, notes
}
