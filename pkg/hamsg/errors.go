package hamsg

import (
	"errors"
	"fmt"
	"strings"

	"systole/pkg/authkeys"
)

// Error is a class of refusals; errors.Is finds it in what this package returns.
type Error string

// The classes. A datagram of ErrForm is dropped silently by the original, the others are logged.
const (
	ErrForm      Error = "neither a netstring nor a text message"
	ErrMalformed Error = "malformed message"
	ErrShort     Error = "message ends early" // also an ErrMalformed
	ErrTooLarge  Error = "message too large"
	ErrAuth      Error = "message not authenticated"
	ErrPacked    Error = "compressed message cannot be unpacked"
)

// Error returns the class in words.
func (e Error) Error() string { return string(e) }

// Limits of the original (wire spec 1.5), in bytes.
const (
	MaxMessage  = 256 << 10 // a message as it is sent
	MaxUnpacked = 2 << 20   // a message after decompression
	MaxDatagram = 65507     // what UDP over IPv4 carries
	MaxDepth    = 16        // nested messages
	MaxList     = 1023      // a packed list
	MaxLine     = 511       // a line of the FIFO
)

// MalformedError is an ErrMalformed: what is wrong, and after how many bytes.
type MalformedError struct {
	At    int
	What  string
	Short bool   // more bytes could make it right; then it is an ErrShort too
	Line  string // of a text message: the line refused
}

// Error says what is wrong and where.
func (e *MalformedError) Error() string {
	return fmt.Sprintf("%v: %s at byte %d", ErrMalformed, e.What, e.At)
}

// Is makes the error an ErrMalformed, and an ErrShort if it is one.
func (e *MalformedError) Is(target error) bool {
	return target == ErrMalformed || e.Short && target == ErrShort
}

// AuthError is an ErrAuth: why a message was not believed. Err is authkeys.ErrIndex,
// authkeys.ErrToken, or something else if the message has no authentication or a broken one.
type AuthError struct {
	Index int    // stated by the message
	Token string // as received; it may be valid under another key, so do not log it whole
	Node  string // src of a message in text form
	Text  bool   // the message is in text form
	Size  int    // of the datagram in bytes
	Err   error
}

// Error says why, without a token.
func (e *AuthError) Error() string { return fmt.Sprintf("%v: %v", ErrAuth, e.Err) }

// Unwrap returns the reason.
func (e *AuthError) Unwrap() error { return e.Err }

// Is makes the error an ErrAuth.
func (e *AuthError) Is(target error) bool { return target == ErrAuth }

// LogLine is a line the original logs; Level is its level word.
type LogLine struct{ Level, Text string }

// LogLines returns the original's words about an error of Open or of a Splitter (wire spec 2.3,
// tools spec 6.1). Unlike the original they show neither the packet, nor the token it should
// have had, nor all of the token it has. An error about which the original is silent has none.
func LogLines(err error) []LogLine {
	var auth *AuthError
	var bad *MalformedError
	switch {
	case errors.As(err, &auth):
		return auth.lines()
	case errors.As(err, &bad) && bad.Line != "":
		return bad.lines()
	}
	return nil
}

func (e *AuthError) lines() []LogLine {
	failed := LogLine{"ERROR", fmt.Sprintf("netstring authentication failed, s=<%d bytes>, autotoken=%s,", e.Size, begin(e.Token))}
	switch {
	case e.Text:
		return []LogLine{{"WARN", fmt.Sprintf("string2msg_ll: node [%s] failed authentication", printable(e.Node))}}
	case errors.Is(e.Err, authkeys.ErrIndex):
		return []LogLine{{"WARN", fmt.Sprintf("Invalid authentication [%d] in message!", e.Index)}, failed}
	case errors.Is(e.Err, authkeys.ErrToken):
		return []LogLine{{"ERROR", "authtoken does not match, authtoken=" + begin(e.Token)}, failed}
	case errors.Is(e.Err, errAuthWords):
		return []LogLine{{"WARN", "Bad/invalid netstring auth string"}, failed}
	}
	return []LogLine{{"ERROR", "peel_netstring() error in getting auth string"}}
}

func (e *MalformedError) lines() []LogLine {
	failure := LogLine{"ERROR", fmt.Sprintf("NV failure (msgfromsteam): [%s\n]", printable(e.Line))}
	if e.What != noEquals {
		return []LogLine{failure}
	}
	return []LogLine{
		{"WARN", "ha_msg_add_nv_depth: line doesn't contain '='"},
		{"info", printable(e.Line)},
		failure,
	}
}

// begin shows enough of a received token to compare it with a capture.
func begin(token string) string {
	const shown = 4
	return printable(token[:min(len(token), shown)]) + "..."
}

// printable makes received text safe to log.
func printable(s string) string {
	cut := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, s[:min(len(s), MaxLine)])
	if len(s) > MaxLine {
		cut += "..."
	}
	return cut
}
