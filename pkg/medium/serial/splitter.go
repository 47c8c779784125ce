package serial

import "bytes"

// The lines around a message of the text form (wire spec 1.3).
const (
	head = ">>>"
	tail = "<<<"
)

// maxMessage is the longest message (wire spec 1.5); more without an end is noise.
const maxMessage = 256 << 10

// splitter finds messages among the bytes of a line. A message cut off by another one's begin,
// and everything between messages, is dropped.
type splitter struct {
	line    []byte // begin of the line that is not complete
	message []byte // lines of the message so far; nil between messages
}

// feed takes the next bytes and calls deliver for each message that they complete, "<<<\n"
// included. The receiver owns what it gets.
func (s *splitter) feed(p []byte, deliver func([]byte)) {
	for len(p) > 0 {
		end := bytes.IndexByte(p, '\n')
		if end < 0 {
			s.add(p)
			return
		}
		s.add(p[:end+1])
		p = p[end+1:]
		if message := s.endLine(); message != nil {
			deliver(message)
		}
	}
}

func (s *splitter) add(p []byte) {
	if s.line = append(s.line, p...); len(s.line)+len(s.message) > maxMessage {
		s.line, s.message = s.line[:0], nil
	}
}

// endLine takes the line that is complete now, and returns the message that it ends. The
// original may write a NUL after a message.
func (s *splitter) endLine() (message []byte) {
	line := bytes.TrimLeft(s.line, "\x00")
	defer func() { s.line = s.line[:0] }()
	switch {
	case string(line) == head+"\n":
		s.message = append([]byte(nil), line...)
	case s.message == nil:
	case string(line) == tail+"\n":
		message = append(s.message, line...)
		s.message = nil
	default:
		s.message = append(s.message, line...)
	}
	return message
}
