package check

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Libraries believe what a server says about its own message: one that announces 4 GB gets 4 GB of
// memory, and a result of 2^40 columns ends the process. So a library reads through a gate that
// hands on whole messages only, after it has received them and looked at what they announce.

// messageMax is the size of a message of a database or directory, in bytes.
const messageMax = bodyMax

// errMessage is how a read fails when a server sends what no honest one does.
var errMessage = errors.New("implausible message")

// gate is a connection that delivers whole messages.
type gate struct {
	*wire
	next  func(r io.Reader) ([]byte, error) // reads one message
	ready []byte
}

// Read delivers what is left of the message that is being handed on, or reads the next one.
func (g *gate) Read(b []byte) (int, error) {
	for len(g.ready) == 0 {
		m, err := g.next(g.wire)
		if err != nil {
			return 0, err
		}
		g.ready = m
	}
	n := copy(b, g.ready)
	g.ready = g.ready[n:]
	return n, nil
}

// readFixed reads the fixed beginning of a message.
func readFixed(r io.Reader, n int) ([]byte, error) {
	b := make([]byte, n, n+64)
	_, err := io.ReadFull(r, b)
	return b, err
}

// readRest appends size bytes to a message. Memory grows with what comes, not with what is announced.
func readRest(r io.Reader, head []byte, size int64) ([]byte, error) {
	if size < 0 || size > messageMax {
		return nil, fmt.Errorf("%w: %d bytes", errMessage, size)
	}
	b := bytes.NewBuffer(head)
	if n, err := io.CopyN(b, r, size); err != nil {
		return nil, fmt.Errorf("message ends after %d of %d bytes: %w", n, size, err)
	}
	return b.Bytes(), nil
}

// pgsqlMessage reads a message of a PostgreSQL server: a letter, then the length without it.
func pgsqlMessage(r io.Reader) ([]byte, error) {
	head, err := readFixed(r, 5)
	if err != nil {
		return nil, err
	}
	return readRest(r, head, int64(binary.BigEndian.Uint32(head[1:]))-4)
}

// mysqlMessage reads a packet of a MySQL server: length in three bytes, number, payload. Packet 1
// answers a command; its payload begins with the number of columns, and MySQL has at most 4096.
func mysqlMessage(r io.Reader) ([]byte, error) {
	head, err := readFixed(r, 4)
	if err != nil {
		return nil, err
	}
	size := int64(head[0]) | int64(head[1])<<8 | int64(head[2])<<16
	m, err := readRest(r, head, size)
	if err != nil {
		return nil, err
	}
	if size == 0 || m[3] == 1 && (m[4] == 0xfd || m[4] == 0xfe) {
		return nil, errMessage
	}
	return m, nil
}

// TNS, the protocol of Oracle.
const (
	tnsHeader      = 8
	tnsAccept      = 2
	tnsWideVersion = 315 // from here on lengths have four bytes instead of two
)

// tns reads packets of an Oracle server; what the accept packet says decides about those after it.
type tns struct{ wide bool }

func (t *tns) message(r io.Reader) ([]byte, error) {
	head, err := readFixed(r, tnsHeader)
	if err != nil {
		return nil, err
	}
	size := int64(binary.BigEndian.Uint16(head))
	if t.wide {
		size = int64(binary.BigEndian.Uint32(head))
	}
	m, err := readRest(r, head, size-tnsHeader)
	if err == nil && m[4] == tnsAccept && len(m) >= tnsHeader+2 && binary.BigEndian.Uint16(m[tnsHeader:]) >= tnsWideVersion {
		t.wide = true
	}
	return m, err
}

// BER as far as LDAP uses it (RFC 4511, 5.1): definite lengths, tags of one byte.
const (
	berSequence    = 0x30
	berConstructed = 0x20
	berHighTag     = 0x1f
	berLongLength  = 0x80
	berDepth       = 16 // LDAP needs 6; the library descends as deep as it is told
)

// ldapMessage reads a message of an LDAP server.
func ldapMessage(r io.Reader) ([]byte, error) {
	head, err := readFixed(r, 2)
	if err != nil {
		return nil, err
	}
	if head[0] != berSequence {
		return nil, errMessage
	}
	size := int64(head[1])
	if size >= berLongLength {
		n := int(size - berLongLength)
		if n == 0 || n > 4 {
			return nil, errMessage
		}
		long, err := readFixed(r, n)
		if err != nil {
			return nil, err
		}
		head = append(head, long...)
		size = berNumber(long)
	}
	from := len(head)
	m, err := readRest(r, head, size)
	if err == nil {
		err = berPlausible(m[from:], berDepth)
	}
	return m, err
}

func berNumber(b []byte) (n int64) {
	for _, c := range b {
		n = n<<8 | int64(c)
	}
	return n
}

// berPlausible says whether elements fill their place and nest no deeper than depth.
func berPlausible(b []byte, depth int) error {
	if depth == 0 {
		return fmt.Errorf("%w: nested too deep", errMessage)
	}
	for len(b) > 0 {
		content, rest, ok := berElement(b)
		if !ok {
			return fmt.Errorf("%w: element out of place", errMessage)
		}
		if b[0]&berConstructed != 0 {
			if err := berPlausible(content, depth-1); err != nil {
				return err
			}
		}
		b = rest
	}
	return nil
}

// berElement splits the first element off.
func berElement(b []byte) (content, rest []byte, ok bool) {
	if len(b) < 2 || b[0]&berHighTag == berHighTag {
		return nil, nil, false
	}
	size, from := int64(b[1]), 2
	if size >= berLongLength {
		from += int(size - berLongLength)
		if from == 2 || from > 6 || from > len(b) {
			return nil, nil, false
		}
		size = berNumber(b[2:from])
	}
	if size > int64(len(b)-from) {
		return nil, nil, false
	}
	return b[from : from+int(size)], b[from+int(size):], true
}
