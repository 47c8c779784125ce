package hamsg

import (
	"fmt"
	"strconv"
	"strings"
)

const (
	netstringHead = "###\n"
	netstringTail = "%%%\n"
)

// AppendNetstring appends the netstring form of m, "###\n" to "%%%\n", without authentication
// (wire spec 1.2). Nothing is checked here; see Check.
func AppendNetstring(dst []byte, m *Message) []byte {
	dst = append(dst, netstringHead...)
	for i := range m.Fields {
		dst = appendNetstringField(dst, &m.Fields[i])
	}
	return append(dst, netstringTail...)
}

// ParseNetstring reads one message in netstring form at the begin of b and returns it with the
// number of bytes it takes, "%%%\n" included. What follows is not looked at. The message does
// not refer to b. The error is a MalformedError, or ErrTooLarge.
func ParseNetstring(b []byte) (m *Message, n int, err error) {
	fields, end, err := scanNetstrings(b)
	if err != nil {
		return nil, 0, err
	}
	if n, err = closeNetstring(b, end); err != nil {
		return nil, 0, err
	}
	m, err = parseNetstrings(string(b[:end]), fields, 0)
	if err != nil {
		return nil, 0, err
	}
	return m, n, nil
}

// netstringSize is the length of what AppendNetstring appends.
func netstringSize(m *Message) int {
	size := len(netstringHead) + len(netstringTail)
	for i := range m.Fields {
		body := bodySize(&m.Fields[i])
		size += digits(body) + body + 2
	}
	return size
}

func appendNetstringField(dst []byte, f *Field) []byte {
	dst = strconv.AppendInt(dst, int64(bodySize(f)), 10)
	dst = append(dst, ':', '(', '0'+byte(f.Type), ')')
	dst = append(dst, f.Name...)
	dst = append(dst, '=')
	switch f.Type {
	case Struct, Uncompressed:
		dst = AppendNetstring(dst, child(f))
	case List:
		dst = appendList(dst, f.Items)
	default:
		dst = append(dst, f.Value...)
	}
	return append(dst, ',')
}

// bodySize is the length of "(type)name=value".
func bodySize(f *Field) int {
	size := len("(0)=") + len(f.Name)
	switch f.Type {
	case Struct, Uncompressed:
		return size + netstringSize(child(f))
	case List:
		return size + listSize(f.Items)
	}
	return size + len(f.Value)
}

// child is the nested message of a field; a field made without one holds an empty message.
func child(f *Field) *Message {
	if f.Child == nil {
		return &Message{}
	}
	return f.Child
}

func digits(n int) int {
	count := 1
	for ; n >= 10; n /= 10 {
		count++
	}
	return count
}

// text is what the scanners read: a datagram before it is believed, a string afterwards.
type text interface{ ~string | ~[]byte }

// scanNetstrings finds the "%%%" that ends a message and counts the fields before it, without
// allocating: a datagram is authenticated before anything else is done with it.
func scanNetstrings[T text](b T) (fields, end int, err error) {
	at, err := expect(b, 0, netstringHead)
	for err == nil {
		if at < len(b) && b[at] == netstringTail[0] {
			_, err = expect(b, at, netstringTail[:3])
			return fields, at, err
		}
		fields++
		_, at, err = netstringAt(b, at)
	}
	return 0, 0, err
}

// closeNetstring returns where a message with its "%%%" at end is over.
func closeNetstring[T text](b T, end int) (int, error) {
	n, err := expect(b, end, netstringTail)
	if err == nil && n > MaxUnpacked {
		err = fmt.Errorf("%d bytes: %w", n, ErrTooLarge)
	}
	return n, err
}

// expect checks that word stands at the offset, and returns the offset after it.
func expect[T text](b T, at int, word string) (int, error) {
	for i := range len(word) {
		if at+i >= len(b) {
			return 0, &MalformedError{At: at + i, What: "end instead of " + strconv.Quote(word), Short: true}
		}
		if b[at+i] != word[i] {
			return 0, &MalformedError{At: at + i, What: "no " + strconv.Quote(word)}
		}
	}
	return at + len(word), nil
}

// netstringAt reads "<len>:<body>," and returns where the body begins and where all ends; the
// body is b[start:next-1]. A length is written without leading zeros.
func netstringAt[T text](b T, at int) (start, next int, err error) {
	size := 0
	for start = at; start < len(b) && b[start] >= '0' && b[start] <= '9'; start++ {
		size = size*10 + int(b[start]-'0')
		if size > MaxUnpacked || start > at && b[at] == '0' {
			return 0, 0, &MalformedError{At: at, What: "a length out of range"}
		}
	}
	colon, err := expect(b, start, ":")
	switch {
	case err != nil:
		return 0, 0, err
	case start == at:
		return 0, 0, &MalformedError{At: at, What: "no length"}
	case colon+size >= len(b):
		return 0, 0, &MalformedError{At: len(b), What: "end within a netstring", Short: true}
	}
	next, err = expect(b, colon+size, ",")
	return colon, next, err
}

// parseNetstrings reads the fields of a scanned message; s ends before its "%%%". Values are
// parts of s.
func parseNetstrings(s string, fields, depth int) (*Message, error) {
	m := &Message{Fields: make([]Field, 0, fields)}
	for at := len(netstringHead); at < len(s); {
		start, next, err := netstringAt(s, at)
		if err != nil {
			return nil, err
		}
		f, err := parseNetstringField(s[start:next-1], depth)
		if err != nil {
			return nil, shifted(err, start)
		}
		m.Fields = append(m.Fields, f)
		at = next
	}
	return m, nil
}

// parseNetstringField reads "(type)name=value".
func parseNetstringField(body string, depth int) (f Field, err error) {
	if len(body) < len("(0)") || body[0] != '(' || body[2] != ')' {
		return f, &MalformedError{What: "no field type"}
	}
	name, value, found := strings.Cut(body[3:], "=")
	f = Field{Name: name, Type: Type(body[1] - '0')}
	switch {
	case !found:
		return f, &MalformedError{What: noEquals}
	case !goodName(name):
		return f, &MalformedError{What: "a bad field name"}
	}
	at := len("(0)=") + len(name)
	switch f.Type {
	case String:
		err = f.setString(value)
	case Binary, Compressed:
		f.Value = value
	case Struct, Uncompressed:
		f.Child, err = parseNestedNetstring(value, depth+1)
	case List:
		f.Items, err = parseList(value)
	default:
		return f, &MalformedError{What: "an unknown field type"}
	}
	return f, shifted(err, at)
}

func parseNestedNetstring(value string, depth int) (*Message, error) {
	if depth > MaxDepth {
		return nil, &MalformedError{What: "nesting too deep"}
	}
	fields, end, err := scanNetstrings(value)
	if err != nil {
		return nil, whole(err)
	}
	n, err := closeNetstring(value, end)
	if err != nil {
		return nil, whole(err)
	}
	if n != len(value) {
		return nil, &MalformedError{At: n, What: "bytes after a nested message"}
	}
	return parseNetstrings(value[:end], fields, depth)
}

// shifted adds the place of a part to the offset of an error in it.
func shifted(err error, by int) error {
	if bad, ok := err.(*MalformedError); ok {
		bad.At += by
	}
	return err
}

// whole says that more bytes after the message would not mend a part of it.
func whole(err error) error {
	if bad, ok := err.(*MalformedError); ok {
		bad.Short = false
	}
	return err
}

// A packed list is the netstrings of its items one after the other: "5:first,6:second,".

func appendList(dst []byte, items []string) []byte {
	for _, item := range items {
		dst = strconv.AppendInt(dst, int64(len(item)), 10)
		dst = append(dst, ':')
		dst = append(dst, item...)
		dst = append(dst, ',')
	}
	return dst
}

func listSize(items []string) int {
	size := 0
	for _, item := range items {
		size += digits(len(item)) + len(item) + 2
	}
	return size
}

func parseList(s string) ([]string, error) {
	if len(s) > MaxList {
		return nil, &MalformedError{What: "a list too long"}
	}
	var items []string
	for at := 0; at < len(s); {
		start, next, err := netstringAt(s, at)
		if err != nil {
			return nil, whole(err)
		}
		item := s[start : next-1]
		if !goodString(item) {
			return nil, &MalformedError{At: start, What: hasNUL}
		}
		items = append(items, item)
		at = next
	}
	return items, nil
}
