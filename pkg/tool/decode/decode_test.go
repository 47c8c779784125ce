package decode

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"systole/pkg/golden"
	"systole/pkg/tool"
	"systole/pkg/tool/tooltest"
)

var update = flag.Bool("update", false, "rewrite the expected results")

const wire = "../../hamsg/testdata/wire"

// captures are the files of hamsg's testdata/wire with their keys (see the README there).
func captures() []struct{ file, keys string } {
	return []struct{ file, keys string }{
		{"ucast-md5-lifecycle", "auth 1\n1 md5 another-Secret_9\n"},
		{"bcast-crc-lifecycle", "auth 1\n1 crc\n"},
		{"mcast-sha1-lifecycle", "auth 7\n7 sha1 a\n"},
		{"ucast-sha1-netstring-lifecycle", "auth 2\n2 sha1 Ki7Tooth.and.nail\n"},
		{"ucast-sha1-loss", "auth 1\n1 sha1 LossKey2026\n"},
		{"ucast-sha1-partition", "auth 1\n1 sha1 PartKey\n"},
		{"bcast-md5-crash-ping", "auth 1\n1 md5 CrashKey\n"},
		{"twolinks-eth0-ucast", "auth 3\n3 sha1 TwoLinks\n"},
		{"twolinks-eth1-bcast", "auth 3\n3 sha1 TwoLinks\n"},
		{"ucast-sha1-ipfail-standby", "auth 2\n2 sha1 IpfailKey\n"},
		{"ucast-sha1-compress-zlib", "auth 1\n1 sha1 BigKey\n"},
		{"ucast-sha1-compress-bz2", "auth 1\n1 sha1 BigKey\n"},
		{"bcast-sha1-rekey", "auth 1\n1 sha1 KeyOne\n2 sha1 KeyTwo\n5 sha1 Wrong\n"},
		{"ucast-sha1-hup-restart", "auth 1\n1 sha1 HupKey\n"},
		{"ucast6-ping6-sha1", "auth 1\n1 sha1 V6Key\n"},
		{"mcast6-sha1", "auth 1\n1 sha1 V6Key\n"},
		{"nak-noproto", "auth 1\n1 sha1 FakeKey\n"},
		{"injected-negative", "auth 1\n1 sha1 FakeKey\n"},
	}
}

// run calls the verb and returns what it printed and its exit code.
func run(stdin string, args ...string) (stdout, stderr string, code int) {
	return tooltest.Run(Verb(), stdin, append([]string{"--utc"}, args...)...)
}

func keyFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "authkeys")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSummaries(t *testing.T) {
	for _, c := range captures() {
		out, errs, code := run("", "--summary", "--authkeys", keyFile(t, c.keys), filepath.Join(wire, c.file+".pcap"))
		golden.File(t, *update, "testdata/"+c.file+".txt", out)
		want := exitGood
		if c.file == "injected-negative" {
			want = exitRefused
		}
		if code != want || errs != "" {
			t.Errorf("%s: exit code %d, want %d; %s", c.file, code, want, errs)
		}
	}
}

// Whole listings: the hand-made faults, and a message for every kind of field.
func TestListings(t *testing.T) {
	for _, c := range captures() {
		switch c.file {
		case "injected-negative", "ucast-sha1-ipfail-standby", "ucast-sha1-compress-zlib", "bcast-md5-crash-ping", "ucast-sha1-loss":
			out, _, _ := run("", "--authkeys", keyFile(t, c.keys), filepath.Join(wire, c.file+".pcap"))
			golden.File(t, *update, "testdata/"+c.file+".listing", out)
		}
	}
}

// What the original thought of the hand-made datagrams (README of the captures): those it dropped
// for what they are must be marked so, those that it took must not.
func TestVerdictsOfTheOriginal(t *testing.T) {
	refused := []int{17, 19, 23, 25, 28, 30, 88, 90, 92, 93, 95, 98}
	want := map[int]Kind{31: Duplicate, 33: Duplicate, 35: Gap, 58: Resent, 59: Resent, 63: Resent, 101: Gap, 103: NewLife}
	out, _, _ := run("", "--json", "--authkeys", keyFile(t, "auth 1\n1 sha1 FakeKey\n"), filepath.Join(wire, "injected-negative.pcap"))
	var dropped []int
	for _, e := range entries(t, out) {
		if e.refused() {
			dropped = append(dropped, e.Frame)
		}
		if kind, marked := want[e.Frame]; marked && (len(e.Marks) != 1 || e.Marks[0].Kind != kind) {
			t.Errorf("frame %d: %v, want %s", e.Frame, e.Marks, kind)
		}
		if e.Frame == 99 && len(e.Marks) > 0 {
			t.Errorf("frame 99, an unknown type, is accepted by the original: %v", e.Marks)
		}
	}
	if d := cmp.Diff(refused, dropped); d != "" {
		t.Error(d)
	}
}

func entries(t *testing.T, out string) []Entry {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(out), "\n")
	var list []Entry
	for _, line := range lines[:len(lines)-1] {
		var e Entry
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatal(err)
		}
		list = append(list, e)
	}
	if !strings.HasPrefix(lines[len(lines)-1], `{"summary":`) {
		t.Errorf("the last line is no summary: %s", lines[len(lines)-1])
	}
	return list
}

// Both links in one capture: the second of two equal messages is a copy, not a duplicate.
func TestTwoLinksInOneCapture(t *testing.T) {
	d := &Decoder{}
	var kinds []Kind
	for _, link := range []string{"a", "b", "a"} {
		for _, m := range d.node("node1").sequence(7, link) {
			kinds = append(kinds, m.Kind)
		}
	}
	if d := cmp.Diff([]Kind{Copy, Duplicate}, kinds); d != "" {
		t.Error(d)
	}
}

func TestWithoutKeysNothingIsVerified(t *testing.T) {
	path := filepath.Join(wire, "ucast-sha1-compress-bz2.pcap")
	out, _, code := run("", "--summary", path)
	if code != exitGood || !strings.Contains(out, "unchecked") || !strings.Contains(out, "bigtest2") {
		t.Errorf("exit code %d\n%s", code, out)
	}
	out, _, code = run("", "--summary", "--authkeys", keyFile(t, "auth 1\n1 sha1 Other\n"), path)
	if code != exitRefused || strings.Contains(out, "good") {
		t.Errorf("with the wrong key: exit code %d\n%s", code, out)
	}
}

func TestFilters(t *testing.T) {
	path := filepath.Join(wire, "injected-negative.pcap")
	out, _, _ := run("", "--node", "NODE2", "--type", "NS_rexmit", path)
	lines, _, _ := strings.Cut(out, "\n\n")
	if n := strings.Count(lines, "\n") + 1; n != 5 || strings.Count(lines, "NS_rexmit") != 5 {
		t.Errorf("%d lines\n%s", n, lines)
	}
}

func TestStandardInput(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(wire, "mcast6-sha1.pcap"))
	if err != nil {
		t.Fatal(err)
	}
	out, _, code := run(string(text), "-")
	if code != exitGood || !strings.Contains(out, "mcast6 fe80::") && !strings.Contains(out, "mcast6 fd00::") {
		t.Errorf("exit code %d\n%s", code, out)
	}
	out, errs, code := run(string(text[:len(text)-10]), "-")
	if code != exitUnusable || !strings.Contains(errs, "unexpected EOF") || !strings.Contains(out, "heartbeat messages") {
		t.Errorf("a cut capture: exit code %d, %s", code, errs)
	}
}

func TestWrongCalls(t *testing.T) {
	bad := keyFile(t, "auth 1\n")
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{nil, tool.Usage, "name one capture"},
		{[]string{"a", "b"}, tool.Usage, "name one capture"},
		{[]string{"--nonsense", "a"}, tool.Usage, "unknown flag"},
		{[]string{"/nonexistent"}, exitUnusable, "no such file"},
		{[]string{"--authkeys", "/nonexistent", "a"}, exitUnusable, "no such file"},
		{[]string{"--authkeys", bad, "a"}, exitUnusable, "Auth Key [1] not found"},
		{[]string{bad}, exitUnusable, "pcap header"},
	} {
		if _, errs, code := run("", c.args...); code != c.code || !strings.Contains(errs, c.says) {
			t.Errorf("%q: exit code %d, %q", c.args, code, errs)
		}
	}
}

// Text from the network cannot steer a terminal.
func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"plain text": "plain text", "a\x1b[2Jb": `"a\x1b[2Jb"`, "x\ny": `"x\ny"`, "\xff": `"\xff"`, "ünï": "ünï",
	} {
		if got := printable(in); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, name := range []string{"injected-negative", "bcast-md5-crash-ping"} {
		text, err := os.ReadFile(filepath.Join(wire, name+".pcap"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text[:4000])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		out, _, code := run(string(b), "-")
		for _, r := range out {
			if r < ' ' && r != '\n' || r == 0x7f {
				t.Fatalf("%q in the output", r)
			}
		}
		if code != exitGood && code != exitRefused && code != exitUnusable {
			t.Fatalf("exit code %d", code)
		}
	})
}
