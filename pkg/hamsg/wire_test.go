package hamsg

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"systole/pkg/authkeys"
	"systole/pkg/hamsg/pcap"
)

// capture is a file of testdata/wire; its README tells the scenario.
type capture struct {
	file  string
	keys  string
	count int // heartbeat datagrams in it

	// bare: message types of hand-made or msgfmt netstring datagrams carry no inner auth field.
	bare bool

	// odd: frames that are refused, with the reason.
	odd map[int]error
}

func captures() []capture {
	return []capture{
		{file: "ucast-md5-lifecycle", count: 211, keys: "auth 1\n1 md5 another-Secret_9\n"},
		{file: "bcast-crc-lifecycle", count: 213, keys: "auth 1\n1 crc\n"},
		{file: "mcast-sha1-lifecycle", count: 214, keys: "auth 7\n7 sha1 a\n"},
		{file: "ucast-sha1-netstring-lifecycle", count: 196, keys: "auth 2\n2 sha1 Ki7Tooth.and.nail\n", bare: true},
		{file: "ucast-sha1-loss", count: 214, keys: "auth 1\n1 sha1 LossKey2026\n"},
		{file: "ucast-sha1-partition", count: 170, keys: "auth 1\n1 sha1 PartKey\n"},
		{file: "bcast-md5-crash-ping", count: 202, keys: "auth 1\n1 md5 CrashKey\n"},
		{file: "twolinks-eth0-ucast", count: 279, keys: "auth 3\n3 sha1 TwoLinks\n"},
		{file: "twolinks-eth1-bcast", count: 95, keys: "auth 3\n3 sha1 TwoLinks\n"},
		{file: "ucast-sha1-ipfail-standby", count: 203, keys: "auth 2\n2 sha1 IpfailKey\n"},
		{file: "ucast-sha1-compress-zlib", count: 87, keys: "auth 1\n1 sha1 BigKey\n"},
		{file: "ucast-sha1-compress-bz2", count: 84, keys: "auth 1\n1 sha1 BigKey\n"},
		{file: "bcast-sha1-rekey", count: 88, keys: "auth 1\n1 sha1 KeyOne\n2 sha1 KeyTwo\n5 sha1 Wrong\n"},
		{file: "ucast-sha1-hup-restart", count: 133, keys: "auth 1\n1 sha1 HupKey\n"},
		{file: "ucast6-ping6-sha1", count: 149, keys: "auth 1\n1 sha1 V6Key\n"},
		{file: "mcast6-sha1", count: 91, keys: "auth 1\n1 sha1 V6Key\n"},
		{file: "nak-noproto", count: 75, keys: "auth 1\n1 sha1 FakeKey\n"},
		{file: "injected-negative", count: 143, keys: "auth 1\n1 sha1 FakeKey\n", odd: map[int]error{
			17: authkeys.ErrToken, 19: ErrAuth, 23: authkeys.ErrIndex, 25: ErrForm, 28: authkeys.ErrToken,
		}},
	}
}

func (c capture) ring(t testing.TB) *authkeys.Keyring {
	ring, found := authkeys.Parse("authkeys", []byte(c.keys))
	if ring == nil {
		t.Fatalf("keys of %s: %v", c.file, found)
	}
	return ring
}

// datagrams are the heartbeat datagrams of a capture: UDP to a heartbeat port, and echoes.
func (c capture) datagrams(t testing.TB) []*pcap.Datagram {
	f, err := os.Open(filepath.Join("testdata", "wire", c.file+".pcap"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := pcap.ReadAll(f)
	if err != nil {
		t.Fatalf("%s: %v", c.file, err)
	}
	var ours []*pcap.Datagram
	for _, d := range all {
		if d.Echo() || d.Protocol == pcap.UDP {
			ours = append(ours, d)
		}
	}
	return ours
}

func TestOpenCaptures(t *testing.T) {
	for _, c := range captures() {
		ring, ds := c.ring(t), c.datagrams(t)
		if len(ds) != c.count {
			t.Errorf("%s: %d datagrams, want %d", c.file, len(ds), c.count)
		}
		for _, d := range ds {
			m, err := Open(d.Payload, ring)
			if !errors.Is(err, c.odd[d.Frame]) {
				t.Errorf("%s frame %d: %v, want %v: %q", c.file, d.Frame, err, c.odd[d.Frame], d.Payload)
			}
			if err == nil && (m.Get("src") == "" && d.Frame != 93 || m.Type() == "") {
				t.Errorf("%s frame %d: no t or src in %+v", c.file, d.Frame, m)
			}
		}
	}
}

// The bytes of the original come out again, inner and trailing token included.
func TestSealCaptures(t *testing.T) {
	for _, c := range captures() {
		ring := c.ring(t)
		inner, texts := 0, 0
		for _, d := range c.datagrams(t) {
			m, n, err := Parse(d.Payload)
			switch {
			case err != nil || c.odd[d.Frame] != nil:
				continue
			case begins(d.Payload, textHead):
				texts++
				if got := AppendText(nil, m); string(got) != string(d.Payload) {
					t.Errorf("%s frame %d: text\n%q, want\n%q", c.file, d.Frame, got, d.Payload)
				}
				continue
			}
			if got := AppendNetstring(nil, m); string(got) != string(d.Payload[:n]) {
				t.Errorf("%s frame %d: netstrings\n%q, want\n%q", c.file, d.Frame, got, d.Payload[:n])
			}
			if c.file == "injected-negative" && d.Frame == 26 {
				continue // its inner token is wrong
			}
			old, classic := m.Lookup(authField)
			if classic {
				inner++
			}
			ring.Auth, _, _ = trailingToken(d.Payload, n)
			if c.file == "bcast-sha1-rekey" && ring.Auth == 2 && old[0] == '1' {
				continue // sent again after the change of keys, with the inner token of before
			}
			if got := Seal(m, ring, classic); string(got) != string(d.Payload) {
				t.Errorf("%s frame %d: sealed\n%q, want\n%q", c.file, d.Frame, got, d.Payload)
			}
		}
		if (inner == 0) != c.bare || (texts > 0) != (c.file == "injected-negative") {
			t.Errorf("%s: %d messages with inner auth field, %d in text form", c.file, inner, texts)
		}
	}
}

// The compressed captures hold messages of scripts in the local form, one of them in IP fragments.
func TestUnpackCaptures(t *testing.T) {
	for _, c := range captures() {
		if c.file != "ucast-sha1-compress-zlib" && c.file != "ucast-sha1-compress-bz2" {
			continue
		}
		ring := c.ring(t)
		sizes := map[string]int{}
		for _, d := range c.datagrams(t) {
			m, err := Open(d.Payload, ring)
			if err != nil {
				t.Fatalf("%s frame %d: %v", c.file, d.Frame, err)
			}
			if outer, _, _ := ParseNetstring(d.Payload); outer.Get(algorithmField) == "" {
				continue
			}
			sizes[m.Type()] = len(AppendText(nil, m))
			index, token, err := parseAuth(m.Get(authField))
			if err == nil {
				err = ring.Verify(index, token, AppendTextLines(nil, m))
			}
			if err != nil {
				t.Errorf("%s frame %d: inner auth field: %v", c.file, d.Frame, err)
			}
		}
		if sizes["bigtest"] < 4000 || sizes["bigtest2"] < 3200 {
			t.Errorf("%s: unpacked %v", c.file, sizes)
		}
	}
}

// The words of the original about the bad datagrams, without packet and valid token.
func TestLogLinesOfCaptures(t *testing.T) {
	c := captures()[len(captures())-1]
	ring := c.ring(t)
	want := map[int][]LogLine{
		17: {{"ERROR", "authtoken does not match, authtoken="}, {"ERROR", "netstring authentication failed, s=<"}},
		19: {{"ERROR", "peel_netstring() error in getting auth string"}},
		23: {{"WARN", "Invalid authentication [2] in message!"}, {"ERROR", "netstring authentication failed, s=<"}},
		25: nil,
		28: {{"WARN", "string2msg_ll: node [node2] failed authentication"}},
	}
	for _, d := range c.datagrams(t) {
		if c.odd[d.Frame] == nil {
			continue
		}
		_, err := Open(d.Payload, ring)
		got := LogLines(err)
		if len(got) != len(want[d.Frame]) {
			t.Errorf("frame %d: %v, want %v", d.Frame, got, want[d.Frame])
			continue
		}
		for i, line := range got {
			if line.Level != want[d.Frame][i].Level || !strings.HasPrefix(line.Text, want[d.Frame][i].Text) {
				t.Errorf("frame %d: %v, want %v", d.Frame, line, want[d.Frame][i])
			}
			if _, n, err := ParseNetstring(d.Payload); err == nil {
				if _, valid := ring.Sign(d.Payload[:n]); strings.Contains(line.Text, valid) {
					t.Errorf("frame %d: shows a valid token: %v", d.Frame, line)
				}
			}
		}
	}
}
