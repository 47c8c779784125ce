package hamsg

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func seeds(f *testing.F, add func(b []byte)) {
	for _, m := range []*Message{status(), every(), {}, nest(3)} {
		add(AppendNetstring(nil, m))
		add(AppendText(nil, m))
		add(Seal(m, ring(), true))
	}
	for _, s := range []string{"###\n7:(0)t=,%%%", ">>>\n(2)t=>>>\x14<<<\x14\n<<<\n", "###\n3:(3),%%%\n", ">>>\n<<<", "hello"} {
		add([]byte(s))
	}
}

// What the parser takes, Check takes, and it comes out again byte for byte.
func FuzzParseNetstring(f *testing.F) {
	seeds(f, func(b []byte) { f.Add(b) })
	f.Fuzz(func(t *testing.T, b []byte) {
		m, n, err := ParseNetstring(b)
		if err != nil {
			return
		}
		if err := m.Check(); err != nil {
			t.Fatal(err)
		}
		if again := AppendNetstring(nil, m); string(again) != string(b[:n]) || netstringSize(m) != n {
			t.Fatalf("%q became %q (size %d)", b[:n], again, netstringSize(m))
		}
	})
}

// What is parsed once reads the same after being written.
func FuzzParseText(f *testing.F) {
	seeds(f, func(b []byte) { f.Add(b) })
	f.Fuzz(func(t *testing.T, b []byte) {
		m, n, err := ParseText(b)
		if err != nil {
			return
		}
		if n > len(b) || m.Check() != nil {
			t.Fatalf("%d of %d bytes, %v", n, len(b), m.Check())
		}
		again, _, err := ParseText(AppendText(nil, m))
		if err != nil {
			t.Fatalf("%q: %v", AppendText(nil, m), err)
		}
		if d := cmp.Diff(m, again); d != "" {
			t.Fatal(d)
		}
	})
}

// Open believes nothing that was not sealed with a key of the ring.
func FuzzOpen(f *testing.F) {
	seeds(f, func(b []byte) { f.Add(b) })
	f.Fuzz(func(t *testing.T, b []byte) {
		keys := ring()
		keys.Keys[3].Method = 0 // anybody can compute a crc
		m, err := Open(b, keys)
		if (m == nil) == (err == nil) {
			t.Fatalf("%v, %v", m, err)
		}
		for _, line := range LogLines(err) {
			if line.Level == "" || line.Text == "" && line.Level != "info" {
				t.Fatalf("line %+v", line)
			}
		}
		if err == nil && m.Check() != nil {
			t.Fatal(m.Check())
		}
	})
}

// A message put together from fuzzed fields survives Seal and Open, compressed or not, unless
// Check refuses it; one changed bit is noticed.
func FuzzSealOpen(f *testing.F) {
	f.Add("status", "st", "active", "srcuuid", []byte(uuid), uint8(1), true, 77)
	f.Add("t", "list", "a,b", "child", []byte("a\nb"), uint8(3), false, 0)
	f.Add("t", "x", strings.Repeat("y", 3000), "child", []byte("a\nb"), uint8(5), true, 5)
	f.Fuzz(func(t *testing.T, kind, n1, v1, n2 string, v2 []byte, typ uint8, inner bool, flip int) {
		m := New("t", kind, n1, v1)
		field := Field{Name: n2, Type: Type(typ)}
		switch field.Type {
		case Struct, Uncompressed:
			field.Child = New(n1, v1)
		case List:
			field.Items = strings.Split(string(v2), ",")
		default:
			field.Value = string(v2)
		}
		m.Fields = append(m.Fields, field)
		if reserved(n1) || reserved(n2) {
			return
		}
		for _, traditional := range []bool{false, true} {
			s := Sealer{Keys: ring(), Inner: inner, Traditional: traditional, Threshold: 100}
			b, err := s.Seal(m)
			if err != nil {
				continue
			}
			got, err := Open(b, ring())
			if err != nil {
				t.Fatalf("%q: %v", b, err)
			}
			got.Delete(authField)
			if d := cmp.Diff(asStructs(m), asStructs(got)); d != "" && !textLoses(m) {
				t.Fatal(d)
			}
			b[uint(flip)%uint(len(b))] ^= 1 << (uint(flip) % 8)
			if changed, err := Open(b, ring()); err == nil {
				t.Fatalf("a changed bit was believed: %+v", changed)
			}
		}
	})
}

func reserved(name string) bool {
	return name == authField || name == payloadField || name == algorithmField
}

// textLoses says that a string of m has a byte with a meaning of its own in the text form.
func textLoses(m *Message) bool {
	return strings.ContainsAny(string(AppendNetstring(nil, m)), "\x0f\x10\x11\x12\x13\x14\x15")
}

// However the input is cut, the same is delivered, and the buffer stays bounded.
func FuzzSplitter(f *testing.F) {
	seeds(f, func(b []byte) { f.Add(b, 5) })
	f.Add([]byte("x\n>>>\nt=a\n<<<\n###\n6:(0)t=n,%%%>>>\nt\n>>>\n<<<\n"), 3)
	f.Fuzz(func(t *testing.T, b []byte, piece int) {
		if piece <= 0 {
			piece = 1
		}
		whole, cut := feed(string(b), len(b)+1), feed(string(b), piece)
		if fmt.Sprint(whole) != fmt.Sprint(cut) {
			t.Fatalf("whole %q, in pieces of %d %q", whole, piece, cut)
		}
	})
}
