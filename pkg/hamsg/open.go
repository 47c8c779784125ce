package hamsg

import (
	"fmt"
	"strconv"
	"strings"

	"systole/pkg/authkeys"
)

// errAuthWords: there is a trailing netstring, but not "<index> <token>" in it.
const errAuthWords Error = "bad authentication string"

// Open authenticates and reads a datagram in either form, and unpacks what is compressed in it.
// Nothing is read out of a netstring datagram that its trailing token does not vouch for; its
// inner auth field is kept and not looked at (wire spec 2.3). Bytes after the message are ignored.
//
// The error is ErrForm (the original is silent then), ErrTooLarge, a MalformedError, an
// AuthError, or ErrPacked. The message does not refer to b.
func Open(b []byte, keys *authkeys.Keyring) (*Message, error) {
	if len(b) > MaxMessage {
		return nil, fmt.Errorf("%d bytes: %w", len(b), ErrTooLarge)
	}
	var m *Message
	var err error
	switch {
	case begins(b, netstringHead):
		m, err = openNetstring(b, keys)
	case begins(b, textHead+"\n"):
		m, err = openText(b, keys)
	default:
		return nil, ErrForm
	}
	if err != nil {
		return nil, err
	}
	return unpack(m)
}

func begins(b []byte, head string) bool {
	return len(b) >= len(head) && string(b[:len(head)]) == head
}

func openNetstring(b []byte, keys *authkeys.Keyring) (*Message, error) {
	fields, end, err := scanNetstrings(b)
	if err != nil {
		return nil, err
	}
	n, err := closeNetstring(b, end)
	if err != nil {
		return nil, err
	}
	index, token, err := trailingToken(b, n)
	if err == nil {
		err = keys.Verify(index, token, b[:n])
	}
	if err != nil {
		return nil, &AuthError{Index: index, Token: token, Size: len(b), Err: err}
	}
	return parseNetstrings(string(b[:end]), fields, 0)
}

// trailingToken reads "<len>:<index> <token>," after the message.
func trailingToken(b []byte, at int) (index int, token string, err error) {
	start, next, err := netstringAt(b, at)
	if err != nil {
		return 0, "", err
	}
	return parseAuth(string(b[start : next-1]))
}

// parseAuth reads "<index> <token>".
func parseAuth(s string) (index int, token string, err error) {
	number, token, found := strings.Cut(s, " ")
	index, err = strconv.Atoi(number)
	if !found || err != nil {
		return 0, s, errAuthWords
	}
	return index, token, nil
}

func openText(b []byte, keys *authkeys.Keyring) (*Message, error) {
	m, _, err := ParseText(b)
	if err != nil {
		return nil, err
	}
	auth := &AuthError{Text: true, Node: m.Get("src"), Size: len(b)}
	words, found := m.Lookup(authField)
	if !found {
		auth.Err = fmt.Errorf("no auth field: %w", ErrMalformed)
		return nil, auth
	}
	auth.Index, auth.Token, auth.Err = parseAuth(words)
	if auth.Err == nil {
		auth.Err = keys.Verify(auth.Index, auth.Token, AppendTextLines(nil, m))
	}
	if auth.Err != nil {
		return nil, auth
	}
	return m, nil
}
