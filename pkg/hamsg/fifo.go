package hamsg

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
)

// Splitter finds the messages in what scripts write into the FIFO (wire spec 1.6, tools spec
// 6.1): either form, at the begin of a line or right after a message, with or without the
// newline after "%%%". Lines before a message are skipped. Unlike the original it loses no
// message that follows another one without newline, and none that follows a broken one.
//
//	idle --">>>"--> text       --"<<<"--> message, idle
//	  |                        --bad line, ">>>"--> error, idle
//	  +---"###"--> netstrings  --"%%%"--> message, idle
//	                           --bad netstring--> error, idle from the next line
//
// The zero value is ready to use.
type Splitter struct {
	buf     []byte
	midLine bool // the rest of the current line is to be skipped
}

// Feed takes the next bytes and calls deliver for each message that they complete, and for each
// that is broken, then with an error LogLines has words for. Neither refers to p.
func (s *Splitter) Feed(p []byte, deliver func(*Message, error)) {
	s.buf = append(s.buf, p...)
	done := 0
	for used := 1; used > 0; done += used {
		used = s.step(s.buf[done:], deliver)
	}
	s.buf = s.buf[:copy(s.buf, s.buf[done:])]
}

// step deals with what stands at the begin of b and returns how much of it is done with; 0 if
// more bytes are needed.
func (s *Splitter) step(b []byte, deliver func(*Message, error)) int {
	switch {
	case s.midLine || len(b) == 0:
		return s.skipLine(b)
	case b[0] == 0 || b[0] == '\n':
		return 1
	case bytes.HasPrefix(b, []byte(netstringHead)):
		return s.netstring(b, deliver)
	case bytes.HasPrefix(b, []byte(textHead+"\n")):
		return s.textLines(b, deliver)
	case len(b) < len(netstringHead) && (strings.HasPrefix(netstringHead, string(b)) || strings.HasPrefix(textHead, string(b))):
		return 0
	}
	return s.skipLine(b)
}

func (s *Splitter) skipLine(b []byte) int {
	end := bytes.IndexByte(b, '\n')
	if end < 0 {
		s.midLine = s.midLine || len(b) > 0
		return len(b)
	}
	s.midLine = false
	return end + 1
}

func (*Splitter) netstring(b []byte, deliver func(*Message, error)) int {
	fields, end, err := scanNetstrings(b)
	switch {
	case errors.Is(err, ErrShort) && len(b) <= MaxMessage:
		return 0
	case errors.Is(err, ErrShort) || err == nil && end > MaxMessage:
		err = fmt.Errorf("message of the FIFO: %w", ErrTooLarge)
	case err == nil:
		m, err := parseNetstrings(string(b[:end]), fields, 0)
		deliver(m, err)
		return end + len(netstringTail) - 1
	}
	deliver(nil, err)
	return len(netstringHead)
}

func (s *Splitter) textLines(b []byte, deliver func(*Message, error)) int {
	m := &Message{}
	for at := len(textHead) + 1; at <= MaxMessage; {
		size := bytes.IndexByte(b[at:], '\n')
		if size < 0 && len(b)-at <= MaxLine {
			return 0
		}
		if size < 0 || size > MaxLine {
			cut := string(b[at : at+MaxLine])
			deliver(nil, &MalformedError{At: at + MaxLine, What: "a line too long", Line: cut})
			s.midLine = true
			return at
		}
		line := string(b[at : at+size])
		if line == textTail {
			deliver(m, nil)
			return at + size + 1
		}
		if err := m.addLine(line, 0); err != nil {
			deliver(nil, shifted(err, at))
			return at // the line may begin the next message
		}
		at += size + 1
	}
	deliver(nil, fmt.Errorf("message of the FIFO: %w", ErrTooLarge))
	return len(textHead) + 1
}
