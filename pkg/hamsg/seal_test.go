package hamsg

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"systole/pkg/authkeys"
)

func ring() *authkeys.Keyring {
	r := &authkeys.Keyring{Auth: 1}
	r.Keys[1] = authkeys.Key{Method: authkeys.SHA1, Secret: "Ki7Tooth.and.nail"}
	r.Keys[2] = authkeys.Key{Method: authkeys.MD5, Secret: "other"}
	r.Keys[3] = authkeys.Key{Method: authkeys.CRC}
	return r
}

// status is a status message as the daemon sends it each keepalive.
func status() *Message {
	m := New("t", "status", "st", "active", "dt", "7530", "protocol", "1", "src", "lvsactive.gunnm.xyz")
	m.SetBinary("srcuuid", uuid)
	for _, p := range [][2]string{{"seq", "1a"}, {"hg", "6b00d4a4"}, {"ts", "6b00d4a3"}, {"ld", "0.25 0.28 0.18 7/207 162"}, {"ttl", "3"}} {
		m.Add(p[0], p[1])
	}
	return m
}

func TestSealDoesNotChangeTheMessage(t *testing.T) {
	m := status()
	m.Add(authField, "9 stale")
	before := m.Clone()
	b := Seal(m, ring(), true)
	if d := cmp.Diff(before, m); d != "" {
		t.Error(d)
	}
	got, err := Open(b, ring())
	if err != nil {
		t.Fatal(err)
	}
	if last := got.Fields[len(got.Fields)-1]; last.Name != authField || strings.Contains(string(b), "stale") {
		t.Errorf("the inner auth field is not the last one: %q", b)
	}
	if string(b) != string(Seal(m, ring(), true)) {
		t.Error("sealed twice, the bytes differ")
	}
}

func TestSealInner(t *testing.T) {
	nest := &Message{Fields: []Field{{Name: "n", Type: Struct, Child: New("a", "b")}}}
	for _, c := range []struct {
		m           *Message
		inner, want bool
	}{{status(), true, true}, {status(), false, false}, {nest, true, false}} {
		m, err := Open(Seal(c.m, ring(), c.inner), ring())
		if err != nil {
			t.Fatal(err)
		}
		if _, got := m.Lookup(authField); got != c.want {
			t.Errorf("inner %v of %s: %v", c.inner, c.m.Type(), got)
		}
	}
}

func TestOpenAcceptsTheKeyOfTheStatedIndex(t *testing.T) {
	for index := 1; index <= 3; index++ {
		sender := ring()
		sender.Auth = index
		if _, err := Open(Seal(status(), sender, true), ring()); err != nil {
			t.Errorf("key %d: %v", index, err)
		}
	}
}

func TestOpenRefusals(t *testing.T) {
	good := string(Seal(status(), ring(), false))
	text := New("t", "status", "src", "node\x012")
	signed := text.Clone()
	signed.Add(authField, string(ring().AppendAuth(nil, AppendTextLines(nil, text))))
	end := strings.Index(good, netstringTail) + len(netstringTail)
	for _, c := range []struct {
		name, in string
		want     []error
		lines    string
	}{
		{"good", good, nil, ""},
		{"good, bytes after", good + "\x00more", nil, ""},
		{"good text", string(AppendText(nil, signed)), nil, ""},
		{"other value", strings.Replace(good, "active", "dead!!", 1), []error{ErrAuth, authkeys.ErrToken}, "authtoken does not match"},
		{"no trailing", good[:end], []error{ErrAuth, ErrMalformed}, "peel_netstring() error in getting auth string"},
		{"trailing cut", good[:len(good)-1], []error{ErrAuth, ErrMalformed}, "peel_netstring() error in getting auth string"},
		{"trailing without index", good[:end] + "3:abc,", []error{ErrAuth}, "Bad/invalid netstring auth string"},
		{"index no number", good[:end] + "5:x abc,", []error{ErrAuth}, "Bad/invalid netstring auth string"},
		{"index not configured", good[:end] + "5:9 abc,", []error{ErrAuth, authkeys.ErrIndex}, "Invalid authentication [9] in message!"},
		{"index out of range", good[:end] + "6:99 abc,", []error{ErrAuth, authkeys.ErrIndex}, "Invalid authentication [99] in message!"},
		{"token empty", good[:end] + "2:1 ,", []error{ErrAuth, authkeys.ErrToken}, "authtoken does not match, authtoken=..."},
		{"text unsigned", string(AppendText(nil, text)), []error{ErrAuth, ErrMalformed}, "string2msg_ll: node [node?2] failed authentication"},
		{"text signed for another", strings.Replace(string(AppendText(nil, signed)), "=status", "=dead", 1), []error{ErrAuth, authkeys.ErrToken}, "string2msg_ll: node"},
		{"text token of netstrings", ">>>\nauth=x\n<<<\n", []error{ErrAuth}, "string2msg_ll: node []"},
		{"malformed", "###\nhello", []error{ErrMalformed}, ""},
		{"cut", good[:end-2], []error{ErrMalformed, ErrShort}, ""},
		{"text malformed", ">>>\nhello\n<<<\n", []error{ErrMalformed}, "ha_msg_add_nv_depth: line doesn't contain '='"},
		{"no message", "hello", []error{ErrForm}, ""},
		{"empty", "", []error{ErrForm}, ""},
		{"too large", good + strings.Repeat("x", MaxMessage), []error{ErrTooLarge}, ""},
	} {
		m, err := Open([]byte(c.in), ring())
		if (m == nil) != (len(c.want) > 0) || (err != nil) != (len(c.want) > 0) {
			t.Errorf("%s: %v, %v", c.name, m, err)
		}
		for _, want := range c.want {
			if !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", c.name, err, want)
			}
		}
		first := ""
		if lines := LogLines(err); len(lines) > 0 {
			first = lines[0].Text
		}
		if !strings.HasPrefix(first, c.lines) || (first == "") != (c.lines == "") {
			t.Errorf("%s: logs %q, want %q", c.name, first, c.lines)
		}
	}
}

// noise is a string that does not compress.
func noise(n int) string {
	r := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.IntN(255)) + 1
	}
	return string(b)
}

func TestSealer(t *testing.T) {
	long := New("t", "bigtest", "info", strings.Repeat("compresses well ", 300))
	huge := New("t", "huge", "info", strings.Repeat("compresses well ", 20000))
	typed := &Message{Fields: []Field{
		{Name: "t", Value: "typed"},
		{Name: "a", Type: Uncompressed, Child: New("x", strings.Repeat("y", 500))},
		{Name: "b", Type: Uncompressed, Child: New("x", "z")},
	}}
	for _, c := range []struct {
		name   string
		sealer Sealer
		m      *Message
		want   string // a field of the datagram only then
	}{
		{"short", Sealer{Inner: true, Traditional: true, Threshold: 2048}, status(), "(0)auth="},
		{"long, classic", Sealer{Inner: true, Traditional: true, Threshold: 2048}, long, "(1)_compressed_payload="},
		{"long, netstring", Sealer{Traditional: true, Threshold: 2048}, long, "(1)_compressed_payload="},
		{"long, not compressed", Sealer{}, long, "(0)info=compresses well"},
		{"huge", Sealer{Inner: true}, huge, "(1)_compressed_payload="},
		{"typed", Sealer{Inner: true}, typed, "(4)a="},
		{"typed, below the threshold", Sealer{Traditional: true, Threshold: 2048}, typed, "(5)a="},
	} {
		c.sealer.Keys = ring()
		b, err := c.sealer.Seal(c.m)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if !strings.Contains(string(b), c.want) {
			t.Errorf("%s: no %q in %.200q", c.name, c.want, b)
		}
		m, err := Open(b, ring())
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		m.Delete(authField)
		if d := cmp.Diff(asStructs(c.m), asStructs(m)); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
	}
}

// asStructs makes type 5 fields what they are after a compressed transport.
func asStructs(m *Message) *Message {
	m = m.Clone()
	for i := range m.Fields {
		if m.Fields[i].Type == Uncompressed {
			m.Fields[i].Type = Struct
		}
	}
	return m
}

func TestSealerErrors(t *testing.T) {
	s := Sealer{Keys: ring(), Inner: true, Traditional: true, Threshold: 2048}
	for _, c := range []struct {
		name string
		m    *Message
		want error
	}{
		{"noise that no datagram holds", New("t", "bigtest3", "info", noise(120000)), ErrTooLarge},
		{"more than can be unpacked", New("t", "x", "info", strings.Repeat("x", MaxUnpacked)), ErrTooLarge},
		{"bad name", New("t", "x", "a=b", ""), ErrMalformed},
	} {
		if b, err := s.Seal(c.m); b != nil || !errors.Is(err, c.want) {
			t.Errorf("%s: %d bytes, %v, want %v", c.name, len(b), err, c.want)
		}
	}
	typed := &Message{Fields: []Field{{Name: "a", Type: Uncompressed, Child: New("x", strings.Repeat("y", MaxUnpacked))}}}
	if _, err := (&Sealer{Keys: ring()}).Seal(typed); !errors.Is(err, ErrTooLarge) {
		t.Errorf("a type 5 field too large: %v", err)
	}
}

func TestOpenBadCompression(t *testing.T) {
	bomb := deflate([]byte(strings.Repeat("x", MaxUnpacked+1)))
	half := deflate(AppendNetstring(nil, New("x", strings.Repeat("x", MaxUnpacked*2/3))))
	for _, c := range []struct {
		name, algorithm string
		kind            Type
		payload         []string
		want            error
	}{
		{"bomb", "zlib", Binary, []string{bomb}, ErrTooLarge},
		{"two fields too large together", "zlib", Compressed, []string{half, half}, ErrTooLarge},
		{"no zlib", "zlib", Binary, []string{"hello"}, ErrPacked},
		{"zlib cut", "zlib", Binary, []string{deflate([]byte("###\n%%%\n"))[:8]}, ErrPacked},
		{"no bz2", "bz2", Binary, []string{"hello"}, ErrPacked},
		{"unknown algorithm", "lzma", Binary, []string{"hello"}, ErrPacked},
		{"no message", "zlib", Binary, []string{deflate([]byte("hello"))}, ErrForm},
		{"bad message", "zlib", Binary, []string{deflate([]byte("###\nhello"))}, ErrMalformed},
		{"bad field", "zlib", Compressed, []string{deflate([]byte("###\nhello"))}, ErrMalformed},
		{"nested too deep by its place", "zlib", Compressed, []string{deflate([]byte(nested(MaxDepth)))}, ErrMalformed},
	} {
		m := &Message{}
		for _, p := range c.payload {
			name := payloadField
			if c.kind == Compressed {
				name = "field"
			}
			m.Fields = append(m.Fields, Field{Name: name, Type: c.kind, Value: p})
		}
		m.Add(algorithmField, c.algorithm)
		if got, err := Open(Seal(m, ring(), false), ring()); got != nil || !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

func BenchmarkSeal(b *testing.B) {
	m, keys := status(), ring()
	b.ReportAllocs()
	for b.Loop() {
		Seal(m, keys, true)
	}
}

func BenchmarkSealNetstring(b *testing.B) {
	m, keys := status(), ring()
	b.ReportAllocs()
	for b.Loop() {
		Seal(m, keys, false)
	}
}

func BenchmarkOpen(b *testing.B) {
	keys := ring()
	datagram := Seal(status(), keys, true)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Open(datagram, keys); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpenRefused(b *testing.B) {
	datagram := Seal(status(), ring(), true)
	keys := ring()
	keys.Keys[1].Secret = "wrong"
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Open(datagram, keys); err == nil {
			b.Fatal("accepted")
		}
	}
}
