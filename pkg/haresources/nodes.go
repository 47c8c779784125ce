package haresources

import (
	"fmt"
	"slices"
	"strings"

	"systole/pkg/diag"
)

// CheckNodes is the daemon's own reader (failover spec 2.4): it looks at the first word of each
// line that neither follows a backslash nor begins with #, and refuses the file over the first
// one that is not among nodes, the normal and ping nodes of ha.cf in lower case. Nothing else
// is checked. A line that follows a backslash counts as continuation even if it is a comment.
func CheckNodes(file string, text []byte, nodes []string) []diag.Diagnostic {
	continued := false
	for i, line := range strings.Split(string(text), "\n") {
		line, _, _ = strings.Cut(line, "\x00")
		follows := continued
		continued = strings.HasSuffix(line, `\`)
		words := strings.FieldsFunc(line, isBlank)
		if follows || len(words) == 0 {
			continue
		}
		if strings.HasPrefix(words[0], "#") {
			continued = false
			continue
		}
		if name := words[0]; !slices.Contains(nodes, strings.ToLower(name)) && strings.Trim(line, noBreakSpace+" \t\r") != "" {
			return []diag.Diagnostic{{
				File: file, Line: i + 1, Severity: diag.Error,
				Text:   fmt.Sprintf("Bad nodename in %s [%s]", file, name),
				Remedy: nodeRemedy(string(text), i+1, name, nodes),
			}}
		}
	}
	return nil
}

// nodeRemedy says what to write instead of a line whose first word is no node.
func nodeRemedy(text string, line int, name string, nodes []string) string {
	f := finder{lines: logicalLines(text)}
	at := slices.IndexFunc(f.lines, func(l logical) bool { return l.first == line })
	if at > 0 && (looksLikeResource(name) || f.broke(at)) {
		if before := f.previous(at); before >= 0 {
			return fmt.Sprintf("the resources of a group stand on one line; instead of lines %d to %d write: %s",
				f.lines[before].first, f.lines[at].last, f.merged(before, at))
		}
	}
	if strings.Trim(name, `\`) == "" {
		return "remove the backslash at the beginning of the line"
	}
	if meant, ok := meantNode(name, nodes); ok {
		return fmt.Sprintf("did you mean the node %s? A line begins with a node and a blank", meant)
	}
	return "a line begins with one of the nodes of ha.cf: " + strings.Join(nodes, ", ")
}

// meantNode finds the node of which name is the short or the long form, or to which something
// is glued.
func meantNode(name string, nodes []string) (string, bool) {
	name = strings.ToLower(strings.TrimLeft(name, `\`))
	if end := strings.IndexAny(name, `#,;:\`+noBreakSpace); end > 0 {
		name = name[:end]
	}
	for _, n := range nodes {
		if n == name || strings.HasPrefix(n, name+".") || strings.HasPrefix(name, n+".") {
			return n, true
		}
	}
	return "", false
}

// broke says whether the line before should have continued with the line at index at.
func (f *finder) broke(at int) bool {
	before := f.previous(at)
	return before >= 0 && f.lines[before].stop != stopNone
}

// previous returns the index of the line with words before the one at index at, or -1.
func (f *finder) previous(at int) int {
	for i := at - 1; i >= 0; i-- {
		if len(f.lines[i].words) > 0 {
			return i
		}
	}
	return -1
}

// merged is two lines as one, stray backslashes removed.
func (f *finder) merged(a, b int) string {
	var words []string
	for _, word := range append(slices.Clone(f.lines[a].words), f.lines[b].words...) {
		if word = strings.TrimLeft(word, `\`); word != "" {
			words = append(words, word)
		}
	}
	return strings.Join(words, " ")
}
