package hamsg

import (
	"bytes"
	"compress/bzip2"
	"compress/zlib"
	"fmt"
	"io"
	"strings"
)

// The fields of a compressed message (wire spec 1.5), and the algorithms they name.
const (
	payloadField   = "_compressed_payload"
	algorithmField = "_compression_algorithm"

	algorithmZlib  = "zlib"
	algorithmBzip2 = "bz2"
)

// packWhole returns the message that carries another one, given in its local form. It is
// compressed by zlib, whatever ha.cf prefers: there is no maintained bzip2 compressor for Go.
func packWhole(local []byte) (*Message, error) {
	if len(local) > MaxUnpacked {
		return nil, fmt.Errorf("%d bytes before compression: %w", len(local), ErrTooLarge)
	}
	packed := &Message{}
	packed.SetBinary(payloadField, deflate(local))
	packed.Add(algorithmField, algorithmZlib)
	return packed, nil
}

// packFields returns a copy of m with its type 5 fields compressed to type 4, nil if m has none.
func packFields(m *Message) (*Message, error) {
	var packed *Message
	for i := range m.Fields {
		if m.Fields[i].Type != Uncompressed {
			continue
		}
		if packed == nil {
			packed = m.Clone()
		}
		body := AppendNetstring(nil, child(&m.Fields[i]))
		if len(body) > MaxUnpacked {
			return nil, fmt.Errorf("field %s: %d bytes before compression: %w", m.Fields[i].Name, len(body), ErrTooLarge)
		}
		packed.Fields[i] = Field{Name: m.Fields[i].Name, Type: Compressed, Value: deflate(body)}
	}
	if packed != nil {
		packed.Set(algorithmField, algorithmZlib)
	}
	return packed, nil
}

func deflate(b []byte) string {
	var out strings.Builder
	w := zlib.NewWriter(&out)
	w.Write(b) // a Builder takes every write
	w.Close()
	return out.String()
}

// unpack returns the message within a message compressed whole, or m with its compressed fields
// made nested messages. It unpacks once and no more than MaxUnpacked bytes in all.
func unpack(m *Message) (*Message, error) {
	algorithm, named := m.Lookup(algorithmField)
	if !named {
		return m, nil
	}
	if i := m.index(payloadField); i >= 0 {
		return inflate(algorithm, m.Fields[i].Value, MaxUnpacked)
	}
	left := MaxUnpacked
	for i := range m.Fields {
		f := &m.Fields[i]
		if f.Type != Compressed {
			continue
		}
		nested, err := inflate(algorithm, f.Value, left)
		if err != nil {
			return nil, fmt.Errorf("field %s: %w", f.Name, err)
		}
		*f = Field{Name: f.Name, Type: Struct, Child: nested}
		left -= netstringSize(nested)
	}
	m.Delete(algorithmField)
	if err := m.Check(); err != nil { // the nesting may be too deep only now
		return nil, err
	}
	return m, nil
}

// inflate reads a compressed message in either form.
func inflate(algorithm, packed string, most int) (*Message, error) {
	r, err := unpacker(algorithm, packed)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(io.LimitReader(r, int64(most)+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %v: %w", algorithm, err, ErrPacked)
	case len(b) > most:
		return nil, fmt.Errorf("unpacked: %w", ErrTooLarge)
	}
	m, _, err := Parse(b)
	if err != nil {
		return nil, fmt.Errorf("unpacked: %w", err)
	}
	return m, nil
}

func unpacker(algorithm, packed string) (io.Reader, error) {
	switch algorithm {
	case algorithmZlib:
		r, err := zlib.NewReader(strings.NewReader(packed))
		if err != nil {
			return nil, fmt.Errorf("zlib: %v: %w", err, ErrPacked)
		}
		return r, nil
	case algorithmBzip2:
		return bzip2.NewReader(strings.NewReader(packed)), nil
	}
	return nil, fmt.Errorf("algorithm %q: %w", algorithm, ErrPacked)
}

// Parse reads one message in either form, without authentication, as local connections use
// them. It returns the message and its length, like ParseNetstring and ParseText.
func Parse(b []byte) (*Message, int, error) {
	switch {
	case bytes.HasPrefix(b, []byte(netstringHead)):
		return ParseNetstring(b)
	case bytes.HasPrefix(b, []byte(textHead+"\n")):
		return ParseText(b)
	}
	return nil, 0, ErrForm
}
