package check

import (
	"bufio"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"net/textproto"
	"strconv"
	"strings"
)

// answer is an HTTP answer: what a check needs of it.
type answer struct {
	code     int
	text     string
	location string
	body     []byte // content encoding untouched, transfer encoding removed
}

func (a answer) status() string { return fmt.Sprintf("%d %s", a.code, a.text) }

// redirects says whether the answer sends us elsewhere.
func (a answer) redirects() bool {
	switch a.code {
	case 301, 302, 303, 307, 308:
		return a.location != ""
	}
	return false
}

var (
	errNoAnswer   = errors.New("server closed connection without sending any data back")
	errNotHTTP    = errors.New("answer is not HTTP")
	errHeaderSize = errors.New("header line too long")
)

// readAnswer reads an answer, past interim ones. A body that ends early is judged by what has
// come: whether the wanted text is in it.
func readAnswer(r io.Reader, method string) (answer, error) {
	h := &headReader{r: bufio.NewReaderSize(r, 1024), left: headerMax}
	for {
		a, head, err := readHead(h)
		if err != nil {
			return a, err
		}
		if a.code/100 == 1 {
			continue
		}
		a.location = head["location"]
		if method != "HEAD" && a.code != 204 && a.code != 304 {
			a.body, err = readBody(h, head)
		}
		return a, err
	}
}

// headReader reads lines up to a total.
type headReader struct {
	r    *bufio.Reader
	left int
}

// line returns a line without its ending.
func (h *headReader) line() (string, error) {
	var b []byte
	for {
		part, err := h.r.ReadSlice('\n')
		h.left -= len(part)
		if h.left < 0 {
			return "", errHeaderSize
		}
		b = append(b, part...)
		if err == nil {
			return strings.TrimRight(string(b), "\r\n"), nil
		}
		if err != bufio.ErrBufferFull {
			return string(b), err
		}
	}
}

// readHead reads the status line and the header, names in lower case, last of equal ones.
func readHead(h *headReader) (answer, map[string]string, error) {
	first, err := h.line()
	if err != nil {
		if first == "" && !errors.Is(err, errHeaderSize) {
			return answer{}, nil, errNoAnswer
		}
		return answer{}, nil, readFailed(err)
	}
	version, rest, _ := strings.Cut(first, " ")
	code, text, _ := strings.Cut(strings.TrimLeft(rest, " "), " ")
	n, err := strconv.Atoi(code)
	if !strings.HasPrefix(version, "HTTP/") || err != nil || n < 100 || n > 999 {
		return answer{}, nil, errNotHTTP
	}
	head := map[string]string{}
	for {
		l, err := h.line()
		if err != nil {
			return answer{}, nil, readFailed(err)
		}
		if l == "" {
			return answer{code: n, text: strings.TrimSpace(text)}, head, nil
		}
		if name, value, ok := strings.Cut(l, ":"); ok {
			head[strings.ToLower(textproto.TrimString(name))] = textproto.TrimString(value)
		}
	}
}

func readFailed(err error) error {
	if errors.Is(err, errHeaderSize) {
		return err
	}
	return fmt.Errorf("read failed: %s", reason(err))
}

// readBody reads at most bodyMax bytes.
func readBody(h *headReader, head map[string]string) ([]byte, error) {
	var body io.Reader = h.r
	codings := strings.ToLower(head["transfer-encoding"])
	switch {
	case strings.HasSuffix(codings, "chunked"):
		body = &chunks{h: h}
	case head["content-length"] != "":
		if n, err := strconv.ParseInt(head["content-length"], 10, 64); err == nil && n >= 0 {
			body = io.LimitReader(body, n)
		}
	}
	body, err := untransfer(body, codings)
	if err != nil {
		return nil, readFailed(err)
	}
	b, _ := io.ReadAll(io.LimitReader(body, bodyMax))
	return b, nil
}

// untransfer removes the transfer codings that our TE header allows.
func untransfer(r io.Reader, codings string) (io.Reader, error) {
	switch {
	case strings.Contains(codings, "gzip"):
		return gzip.NewReader(r)
	case strings.Contains(codings, "deflate"):
		b := bufio.NewReader(r)
		if first, err := b.Peek(1); err == nil && first[0]&15 == 8 {
			return zlib.NewReader(b)
		}
		return flate.NewReader(b), nil
	}
	return r, nil
}

// chunks reads a chunked body.
type chunks struct {
	h    *headReader
	left int64 // of the current chunk
	seen bool  // a chunk has been begun
	end  bool
}

// Read reads from the current chunk, beginning the next one if need be.
func (c *chunks) Read(p []byte) (int, error) {
	if c.left == 0 && !c.end {
		if err := c.begin(); err != nil {
			return 0, err
		}
	}
	if c.end {
		return 0, io.EOF
	}
	n, err := c.h.r.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	return n, err
}

func (c *chunks) begin() error {
	c.h.left = lineMax
	if c.seen {
		if _, err := c.h.line(); err != nil {
			return err
		}
	}
	c.seen = true
	l, err := c.h.line()
	if err != nil {
		return err
	}
	size, _, _ := strings.Cut(l, ";")
	n, err := strconv.ParseInt(strings.TrimSpace(size), 16, 63)
	if err != nil || n < 0 {
		return errNotHTTP
	}
	c.left, c.end = n, n == 0
	return nil
}
