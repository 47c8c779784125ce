package hamsg

import (
	"fmt"
	"strconv"

	"systole/pkg/authkeys"
)

// authField holds the token of a text message; in a netstring message it is decoration for
// peers older than heartbeat 2.1 and for tools.
const authField = "auth"

// maxAuth is more than a trailing netstring needs: "43:15 <40 digits>,".
const maxAuth = 64

// Seal returns m as a datagram: its netstring form with the trailing token. With inner, what
// "msgfmt classic" means, an auth field comes last in m, unless m holds nested or compressed
// messages (wire spec 1.4). Auth fields m has are left out; m is not changed. The same message
// and key give the same bytes.
func Seal(m *Message, keys *authkeys.Keyring, inner bool) []byte {
	dst := make([]byte, 0, sealedSize(m))
	dst = appendSigned(dst, m, keys, inner)
	var room [maxAuth]byte
	token := keys.AppendAuth(room[:0], dst)
	return appendNetstring(dst, token)
}

// SealText returns m as a whole message in text form, its token in an auth field: what a serial
// line carries (wire spec 1.4). Auth fields m has are left out; m is not changed.
func SealText(m *Message, keys *authkeys.Keyring) []byte {
	m = m.Clone()
	m.Delete(authField)
	m.Add(authField, string(keys.AppendAuth(nil, AppendTextLines(nil, m))))
	return AppendText(nil, m)
}

// Sealer makes datagrams as ha.cf wants them; it adds compression to Seal.
type Sealer struct {
	Keys  *authkeys.Keyring
	Inner bool // msgfmt classic

	// Traditional is traditional_compression: messages longer than Threshold bytes are
	// compressed whole. Messages from MaxMessage on always are.
	Traditional bool
	Threshold   int
}

// Seal checks m and returns it as a datagram. The error is ErrMalformed, or ErrTooLarge if even
// compressed it does not fit a datagram; such a message must not get a sequence number, because
// the peers would ask for it for ever (wire spec 1.5).
func (s *Sealer) Seal(m *Message) ([]byte, error) {
	if err := m.Check(); err != nil {
		return nil, err
	}
	size := netstringSize(m)
	var packed *Message
	var err error
	switch {
	case size >= MaxMessage || s.Traditional && size > s.Threshold:
		packed, err = packWhole(s.local(m))
	case !s.Traditional:
		packed, err = packFields(m)
	}
	if err != nil {
		return nil, err
	}
	inner := s.Inner
	if packed != nil {
		m, inner = packed, false
	}
	b := Seal(m, s.Keys, inner)
	if len(b) > MaxDatagram {
		return nil, fmt.Errorf("%d bytes as a datagram: %w", len(b), ErrTooLarge)
	}
	return b, nil
}

// local is the form that is compressed whole: that of the local connections of the original.
func (s *Sealer) local(m *Message) []byte {
	if !s.Inner || m.nests() {
		return AppendNetstring(nil, m)
	}
	return append(SealText(m, s.Keys), 0)
}

// sealedSize is enough room for a datagram while it is made: the lines signed by the inner auth
// field are longer than the netstrings by the base64 of binaries.
func sealedSize(m *Message) int {
	size := netstringSize(m) + 2*maxAuth
	for i := range m.Fields {
		size += len(m.Fields[i].Name) + len(m.Fields[i].Value)*3/2 + 8
	}
	return size
}

// appendSigned appends "###\n" to "%%%\n", what the trailing token signs.
func appendSigned(dst []byte, m *Message, keys *authkeys.Keyring, inner bool) []byte {
	dst = append(dst, netstringHead...)
	for i := range m.Fields {
		if m.Fields[i].Name != authField {
			dst = appendNetstringField(dst, &m.Fields[i])
		}
	}
	if inner && !m.nests() {
		lines := AppendTextLines(dst, m)[len(dst):] // scratch behind the datagram
		var room [maxAuth]byte
		token := keys.AppendAuth(room[:0], lines)
		dst = appendNetstringField(dst, &Field{Name: authField, Value: string(token)})
	}
	return append(dst, netstringTail...)
}

func appendNetstring(dst, body []byte) []byte {
	dst = strconv.AppendInt(dst, int64(len(body)), 10)
	dst = append(dst, ':')
	dst = append(dst, body...)
	return append(dst, ',')
}
