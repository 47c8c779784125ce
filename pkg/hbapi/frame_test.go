package hbapi

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"systole/pkg/hamsg"
)

func frameOf(t testing.TB, pairs ...string) []byte {
	t.Helper()
	b, err := AppendFrame(nil, hamsg.New(pairs...))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func header(size, mark uint32) []byte {
	return binary.NativeEndian.AppendUint32(binary.NativeEndian.AppendUint32(nil, size), mark)
}

func TestDecodeFrame(t *testing.T) {
	hello := frameOf(t, "t", "hello")
	for name, c := range map[string]struct {
		in   []byte
		n    int
		want error
	}{
		"nothing":            {nil, 0, nil},
		"half a header":      {hello[:5], 0, nil},
		"header only":        {hello[:8], 0, nil},
		"a byte short":       {hello[:len(hello)-1], 0, nil},
		"whole":              {hello, len(hello), nil},
		"two":                {append(bytes.Clone(hello), hello...), len(hello), nil},
		"empty body":         {header(0, magic), 8, nil},
		"longest announced":  {header(MaxBody, magic), 0, nil},
		"too long":           {header(MaxBody+1, magic), 0, ErrTooLong},
		"300000 bytes":       {header(300000, magic), 0, ErrTooLong},
		"negative length":    {header(0xffffffff, magic), 0, ErrTooLong},
		"no magic":           {header(12, 0), 0, ErrMagic},
		"other byte order":   {header(12, 0xcdab0000), 0, ErrMagic},
		"an HTTP request":    {[]byte("GET / HTTP/1.0\r\n\r\n"), 0, ErrMagic},
		"bad and too long":   {header(1<<30, 1), 0, ErrMagic},
		"bad after the good": {append(bytes.Clone(hello), header(1, 1)...), len(hello), nil},
	} {
		body, n, err := DecodeFrame(c.in)
		if n != c.n || !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
			t.Errorf("%s: %d, %v", name, n, err)
		}
		if n > 8 && string(body) != ">>>\nt=hello\n<<<\n\x00" {
			t.Errorf("%s: body %q", name, body)
		}
	}
}

func TestAppendFrame(t *testing.T) {
	nested := hamsg.New("t", "n")
	nested.Fields = append(nested.Fields, hamsg.Field{Name: "s", Type: hamsg.Struct, Child: hamsg.New("a", "b")})
	b, err := AppendFrame([]byte("before"), nested)
	if err != nil || !strings.HasPrefix(string(b), "before") || !strings.HasPrefix(string(b[6+8:]), "###\n") {
		t.Errorf("nested: %q, %v", b, err)
	}
	m, err := ParseBody(b[6+8:])
	if err != nil || m.Type() != "n" {
		t.Errorf("nested: %v, %v", m, err)
	}
	long := hamsg.New("t", "long", "x", strings.Repeat("x", MaxBody))
	if b, err := AppendFrame([]byte("before"), long); !errors.Is(err, ErrTooLong) || string(b) != "before" {
		t.Errorf("long: %d bytes, %v", len(b), err)
	}
}

func TestReader(t *testing.T) {
	stream := append(frameOf(t, "t", "one"), frameOf(t, "t", "two", "x", strings.Repeat("x", 10000))...)
	for name, r := range map[string]io.Reader{
		"at once": bytes.NewReader(stream), "byte by byte": iotest.OneByteReader(bytes.NewReader(stream)),
		"with the error": iotest.DataErrReader(bytes.NewReader(stream)), "halves": iotest.HalfReader(bytes.NewReader(stream)),
	} {
		frames := NewReader(r)
		for _, want := range []string{"one", "two"} {
			body, err := frames.Next()
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if m, err := ParseBody(body); err != nil || m.Type() != want {
				t.Errorf("%s: %v, %v", name, m, err)
			}
		}
		if _, err := frames.Next(); err != io.EOF {
			t.Errorf("%s: end: %v", name, err)
		}
	}
	if _, err := NewReader(bytes.NewReader(stream[:20])).Next(); err != io.ErrUnexpectedEOF {
		t.Errorf("cut off: %v", err)
	}
}

// TestReaderGoesOn: a deadline within a frame loses nothing of it.
func TestReaderGoesOn(t *testing.T) {
	stream := frameOf(t, "t", "one")
	late := &lateReader{parts: [][]byte{stream[:3], nil, stream[3:11], nil, stream[11:]}}
	frames := NewReader(late)
	for range 2 {
		if _, err := frames.Next(); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("deadline: %v", err)
		}
	}
	body, err := frames.Next()
	if err != nil || !bytes.Contains(body, []byte("t=one")) {
		t.Errorf("%q, %v", body, err)
	}
}

type lateReader struct{ parts [][]byte }

func (r *lateReader) Read(p []byte) (int, error) {
	part := r.parts[0]
	r.parts = r.parts[1:]
	if part == nil {
		return 0, os.ErrDeadlineExceeded
	}
	return copy(p, part), nil
}

func FuzzFrame(f *testing.F) {
	f.Add(frameOf(f, "t", "hello"))
	f.Add(header(300000, magic))
	f.Add(append(header(5, magic), "###\nx"...))
	f.Fuzz(func(t *testing.T, in []byte) {
		var whole []string
		rest := in
		for {
			body, n, err := DecodeFrame(rest)
			if err != nil || n == 0 {
				break
			}
			if n != len(body)+8 || n > MaxBody+8 {
				t.Fatalf("%d bytes, body %d", n, len(body))
			}
			whole = append(whole, string(body))
			rest = rest[n:]
			checkBody(t, body)
		}
		frames := NewReader(iotest.OneByteReader(bytes.NewReader(in)))
		for _, want := range whole {
			if body, err := frames.Next(); err != nil || string(body) != want {
				t.Fatalf("reader: %q, %v, want %q", body, err, want)
			}
		}
		if _, err := frames.Next(); err == nil {
			t.Fatal("reader has more")
		}
	})
}

// checkBody: what can be read can be written and read again.
func checkBody(t *testing.T, body []byte) {
	m, err := ParseBody(body)
	if err != nil {
		return
	}
	frame, err := AppendFrame(nil, m)
	if errors.Is(err, ErrTooLong) {
		return
	}
	again, err := ParseBody(frame[8:])
	if err != nil || oneLine(again) != oneLine(m) {
		t.Fatalf("%q became %q, %v", body, frame, err)
	}
}

// FuzzCore plays random frames of two clients and a cluster that loops back.
func FuzzCore(f *testing.F) {
	files, err := filepath.Glob("testdata/sessions/60-*.txt")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range append(files, "testdata/sessions/30-ipfail-node-a.txt", "testdata/sessions/40-ccm-node-a.txt") {
		f.Add(recordedBytes(f, file), uint64(0))
	}
	f.Fuzz(func(t *testing.T, in []byte, who uint64) {
		v := pairView(active)
		c := NewCore(recordedConfig())
		run := &fuzzRun{t: t, core: c, view: v, open: map[Conn]bool{1: true, 2: true}}
		for conn := Conn(1); conn <= 2; conn++ {
			run.do(c.Step(v, Opened{conn, Credentials{PID: 550 + int(conn), UID: 0, GID: 0}}))
			id := []string{"probe", "probe2"}[conn-1]
			if who&1 == 1 {
				run.do(c.Step(v, Frame{conn, hamsg.New("t", typeRequest, "reqtype", "signon", "from_id", id,
					"pid", []string{"551", "552"}[conn-1], "uid", "0", "gid", "0")}))
			}
		}
		for len(in) > 0 {
			body, n, err := DecodeFrame(in)
			if err != nil || n == 0 {
				break
			}
			in = in[n:]
			who = who>>1 | who<<63
			conn := Conn(1 + who&1)
			m, err := ParseBody(body)
			if err != nil {
				m = nil
			}
			run.do(c.Step(v, Frame{conn, m}))
		}
		for conn := Conn(1); conn <= 2; conn++ {
			run.do(c.Step(v, Gone{Conn: conn, Reason: "EOF"}))
		}
		if len(c.clients) != 0 || run.joined != 0 {
			t.Fatalf("%d clients left, %d joined and never left", len(c.clients), run.joined)
		}
	})
}

// fuzzRun checks what a core does: nothing is sent to a connection after its close, and whoever
// joined leaves once.
type fuzzRun struct {
	t      *testing.T
	core   *Core
	view   View
	open   map[Conn]bool
	joined int
}

func (r *fuzzRun) do(effects []Effect) {
	for _, e := range effects {
		switch e := e.(type) {
		case Reply:
			if !r.open[e.Conn] {
				r.t.Fatalf("%v after close", e)
			}
			if _, err := AppendFrame(nil, e.Msg); err != nil && !errors.Is(err, ErrTooLong) {
				r.t.Fatal(err)
			}
		case Close:
			r.open[e.Conn] = false
		case ClusterNote:
			if e.Msg.Get("st") == "join" {
				r.joined++
			} else {
				r.joined--
			}
			r.do(r.core.Deliver(Keep, e.Msg))
		case Broadcast:
			if e.Msg.Get("to_id") != e.Client || e.Msg.Get("from_id") != e.Client {
				r.t.Fatalf("not marked: %v", e)
			}
			r.do(r.core.Deliver(Keep, e.Msg))
		case Log:
			if strings.ContainsAny(e.Text, "\n\r\x00") || len(e.Text) > 1000 {
				r.t.Fatalf("log line %q", e.Text)
			}
		}
	}
}
