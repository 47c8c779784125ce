package haresources

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"systole/pkg/diag"
)

// findings tells what in the lines cannot work, in the order of the file.
func findings(file string, lines []logical, groups []Group) []diag.Diagnostic {
	f := finder{file: file, lines: lines}
	for i, l := range lines {
		f.oddLine(i, l)
		if len(l.words) == 0 {
			continue
		}
		for _, word := range l.words[1:] {
			f.oddWord(i, l, word)
		}
		if len(l.words) == 1 {
			f.add(l.first, diag.Note, "the line names a node and no resource")
		}
	}
	f.duplicates(groups)
	slices.SortStableFunc(f.found, func(a, b diag.Diagnostic) int { return a.Line - b.Line })
	return f.found
}

type finder struct {
	file  string
	lines []logical
	found []diag.Diagnostic
	pages bool // a no-break space was told of
	dos   bool // a carriage return was told of
}

func (f *finder) add(line int, severity diag.Severity, format string, args ...any) {
	f.found = append(f.found, diag.Diagnostic{File: f.file, Line: line, Severity: severity, Remedy: fmt.Sprintf(format, args...)})
}

// oddLine tells of line ends and invisible characters.
func (f *finder) oddLine(i int, l logical) {
	for _, n := range l.comments {
		f.add(n, diag.Note, "the comment of this continuation line is left out; an original heartbeat takes its words for resources")
	}
	if l.returns > 0 && !f.dos {
		f.dos = true
		f.add(l.returns, diag.Warning, "lines end in carriage returns, which count as blanks here; an original heartbeat takes them for part of the last resource: convert the file (dos2unix)")
	}
	if l.pasted > 0 && !f.pages {
		f.pages = true
		f.add(l.pasted, diag.Warning, "there is a no-break space, probably from a web page; it counts as a blank here, but an original heartbeat takes it for part of the word")
	}
	if what, ok := stops[l.stop]; ok && f.losesLine(i) {
		f.add(l.stopLine, diag.Warning, "%s, so the line is not continued; %s", what, f.advice(i))
	}
}

// stops says in words why a line is not continued.
var stops = map[stop]string{
	stopBlank:   "a blank or carriage return follows the backslash",
	stopEmpty:   "this line is empty and follows a backslash",
	stopComment: "the backslash is part of the comment",
}

// losesLine says whether the line that is not continued would have gone on: always if its
// backslash has become a resource, else if the next one begins with a resource.
func (f *finder) losesLine(i int) bool {
	l := f.lines[i]
	if len(l.words) == 0 {
		return false
	}
	if l.words[len(l.words)-1] == `\` {
		return true
	}
	next := f.next(i)
	return next > 0 && looksLikeResource(f.lines[next].words[0])
}

// advice is the whole line to write, where it is clear which lines belong together.
func (f *finder) advice(i int) string {
	if next := f.next(i); next > 0 && looksLikeResource(f.lines[next].words[0]) {
		return "write: " + f.repaired(i)
	}
	return "end the line with the backslash itself, or remove it"
}

// next returns the index of the next line with words, or 0.
func (f *finder) next(i int) int {
	for n := i + 1; n < len(f.lines); n++ {
		if len(f.lines[n].words) > 0 {
			return n
		}
	}
	return 0
}

// repaired is the line as it was meant: stray backslashes removed, and the lines below added
// that begin with a resource where a node should be.
func (f *finder) repaired(i int) string {
	var words []string
	for {
		for _, word := range f.lines[i].words {
			if word = strings.TrimLeft(word, `\`); word != "" {
				words = append(words, word)
			}
		}
		next := f.next(i)
		if f.lines[i].stop == stopNone || next == 0 || !looksLikeResource(f.lines[next].words[0]) {
			return strings.Join(words, " ")
		}
		i = next
	}
}

// looksLikeResource says whether a word is more likely a resource than a node name.
func looksLikeResource(word string) bool {
	return strings.Contains(word, "::") || isBareAddress(word) || strings.HasPrefix(word, `\`)
}

// oddWord tells of a resource that cannot work as it is written.
func (f *finder) oddWord(i int, l logical, word string) {
	switch r := NewResource(word); {
	case word == `\`:
		// told by oddLine, unless it stands inside the line
		if l.stop == stopNone {
			f.add(l.first, diag.Warning, `the word \ is no resource; write: %s`, f.repaired(i))
		}
	case strings.HasPrefix(word, `\`):
		f.add(l.first, diag.Warning, `there is no script %s: remove the backslash before %s; an original heartbeat starts nothing of this group and says nothing; write: %s`,
			r.Name, strings.TrimLeft(word, `\`), f.repaired(i))
	case strings.Contains(word, `\`):
		f.add(l.first, diag.Warning, `the word %s has a backslash inside: remove it; an original heartbeat starts nothing of a group whose first resource has one`, word)
	case r.Name == "":
		f.add(l.first, diag.Warning, "the word %s has no script before ::", word)
	case strings.ContainsAny(word, `"'`):
		f.add(l.first, diag.Warning, "quotes do not join words in this file: %s is a resource of its own", word)
	default:
		f.shortIPv6(l, word)
	}
}

// shortIPv6 tells of an IPv6 address whose :: separates arguments, given to a script or bare.
func (f *finder) shortIPv6(l logical, word string) {
	if strings.IndexByte(word, ':') == 4 {
		if long, ok := lengthened(word); ok {
			f.add(l.first, diag.Warning, "a bare IPv6 address is no resource; write: IPv6addr::%s", long)
			return
		}
	}
	name, arg, _ := strings.Cut(word, "::")
	long, ok := lengthened(arg)
	if !ok || !strings.Contains(arg, "::") {
		return
	}
	if _, whole := ipv6Argument(word); whole {
		f.add(l.first, diag.Warning, "the IPv6 address %s is one argument here, but to an original heartbeat its :: separates arguments; for one write: %s::%s", arg, name, long)
	} else {
		f.add(l.first, diag.Warning, "the :: of %s separates arguments; write: %s::%s", arg, name, long)
	}
}

// lengthened writes the IPv6 address at the front of an argument without "::".
func lengthened(arg string) (string, bool) {
	text, rest, more := strings.Cut(arg, "/")
	addr, err := netip.ParseAddr(text)
	if err != nil || !addr.Is6() {
		return "", false
	}
	long := longIPv6(addr)
	if more {
		long += "/" + rest
	}
	return long, true
}

// longIPv6 writes an address without :: and without leading zeros.
func longIPv6(addr netip.Addr) string {
	b := addr.As16()
	groups := make([]string, 8)
	for i := range groups {
		groups[i] = fmt.Sprintf("%x", uint16(b[2*i])<<8|uint16(b[2*i+1]))
	}
	return strings.Join(groups, ":")
}

// duplicates tells of groups that cannot be asked for on their own.
func (f *finder) duplicates(groups []Group) {
	for i, g := range groups {
		key := g.Key()
		if key == "" {
			continue
		}
		first := slices.IndexFunc(groups, func(o Group) bool { return o.Key() == key })
		if first < i {
			f.add(g.Line, diag.Warning, "the group of line %d begins with %s too: this line never acts (an original heartbeat joins both lines, fails on the node name and stops everything); join the lines or order their resources differently", groups[first].Line, key)
		}
	}
}
