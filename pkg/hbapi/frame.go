package hbapi

import (
	"encoding/binary"
	"fmt"
	"io"
	"slices"

	"systole/pkg/hamsg"
)

const (
	headerSize = 8
	magic      = 0xabcd

	// MaxBody is the longest body of a frame in bytes.
	MaxBody = 256 << 10
)

// Error is a reason to give up a stream of frames; errors.Is finds it.
type Error string

// The reasons. After any of them the stream has no frame boundary that could be found again.
const (
	ErrMagic   Error = "bad frame magic"
	ErrTooLong Error = "frame too long"
)

// Error returns the reason in words.
func (e Error) Error() string { return string(e) }

// DecodeFrame finds the frame at the begin of b and returns its body and the bytes it takes with
// its header; n is 0 while b holds only a part of one. The body is a part of b.
func DecodeFrame(b []byte) (body []byte, n int, err error) {
	if len(b) < headerSize {
		return nil, 0, nil
	}
	size, mark := binary.NativeEndian.Uint32(b), binary.NativeEndian.Uint32(b[4:])
	if mark != magic {
		return nil, 0, fmt.Errorf("%w %#x", ErrMagic, mark)
	}
	if size > MaxBody {
		return nil, 0, fmt.Errorf("%w: %d bytes", ErrTooLong, size)
	}
	n = headerSize + int(size)
	if len(b) < n {
		return nil, 0, nil
	}
	return b[headerSize:n], n, nil
}

// AppendFrame appends m as a whole frame: in text form with its NUL, or as netstrings if it holds
// a field that only they can carry (tools spec 8.3). The error is ErrTooLong.
func AppendFrame(dst []byte, m *hamsg.Message) ([]byte, error) {
	return appendFrame(dst, m, onlyNetstring(m))
}

func appendFrame(dst []byte, m *hamsg.Message, netstring bool) ([]byte, error) {
	start := len(dst)
	dst = binary.NativeEndian.AppendUint32(dst, 0)
	dst = binary.NativeEndian.AppendUint32(dst, magic)
	if netstring {
		dst = hamsg.AppendNetstring(dst, m)
	} else {
		dst = append(hamsg.AppendText(dst, m), 0)
	}
	size := len(dst) - start - headerSize
	if size > MaxBody {
		return dst[:start], fmt.Errorf("message %q: %w: %d bytes", m.Type(), ErrTooLong, size)
	}
	binary.NativeEndian.PutUint32(dst[start:], uint32(size))
	return dst, nil
}

func onlyNetstring(m *hamsg.Message) bool {
	return slices.ContainsFunc(m.Fields, func(f hamsg.Field) bool {
		return f.Type == hamsg.Struct || f.Type == hamsg.Compressed || f.Type == hamsg.Uncompressed
	})
}

// ParseBody reads the message of a frame in either form. What follows the message is ignored, as
// in the original: a NUL, or the token of a netstring message, which means nothing here.
func ParseBody(body []byte) (*hamsg.Message, error) {
	parse := hamsg.ParseText
	if len(body) > 0 && body[0] == '#' {
		parse = hamsg.ParseNetstring
	}
	m, _, err := parse(body)
	return m, err
}

// Reader reads frames from a stream. It keeps what it has of a frame when a read fails, so that
// reading can go on after a deadline.
type Reader struct {
	from io.Reader
	buf  []byte
	used int // bytes at the begin of buf that were returned already
}

// NewReader makes a Reader. It grows with what arrives, not with what a header announces.
func NewReader(from io.Reader) *Reader { return &Reader{from: from} }

// Next returns the body of the next frame, valid until the next call. The error is the stream's,
// io.ErrUnexpectedEOF within a frame, ErrMagic or ErrTooLong.
func (r *Reader) Next() ([]byte, error) {
	for {
		body, n, err := DecodeFrame(r.buf[r.used:])
		if err != nil {
			return nil, err
		}
		if n > 0 {
			r.used += n
			return body, nil
		}
		if err := r.fill(); err != nil {
			return nil, err
		}
	}
}

// fill reads once. Bytes that came with an error are kept; the error comes again without bytes.
func (r *Reader) fill() error {
	r.buf = append(r.buf[:0], r.buf[r.used:]...)
	r.used = 0
	r.buf = slices.Grow(r.buf, 4096)
	n, err := r.from.Read(r.buf[len(r.buf):cap(r.buf)])
	r.buf = r.buf[:len(r.buf)+n]
	if n > 0 {
		return nil
	}
	if err == io.EOF && len(r.buf) > 0 {
		return io.ErrUnexpectedEOF
	}
	return err
}
