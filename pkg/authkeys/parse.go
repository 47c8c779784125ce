package authkeys

import (
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"systole/pkg/diag"
)

// Parse reads the text of an authkeys file by the rules of wire spec 2.1. The texts of the
// diagnostics are the original's and name file as given, so a caller who wants the original's
// words passes "/etc/ha.d//authkeys". The ring is nil if any diagnostic is an error.
func Parse(file string, text []byte) (*Keyring, []diag.Diagnostic) {
	p := parser{file: file}
	for rest := string(text); rest != ""; {
		line, after, ended := strings.Cut(rest, "\n")
		rest = after
		p.number++
		p.line(strings.TrimLeftFunc(line, isBlank), ended)
	}
	p.finish()
	if diag.Failed(p.found) {
		return nil, p.found
	}
	return &p.ring, p.found
}

// CheckMode tells whether a file of this mode may be used: the original refuses one that its
// group or others can read, and looks at neither the owner nor the write bits.
func CheckMode(file string, mode fs.FileMode) (diag.Diagnostic, bool) {
	if mode&0o044 == 0 {
		return diag.Diagnostic{}, true
	}
	return diag.Diagnostic{
		File: file, Severity: diag.Error,
		Text:   fmt.Sprintf("Bad permissions on keyfile [%s], 600 recommended.", file),
		Remedy: fmt.Sprintf("its mode is %03o; run: chmod 600 %s", mode.Perm(), file),
	}, false
}

// Missing is the finding about a file that cannot be read for the reason err.
func Missing(file string, err error) diag.Diagnostic {
	return diag.Diagnostic{
		File: file, Severity: diag.Error,
		Text:   fmt.Sprintf("Cannot open keyfile [%s].  Stop.", file),
		Remedy: fmt.Sprintf("%v; write the lines \"auth 1\" and \"1 sha1 <key>\" into it and run chmod 600", err),
	}
}

// parser is the state between the lines of a file.
type parser struct {
	file    string
	number  int  // of the line being read, from 1
	auth    int  // index of the last auth line
	auths   int  // number of the last auth line, 0: none yet
	after   bool // a line defining auth followed it
	refused [MaxKeys]bool
	defined [MaxKeys]int // line of the last definition, 0: none
	ring    Keyring
	found   []diag.Diagnostic
}

func (p *parser) line(text string, ended bool) {
	if text == "" || text[0] == '#' {
		return
	}
	text, _, nul := strings.Cut(text, "\x00")
	shown := withhold(text)
	if ended {
		shown += "\n" // the original prints the line as read
	}
	words := strings.FieldsFunc(text, isBlank)
	switch {
	case nul:
		p.invalid(shown)
	case text[0] == 'a':
		p.authLine(words, shown)
	default:
		p.keyLine(words, shown)
	}
}

// authLine reads "auth <index>". Words after the index are ignored.
func (p *parser) authLine(words []string, shown string) {
	index, err := 0, error(nil)
	if len(words) >= 2 {
		index, err = strconv.Atoi(words[1])
	}
	if words[0] != "auth" || len(words) < 2 || err != nil {
		p.fail(fmt.Sprintf("Invalid auth line [%s] in %s", shown, p.file), `write "auth" and the index of a key, for example "auth 1"`)
		return
	}
	if p.auths != 0 {
		p.warn(fmt.Sprintf("this auth line replaces that of line %d", p.auths))
	}
	p.auth, p.auths, p.after = index, p.number, false
}

// keyLine reads "<index> <method> [<key>]". Words after the key are ignored.
func (p *parser) keyLine(words []string, shown string) {
	if len(words) < 2 {
		p.invalid(shown)
		return
	}
	index, err := strconv.Atoi(words[0])
	if err != nil {
		p.invalid(shown)
		return
	}
	if index < 0 || index >= MaxKeys {
		p.fail(fmt.Sprintf("Invalid authnum [%d] in %s", index, p.file), "use an index from 0 to 15")
		return
	}
	key, ok := p.key(words[1:])
	if !ok {
		p.refused[index] = true
		return
	}
	p.define(index, key)
}

// key reads the method and the key of a line.
func (p *parser) key(words []string) (Key, bool) {
	m, known := methodNamed(words[0])
	keyed := known && methods()[m].keyed
	switch {
	case !known:
		p.fail(fmt.Sprintf("Invalid authtype [%s]", words[0]), "use sha1, md5 or crc")
	case keyed && len(words) == 1:
		p.fail(fmt.Sprintf("Auth method [%s] requires a key", m), "write one word without blanks after "+m.String())
	case !keyed && len(words) > 1:
		p.fail(fmt.Sprintf("Auth method [%s] doesn't use a key", m), "remove the words after "+m.String()+", or use sha1")
	case keyed:
		if len(words) > 2 {
			p.warn("the words after the key are ignored; a key cannot hold blanks")
		}
		return Key{Method: m, Secret: words[1]}, true
	default:
		return Key{Method: m}, true
	}
	return Key{}, false
}

func (p *parser) define(index int, key Key) {
	if line := p.defined[index]; line != 0 {
		p.warn(fmt.Sprintf("this key %d replaces that of line %d", index, line))
	}
	p.ring.Keys[index] = key
	p.defined[index] = p.number
	if index == p.auth {
		p.ring.Auth, p.after = index, true
	}
}

// finish checks what only the whole file shows.
func (p *parser) finish() {
	p.number = 0
	if p.auths == 0 {
		p.fail(fmt.Sprintf("Missing auth directive in keyfile [%s]", p.file), `write "auth <index>" before the line of that key`)
		return
	}
	if p.after || p.auth >= 0 && p.auth < MaxKeys && p.refused[p.auth] {
		return
	}
	p.number = p.auths
	remedy := fmt.Sprintf(`add a line "%d sha1 <key>" after it`, p.auth)
	if p.auth < 0 || p.auth >= MaxKeys {
		remedy = "use an index from 0 to 15"
	} else if line := p.defined[p.auth]; line != 0 {
		remedy = fmt.Sprintf("key %d is defined in line %d; move the auth line before it", p.auth, line)
	}
	p.fail(fmt.Sprintf("Auth Key [%d] not found in keyfile [%s]", p.auth, p.file), remedy)
}

func (p *parser) invalid(shown string) {
	p.fail(fmt.Sprintf("Auth line [%s] is invalid.", shown), `write "<index> <method> <key>", for example "1 sha1 <key>"`)
}

func (p *parser) fail(text, remedy string) {
	p.found = append(p.found, diag.Diagnostic{File: p.file, Line: p.number, Severity: diag.Error, Text: text, Remedy: remedy})
}

func (p *parser) warn(remedy string) {
	p.found = append(p.found, diag.Diagnostic{File: p.file, Line: p.number, Severity: diag.Warning, Remedy: remedy})
}

// withhold replaces the words after the second one, of which one is probably a key: the
// original prints them into its log.
func withhold(line string) string {
	words := 0
	for i := 0; i < len(line); i++ {
		if isBlank(rune(line[i])) || i > 0 && !isBlank(rune(line[i-1])) {
			continue
		}
		if words++; words == 3 {
			return line[:i] + "***"
		}
	}
	return line
}

// isBlank is isspace of the C locale; wider Unicode blanks may be bytes of a key.
func isBlank(r rune) bool {
	return r == ' ' || r >= '\t' && r <= '\r'
}
