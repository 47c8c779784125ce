package hamsg

import (
	"encoding/base64"
	"fmt"
	"strings"
)

const (
	textHead = ">>>"
	textTail = "<<<"

	// lineFeed stands for a newline within a string of the text form.
	lineFeed = 0x13

	// nestedNewlines end the lines of a nested message, by its depth.
	nestedNewlines = "\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f\x0f\x10\x11\x12"
)

// AppendText appends the old text form of m, ">>>\n" to "<<<\n" (wire spec 1.3). The form has
// no type 5: such a field is written as type 2.
func AppendText(dst []byte, m *Message) []byte { return appendText(dst, m, 0) }

// AppendTextLines appends the lines between ">>>" and "<<<", without auth fields: what the
// token of a text message and the inner auth field sign (wire spec 2.2).
func AppendTextLines(dst []byte, m *Message) []byte {
	for i := range m.Fields {
		if m.Fields[i].Name != authField {
			dst = append(appendLine(dst, &m.Fields[i], 0), '\n')
		}
	}
	return dst
}

// ParseText reads one message in text form at the begin of b and returns it with the number of
// bytes it takes, the newline after "<<<" included. The newline may be missing at the end of b
// and before a NUL. The message does not refer to b. The error is a MalformedError, or ErrTooLarge.
func ParseText(b []byte) (m *Message, n int, err error) {
	n, err = textEnd(b)
	if err != nil {
		return nil, 0, err
	}
	m, err = parseText(string(b[:n]), 0)
	if err != nil {
		return nil, 0, err
	}
	return m, n, nil
}

// newline is what ends the lines of a message nested depth times.
func newline(depth int) byte {
	if depth == 0 {
		return '\n'
	}
	return nestedNewlines[depth-1]
}

func appendText(dst []byte, m *Message, depth int) []byte {
	end := newline(depth)
	dst = append(append(dst, textHead...), end)
	for i := range m.Fields {
		dst = append(appendLine(dst, &m.Fields[i], depth), end)
	}
	return append(append(dst, textTail...), end)
}

func appendLine(dst []byte, f *Field, depth int) []byte {
	if f.Type != String {
		kind := f.Type
		if kind == Uncompressed {
			kind = Struct
		}
		dst = append(dst, '(', '0'+byte(kind), ')')
	}
	dst = append(append(dst, f.Name...), '=')
	from := len(dst)
	switch f.Type {
	case Binary, Compressed:
		return base64.StdEncoding.AppendEncode(dst, []byte(f.Value))
	case Struct, Uncompressed:
		if depth == MaxDepth {
			return dst // Check refuses such a message
		}
		return appendText(dst, child(f), depth+1)
	case List:
		dst = appendList(dst, f.Items)
	default:
		dst = append(dst, f.Value...)
	}
	for i := from; i < len(dst); i++ {
		if dst[i] == '\n' {
			dst[i] = lineFeed
		}
	}
	return dst
}

// textEnd finds where the message at the begin of b is over.
func textEnd(b []byte) (int, error) {
	at, err := expect(b, 0, textHead+"\n")
	for err == nil {
		end := at
		for end < len(b) && b[end] != '\n' && b[end] != 0 {
			end++
		}
		if string(b[at:end]) == textTail {
			return sized(min(end+1, len(b)), b, end)
		}
		switch {
		case end == len(b):
			err = &MalformedError{At: end, What: `end instead of "<<<"`, Short: true}
		case b[end] == 0:
			err = &MalformedError{At: end, What: hasNUL}
		}
		at = end + 1
	}
	return 0, err
}

// sized is the end of a message whose last line ends at end: a NUL there is not part of it.
func sized(n int, b []byte, end int) (int, error) {
	if end < len(b) && b[end] == 0 {
		n = end
	}
	if n > MaxUnpacked {
		return 0, fmt.Errorf("%d bytes: %w", n, ErrTooLarge)
	}
	return n, nil
}

// parseText reads a whole message in text form, nested depth times.
func parseText(s string, depth int) (*Message, error) {
	if depth > MaxDepth {
		return nil, &MalformedError{What: "nesting too deep"}
	}
	end := newline(depth)
	m := &Message{Fields: make([]Field, 0, max(strings.Count(s, string(rune(end)))-2, 0))}
	at := len(textHead) + 1
	if len(s) < at || s[:at-1] != textHead || s[at-1] != end {
		return nil, &MalformedError{What: `no ">>>"`}
	}
	for at < len(s) {
		line, _, _ := strings.Cut(s[at:], string(rune(end)))
		next := at + len(line) + 1
		if line == textTail {
			return m, ended(s, next)
		}
		if err := m.addLine(line, depth); err != nil {
			return nil, shifted(err, at)
		}
		at = next
	}
	return nil, &MalformedError{At: len(s), What: `no "<<<"`}
}

// ended checks that nothing follows a nested message.
func ended(s string, next int) error {
	if next < len(s) {
		return &MalformedError{At: next, What: "bytes after a message"}
	}
	return nil
}

// addLine reads one line of the text form and appends its field. Empty lines are skipped.
func (m *Message) addLine(line string, depth int) error {
	if line == "" {
		return nil
	}
	f, err := parseLine(line, depth)
	if err != nil {
		if bad, ok := err.(*MalformedError); ok && depth == 0 {
			bad.Line = line
		}
		return err
	}
	m.Fields = append(m.Fields, f)
	return nil
}

// parseLine reads "name=value" or "(type)name=value".
func parseLine(line string, depth int) (f Field, err error) {
	rest := line
	if len(line) > 2 && line[0] == '(' && line[2] == ')' {
		f.Type, rest = Type(line[1]-'0'), line[3:]
	}
	name, value, found := strings.Cut(rest, "=")
	f.Name = name
	switch {
	case !found:
		return f, &MalformedError{What: noEquals}
	case !goodName(name):
		return f, &MalformedError{What: "a bad field name"}
	}
	switch f.Type {
	case String:
		err = f.setString(strings.ReplaceAll(value, string(rune(lineFeed)), "\n"))
	case Binary, Compressed:
		f.Value, err = decodeBase64(value)
	case Struct:
		f.Child, err = parseText(value, depth+1)
	case List:
		f.Items, err = parseList(strings.ReplaceAll(value, string(rune(lineFeed)), "\n"))
	default:
		err = &MalformedError{What: "an unknown field type"}
	}
	return f, shifted(err, len(line)-len(value))
}

// decodeBase64 accepts only what AppendText writes, so that a signed line has one reading.
func decodeBase64(s string) (string, error) {
	value, err := base64.StdEncoding.Strict().DecodeString(s)
	if err != nil || strings.ContainsAny(s, "\r\n") {
		return "", &MalformedError{What: "bad base64"}
	}
	return string(value), nil
}
