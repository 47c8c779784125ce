package authkeys

import (
	"errors"
	"io/fs"
	"strings"
	"testing"

	"systole/pkg/diag"
)

const path = "/etc/ha.d//authkeys"

func TestParseGood(t *testing.T) {
	for _, c := range []struct {
		name, text string
		auth       int
		keys       map[int]Key
		warnings   int
	}{
		{"usual", "auth 2\n2 sha1 Ki7Tooth.and.nail\n", 2, map[int]Key{2: {SHA1, "Ki7Tooth.and.nail"}}, 0},
		{"crc", "auth 1\n1 crc\n", 1, map[int]Key{1: {CRC, ""}}, 0},
		{"index 0 and 15", "auth 15\n0 md5 a\n15 md5 b", 15, map[int]Key{0: {MD5, "a"}, 15: {MD5, "b"}}, 0},
		{"blanks and comments", "\n# auth 3\n \t auth\t1 \n   1   md5\tk\n\t\n", 1, map[int]Key{1: {MD5, "k"}}, 0},
		{"several keys", "1 sha1 one\nauth 2\n2 sha1 two\n", 2, map[int]Key{1: {SHA1, "one"}, 2: {SHA1, "two"}}, 0},
		{"words after the key", "auth 1\n1 sha1 key with blanks\n", 1, map[int]Key{1: {SHA1, "key"}}, 1},
		{"later definition wins", "auth 1\n1 crc\n1 sha1 k\n", 1, map[int]Key{1: {SHA1, "k"}}, 1},
		{"defined before and after", "1 crc\nauth 1\n1 sha1 k\n", 1, map[int]Key{1: {SHA1, "k"}}, 1},
		{"later auth wins", "auth 1\n1 crc\nauth 2\n2 sha1 k\n", 2, map[int]Key{1: {CRC, ""}, 2: {SHA1, "k"}}, 1},
		{"carriage returns", "auth 1\r\n1 sha1 k\r\n", 1, map[int]Key{1: {SHA1, "k"}}, 0},
		{"bytes of a key", "auth 1\n1 sha1 \xa0\x85#\n", 1, map[int]Key{1: {SHA1, "\xa0\x85#"}}, 0},
	} {
		ring, found := Parse(path, []byte(c.text))
		if ring == nil {
			t.Errorf("%s: refused: %v", c.name, found)
			continue
		}
		want := Keyring{Auth: c.auth}
		for i, k := range c.keys {
			want.Keys[i] = k
		}
		if *ring != want {
			t.Errorf("%s: got %+v, want %+v", c.name, *ring, want)
		}
		if len(found) != c.warnings {
			t.Errorf("%s: diagnostics %v, want %d", c.name, found, c.warnings)
		}
	}
}

func TestParseErrors(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []string // "line: text"
	}{
		{"empty", "", []string{"0: Missing auth directive in keyfile [/etc/ha.d//authkeys]"}},
		{"no auth", "1 sha1 k\n", []string{"0: Missing auth directive in keyfile [/etc/ha.d//authkeys]"}},
		{"undefined", "auth 3\n1 sha1 k\n", []string{"1: Auth Key [3] not found in keyfile [/etc/ha.d//authkeys]"}},
		{"defined earlier", "1 sha1 k\nauth 1\n", []string{"2: Auth Key [1] not found in keyfile [/etc/ha.d//authkeys]"}},
		{"auth beyond the table", "auth 16\n", []string{"1: Auth Key [16] not found in keyfile [/etc/ha.d//authkeys]"}},
		{"auth negative", "auth -1\n", []string{"1: Auth Key [-1] not found in keyfile [/etc/ha.d//authkeys]"}},
		{"auth x", "auth x\n1 crc\n", []string{"1: Invalid auth line [auth x\n] in /etc/ha.d//authkeys", "0: Missing auth directive in keyfile [/etc/ha.d//authkeys]"}},
		{"auth alone, no newline", "auth", []string{"1: Invalid auth line [auth] in /etc/ha.d//authkeys", "0: Missing auth directive in keyfile [/etc/ha.d//authkeys]"}},
		{"other word with a", "auth 1\n1 crc\nauthor 1\n", []string{"3: Invalid auth line [author 1\n] in /etc/ha.d//authkeys"}},
		{"index 16", "auth 1\n1 crc\n16 sha1 k\n", []string{"3: Invalid authnum [16] in /etc/ha.d//authkeys"}},
		{"index -1", "auth 1\n1 crc\n-1 sha1 k\n", []string{"3: Invalid authnum [-1] in /etc/ha.d//authkeys"}},
		{"unknown method", "auth 1\n1 sha256 secretkey\n", []string{"2: Invalid authtype [sha256]"}},
		{"none is no method", "auth 1\n1 none\n", []string{"2: Invalid authtype [none]"}},
		{"key missing", "auth 1\n1 sha1\n", []string{"2: Auth method [sha1] requires a key"}},
		{"crc with key", "auth 1\n1 crc secretkey\n", []string{"2: Auth method [crc] doesn't use a key"}},
		{"other", "auth 1\n1 crc\nsha1 1\n", []string{"3: Auth line [sha1 1\n] is invalid."}},
		{"index alone", "auth 1\n1\n", []string{"2: Auth line [1\n] is invalid.", "1: Auth Key [1] not found in keyfile [/etc/ha.d//authkeys]"}},
		{"key withheld", "auth 1\n1 crc\n#\n\n one sha1 secretkey\n", []string{"5: Auth line [one sha1 ***\n] is invalid."}},
		{"key withheld in auth line", "auth sha1 secretkey\n", []string{"1: Invalid auth line [auth sha1 ***\n] in /etc/ha.d//authkeys", "0: Missing auth directive in keyfile [/etc/ha.d//authkeys]"}},
		{"NUL", "auth 1\n1 crc\n2 sha1\x00secretkey\n", []string{"3: Auth line [2 sha1\n] is invalid."}},
		{"number too big", "auth 99999999999999999999\n", []string{"1: Invalid auth line [auth 99999999999999999999\n] in /etc/ha.d//authkeys", "0: Missing auth directive in keyfile [/etc/ha.d//authkeys]"}},
		{"all at once", "auth 1\n1 foo\n2 sha1\n17 crc\n", []string{"2: Invalid authtype [foo]", "3: Auth method [sha1] requires a key", "4: Invalid authnum [17] in /etc/ha.d//authkeys"}},
	} {
		ring, found := Parse(path, []byte(c.text))
		if ring != nil {
			t.Errorf("%s: a ring with errors", c.name)
		}
		if got := texts(found); strings.Join(got, "|") != strings.Join(c.want, "|") {
			t.Errorf("%s:\n got %q\nwant %q", c.name, got, c.want)
		}
	}
}

// texts are the errors as "line: text"; each must have the file and a remedy.
func texts(found []diag.Diagnostic) []string {
	var got []string
	for _, d := range found {
		if d.Severity != diag.Error {
			continue
		}
		text := string(rune('0'+d.Line)) + ": " + d.Text
		if d.File != path || d.Remedy == "" {
			text += " (no file or remedy)"
		}
		got = append(got, text)
	}
	return got
}

func TestRemedyNamesTheEarlierLine(t *testing.T) {
	_, found := Parse(path, []byte("# keys\n1 sha1 k\nauth 1\n"))
	if len(found) != 1 || found[0].Remedy != "key 1 is defined in line 2; move the auth line before it" {
		t.Errorf("found %v", found)
	}
}

func TestCheckMode(t *testing.T) {
	for _, c := range []struct {
		mode fs.FileMode
		good bool
	}{
		{0o600, true}, {0o400, true}, {0o622, true}, {0o711, true}, {0o000, true},
		{0o640, false}, {0o604, false}, {0o644, false}, {0o440, false},
	} {
		d, good := CheckMode(path, c.mode)
		if good != c.good {
			t.Errorf("mode %o: %v, want %v", c.mode, good, c.good)
		}
		if !good && d.Text != "Bad permissions on keyfile [/etc/ha.d//authkeys], 600 recommended." {
			t.Errorf("mode %o: %q", c.mode, d.Text)
		}
	}
}

func TestMissing(t *testing.T) {
	d := Missing(path, errors.New("no such file or directory"))
	if d.Text != "Cannot open keyfile [/etc/ha.d//authkeys].  Stop." || !strings.HasPrefix(d.Remedy, "no such file") {
		t.Errorf("got %+v", d)
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"auth 1\n1 crc\n", "auth 2\n2 sha1 k w\n", "1 sha1 k\nauth 1\n", "auth x\n\n#\n16 md5", "a", "1 sha1\x00k"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		ring, found := Parse(path, text)
		if (ring == nil) != diag.Failed(found) {
			t.Fatalf("ring %v with diagnostics %v", ring, found)
		}
		if ring == nil {
			return
		}
		index, token := ring.Sign(text)
		if err := ring.Verify(index, token, text); err != nil {
			t.Fatalf("own token refused: %v", err)
		}
		if ring.Verify(index, token, append(text, '!')) == nil {
			t.Fatal("token of other data accepted")
		}
	})
}
