package hamsg

import "slices"

// New makes a message of string fields from names and values in turn. A last name without a
// value gets an empty one.
func New(pairs ...string) *Message {
	m := &Message{Fields: make([]Field, 0, len(pairs)/2+8)} // room for what the daemon adds
	for i := 0; i < len(pairs); i += 2 {
		value := ""
		if i+1 < len(pairs) {
			value = pairs[i+1]
		}
		m.Add(pairs[i], value)
	}
	return m
}

// Type returns the message type, the field t.
func (m *Message) Type() string { return m.Get("t") }

// Get returns the value of the first field of that name, or "". Nested messages and lists
// have no value here.
func (m *Message) Get(name string) string {
	value, _ := m.Lookup(name)
	return value
}

// Lookup is Get that tells an absent field from an empty one.
func (m *Message) Lookup(name string) (string, bool) {
	if i := m.index(name); i >= 0 {
		return m.Fields[i].Value, true
	}
	return "", false
}

// Set makes the first field of that name a string field with this value, in place, or appends one.
func (m *Message) Set(name, value string) {
	m.put(Field{Name: name, Type: String, Value: value})
}

// SetBinary is Set for a binary field.
func (m *Message) SetBinary(name, value string) {
	m.put(Field{Name: name, Type: Binary, Value: value})
}

// Add appends a string field, even if one of that name is there.
func (m *Message) Add(name, value string) {
	m.Fields = append(m.Fields, Field{Name: name, Type: String, Value: value})
}

// Delete removes all fields of that name.
func (m *Message) Delete(name string) {
	m.Fields = slices.DeleteFunc(m.Fields, func(f Field) bool { return f.Name == name })
}

// Clone returns a copy that shares nothing changeable with m.
func (m *Message) Clone() *Message {
	if m == nil {
		return nil
	}
	c := &Message{Fields: slices.Clone(m.Fields)}
	for i := range c.Fields {
		c.Fields[i].Child = c.Fields[i].Child.Clone()
		c.Fields[i].Items = slices.Clone(c.Fields[i].Items)
	}
	return c
}

func (m *Message) put(f Field) {
	if i := m.index(f.Name); i >= 0 {
		m.Fields[i] = f
		return
	}
	m.Fields = append(m.Fields, f)
}

func (m *Message) index(name string) int {
	if m == nil {
		return -1
	}
	return slices.IndexFunc(m.Fields, func(f Field) bool { return f.Name == name })
}

// nests says whether a field of m is of type 2, 4 or 5: such a message has no inner auth field
// and is always encoded as netstrings (wire spec 1.4).
func (m *Message) nests() bool {
	return slices.ContainsFunc(m.Fields, func(f Field) bool {
		return f.Type == Struct || f.Type == Compressed || f.Type == Uncompressed
	})
}
