// Package man_test holds the manual pages and the parsers together.
package man_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"systole/compat/layout"
)

// words are the words in bold of the tagged paragraphs of a page: what stands after .TP or .TQ.
// Alternating fonts leave the first, and of .BR all that are not separators.
func words(t *testing.T, page string) []string {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	tagged := false
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == ".TP" || line == ".TQ" {
			tagged = true
			continue
		}
		font, rest, _ := strings.Cut(line, " ")
		if tagged && (font == ".B" || font == ".BI" || font == ".BR") {
			out = append(out, strings.FieldsFunc(rest, func(r rune) bool { return strings.ContainsRune(` ",=`, r) })...)
		}
		tagged = false
	}
	return out
}

// keywords finds the names in the tables of a parser.
func keywords(t *testing.T, table string, files ...string) []string {
	t.Helper()
	var out []string
	for _, file := range files {
		text, err := os.ReadFile(filepath.Join("../..", file))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(table).FindAllStringSubmatch(string(text), -1) {
			out = append(out, m[1])
		}
	}
	if len(out) < 10 {
		t.Fatalf("%v has %d keywords: the test does not find them any more", files, len(out))
	}
	return out
}

func TestEveryDirectiveIsDocumented(t *testing.T) {
	for _, c := range []struct {
		page  string
		table string
		files []string
	}{
		{"ha.cf.5", `\{name: "([a-z0-9_]+)"`, []string{"pkg/hacf/keywords.go"}},
		{"ldirectord.cf.5", `(?m)^\t\{"([a-z0-9_]+)", `, []string{"pkg/ldirectorcf/global.go", "pkg/ldirectorcf/section.go", "pkg/ldirectorcf/virtual.go"}},
	} {
		documented := words(t, c.page)
		for _, name := range keywords(t, c.table, c.files...) {
			if !slices.Contains(documented, name) {
				t.Errorf("%s does not explain %s", c.page, name)
			}
		}
	}
}

// A page has a name that agrees with its file, a name section that whatis can read, and no line
// that roff would take for an unknown request.
func TestPages(t *testing.T) {
	requests := []string{"TH", "SH", "SS", "TP", "IP", "TQ", "PP", "B", "I", "BI", "BR", "IB", "IR", "RI", "RB", "RS", "RE", "br", "nf", "fi"}
	for _, page := range layout.Manuals() {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Error(err)
			continue
		}
		dot := strings.LastIndexByte(page, '.')
		name, section := page[:dot], page[dot+1:]
		if want := ".TH " + strings.ToUpper(name) + " " + section + " "; !strings.HasPrefix(string(text), want) {
			t.Errorf("%s does not begin with %q", page, want)
		}
		if !strings.Contains(string(text), "\n.SH NAME\n"+name+" \\- ") {
			t.Errorf("%s has no name section", page)
		}
		for line := range strings.Lines(string(text)) {
			request, _, _ := strings.Cut(strings.TrimSpace(line), " ")
			if strings.HasPrefix(line, ".") && !slices.Contains(requests, request[1:]) {
				t.Errorf("%s: unknown request in %q", page, line)
			}
			if strings.HasPrefix(line, "'") {
				t.Errorf("%s: roff eats the line %q", page, line)
			}
		}
	}
}
