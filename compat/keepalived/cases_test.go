package keepalived

import (
	"bytes"
	"flag"
	"net/netip"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"systole/compat/conversion"
	"systole/pkg/golden"
)

var update = flag.Bool("update", false, "rewrite what is made of the cases in testdata")

// Each case file has keepalived.conf, perhaps peer.conf, and what is made of them. Its comment says
// what it is about; a line "node NAME=ADDRESS" or "peer NAME" in it gives the nodes.
func TestCases(t *testing.T) { golden.Cases(t, *update, played, "keepalived.conf", "peer.conf") }

func played(t *testing.T, given *txtar.Archive) []txtar.File {
	var text []byte
	o := options(string(given.Comment))
	for _, f := range given.Files {
		if f.Name == "peer.conf" {
			o.PeerFile, o.PeerText = f.Name, f.Data
		} else {
			text = f.Data
		}
	}
	tree, report, err := Convert("keepalived.conf", text, o)
	if err != nil {
		t.Fatal(err)
	}
	checkAccount(t, text, report)
	return results(tree, report, o)
}

// options finds the nodes in a comment.
func options(comment string) Options {
	o := Options{Node: Node{Name: "node1"}, Peer: Node{Name: "node2"}, Rand: bytes.NewReader(bytes.Repeat([]byte{0x5a}, 20))}
	for line := range strings.Lines(comment) {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		name, addr, _ := strings.Cut(rest, "=")
		n := Node{Name: name}
		n.Addr, _ = netip.ParseAddr(addr)
		switch word {
		case "node":
			o.Node = n
		case "peer":
			o.Peer = n
		}
	}
	return o
}

// results are the files of the first node, of the second those that differ, and the report.
func results(tree conversion.Tree, report *conversion.Report, o Options) []txtar.File {
	var out []txtar.File
	for _, f := range tree {
		same, twin := tree.Find(o.Node.Name + strings.TrimPrefix(f.Path, o.Peer.Name))
		if twin && same.Path != f.Path && bytes.Equal(same.Text, f.Text) {
			continue
		}
		out = append(out, txtar.File{Name: f.Path, Data: f.Text})
	}
	if report.Failed() {
		out = append(out, golden.Lines("errors", report.Errors))
	}
	return out
}

// checkAccount: every line with a word on it is in the report, and every entry has a reason.
func checkAccount(t *testing.T, text []byte, report *conversion.Report) {
	t.Helper()
	if report.Failed() {
		return
	}
	told := report.Accounted()
	tokens, _ := lex(text)
	for _, k := range tokens {
		if k.kind == word && !told[k.line] {
			t.Errorf("line %d: %q is not in the report", k.line, k.text)
			told[k.line] = true
		}
	}
	for _, e := range report.Entries {
		if e.Grade != conversion.Equal && e.Note == "" {
			t.Errorf("line %d: %s is %s without a reason", e.Line, e.Text, e.Grade)
		}
	}
}

// No password is in a report, also where it stands beside its place.
func TestSecrets(t *testing.T) {
	text := "vrrp_instance V {\n interface eth0 #auth_pass hidden interface\n authentication {\n auth_type PASS #auth_pass hidden auth_type\n auth_pas hidden\n auth_pass hidden\n }\n virtual_ipaddress {\n 10.0.0.1\n }\n}\n"
	o := options("")
	o.PeerFile, o.PeerText = "peer", []byte(strings.ReplaceAll(text, "hidden", "hidden2"))
	tree, report, err := Convert("f", []byte(text), o)
	if err != nil || report.Failed() {
		t.Fatal(err, report.Errors)
	}
	f, ok := tree.Find(conversion.ReportName)
	if !ok || strings.Contains(string(f.Text), "hidden") || !strings.Contains(string(f.Text), "auth_pas ***") {
		t.Errorf("%s", f.Text)
	}
}
