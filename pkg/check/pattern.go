package check

import (
	"bytes"
	"strings"

	"systole/pkg/ldirectorcf"
)

// Pattern is a receive string, matched anywhere in the bytes received. The nil Pattern matches
// everything.
type Pattern struct {
	literal []byte // of an expression without any special character, the usual case
	expr    *ldirectorcf.Pattern
}

// Compile prepares a receive string, a Perl regular expression. The empty string gives nil.
func Compile(text string) (*Pattern, error) {
	if text == "" {
		return nil, nil
	}
	if !strings.ContainsAny(text, `\.+*?()|[]{}^$`) {
		return &Pattern{literal: []byte(text)}, nil
	}
	expr, err := ldirectorcf.CompileReceive(text)
	if err != nil {
		return nil, err
	}
	return &Pattern{expr: expr}, nil
}

// Match says whether the pattern is found in the text.
func (p *Pattern) Match(text []byte) bool {
	switch {
	case p == nil:
		return true
	case p.expr == nil:
		return bytes.Contains(text, p.literal)
	}
	return p.expr.Match(text)
}
