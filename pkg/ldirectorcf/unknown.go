package ldirectorcf

import (
	"fmt"
	"slices"
	"strings"
)

// The remedies of unknown commands: nearly always a line of the wrong context, because of
// indentation or an empty line.

func globalNames() []string {
	names := []string{"virtual", "virtual6"}
	for _, d := range globalDirectives {
		names = append(names, d.name)
	}
	return names
}

func sectionNames() []string {
	var names []string
	for _, d := range sectionDirectives {
		names = append(names, d.name)
	}
	return names
}

// bareName is the word before = or a blank, without indentation.
func bareName(text string) string {
	text = strings.TrimLeft(text, blanks)
	if end := strings.IndexAny(text, "="+blanks); end >= 0 {
		text = text[:end]
	}
	return text
}

// unknownGlobal explains a line that is no directive in the global context.
func (l *loader) unknownGlobal(text string) string {
	name := bareName(text)
	indented := text != strings.TrimLeft(text, blanks)
	inGlobal, inSection := slices.Contains(globalNames(), name), slices.Contains(sectionNames(), name)
	hasEquals := strings.Contains(text, "=")
	switch {
	case (inGlobal || inSection) && !hasEquals:
		return equalsRemedy(text, name)
	case indented && inSection && l.ended.virtual != 0:
		return l.endedRemedy(text)
	case indented && inGlobal:
		return name + "= must begin in column 0: remove the blanks before it"
	case inGlobal:
		return "write " + name + "=VALUE, with nothing between the name and the ="
	case inSection && l.ended.virtual != 0:
		return fmt.Sprintf("%s= belongs to the virtual of line %d: indent it, and every line of the section, by a tab or at least four blanks",
			name, l.ended.virtual)
	case inSection:
		return name + "= belongs under a virtual= line, indented by a tab or at least four blanks"
	}
	return didYouMean(name, append(globalNames(), sectionNames()...))
}

func equalsRemedy(text, name string) string {
	value := strings.Trim(strings.TrimPrefix(strings.TrimLeft(text, blanks), name), blanks)
	if value == "" {
		value = "..."
	}
	return "the = is missing: write " + name + "=" + value
}

// endedRemedy explains an indented line after the end of a section.
func (l *loader) endedRemedy(text string) string {
	e := l.ended
	if e.at == l.at && columns(text) < 4 {
		return fmt.Sprintf("indent it by a tab or at least four blanks to keep it in the virtual of line %d", e.virtual)
	}
	kind := "the line"
	switch {
	case strings.Trim(e.text, blanks) == "":
		kind = "the empty line"
	case e.at == l.at:
		kind = "this line"
	}
	return fmt.Sprintf("%s %d ended the virtual of line %d: move or remove it, so that the section stays in one piece", kind, e.at, e.virtual)
}

// columns is the width of the indentation; a tab counts four.
func columns(text string) int {
	expanded := strings.ReplaceAll(text, "\t", "    ")
	return len(expanded) - len(strings.TrimLeft(expanded, " "))
}

// unknownInSection explains a line that is no directive of a section.
func unknownInSection(text, original string) string {
	name := bareName(text)
	switch {
	case strings.Trim(text, blanks) == "":
		return "the line looks empty but holds blanks: remove them (and the line, if the section goes on below)"
	case slices.Contains(sectionNames(), name):
		return equalsRemedy(text, name)
	case name == "virtual" || name == "virtual6":
		return name + "= must begin in column 0: remove the blanks before it"
	case slices.Contains(globalNames(), name):
		return name + "= applies to the whole file: move it to column 0 above the first virtual"
	case strings.Contains(original, "#") && strings.Contains(original, `"`) && !strings.Contains(text, "="):
		return hashRemedy
	}
	return didYouMean(name, append(sectionNames(), globalNames()...))
}

// didYouMean names the nearest word of a table, or the whole table if it is short.
func didYouMean(word string, table []string) string {
	best, distance := "", 2
	if len(word) > 4 {
		distance = 3
	}
	for _, candidate := range table {
		if d := editDistance(strings.ToLower(word), candidate); d < distance && d < len(candidate) {
			best, distance = candidate, d
		}
	}
	switch {
	case best == word && word != "":
		return "write " + best
	case best != "":
		return "did you mean " + best + "?"
	case len(table) < 30:
		return "write one of " + strings.Join(table, ", ")
	}
	return "there is no such directive"
}

// editDistance counts insertions, deletions, substitutions and swaps of neighbours.
func editDistance(a, b string) int {
	if len(a) > 40 {
		return len(a)
	}
	before, last, row := []int{}, make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, make([]int, len(b)+1)
	}
	return last[len(b)]
}
