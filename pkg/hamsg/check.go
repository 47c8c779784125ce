package hamsg

import (
	"fmt"
	"strings"
)

// What is wrong with a field, where several readers say it.
const (
	noEquals = "a line without '='"
	hasNUL   = "a NUL in a string"
)

// Check tells whether m can be encoded and read back: good names and types, strings without
// NUL, short lists, limited nesting. The parsers return only such messages. The error is an
// ErrMalformed that names the field.
func (m *Message) Check() error { return m.check(0) }

func (m *Message) check(depth int) error {
	if depth > MaxDepth {
		return fmt.Errorf("%w: nesting too deep", ErrMalformed)
	}
	for i := range m.Fields {
		if err := m.Fields[i].check(depth); err != nil {
			return err
		}
	}
	return nil
}

func (f *Field) check(depth int) error {
	what := ""
	switch {
	case !goodName(f.Name):
		what = "a bad name"
	case f.Type > Uncompressed:
		what = "an unknown type"
	case f.Type == Struct || f.Type == Uncompressed:
		return child(f).check(depth + 1)
	case f.Type == String && !goodString(f.Value) || f.Type == List && !goodString(strings.Join(f.Items, "")):
		what = hasNUL
	case f.Type == List && listSize(f.Items) > MaxList:
		what = "a list too long"
	default:
		return nil
	}
	return fmt.Errorf("%w: field %q: %s", ErrMalformed, f.Name, what)
}

// goodName refuses names that would be read as something else in one of the forms: a control
// byte could end a line, a parenthesis begins a type. The original refuses fewer.
func goodName(name string) bool {
	if name == "" || name[0] == '(' {
		return false
	}
	for i := range len(name) {
		if c := name[i]; c < ' ' || c == 0x7f || c == '=' {
			return false
		}
	}
	return true
}

func goodString(s string) bool { return strings.IndexByte(s, 0) < 0 }

func (f *Field) setString(value string) error {
	if !goodString(value) {
		return &MalformedError{What: hasNUL}
	}
	f.Value = value
	return nil
}
