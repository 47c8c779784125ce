package keepalived

import (
	"bytes"
	"io/fs"
	"net/netip"
	"strings"
	"testing"

	"systole/compat/conversion"
	"systole/pkg/diag"
	"systole/pkg/golden"
)

// Whatever the file: no panic; each line with a word is in the report; what is made is read by the
// daemons without an error, is the same for both nodes but for ha.cf, and lies inside their trees.
func FuzzConvert(f *testing.F) {
	for _, c := range golden.Given(f) {
		f.Add(c.Data)
	}
	f.Add([]byte("vrrp_instance V\n{ interface e\n virtual_ipaddress { ::1/1 fe80::/128 brd + 1.2.3.4/31 } }\nvirtual_server_group G { 0.0.0.0/0 1 ::/0 2 1.2.3.4-1 }"))
	f.Fuzz(func(t *testing.T, text []byte) {
		o := Options{Node: Node{Name: "a", Addr: netip.MustParseAddr("10.0.0.1")}, Peer: Node{Name: "b", Addr: netip.MustParseAddr("10.0.0.2")},
			Rand: bytes.NewReader(make([]byte, 20))}
		tree, report, err := Convert("f", text, o)
		if err != nil {
			t.Fatal(err)
		}
		if report.Failed() != (tree == nil) {
			t.Fatalf("a tree of %d files with errors %v", len(tree), report.Errors)
		}
		checkAccount(t, text, report)
		checkTree(t, tree, o)
	})
}

func checkTree(t *testing.T, tree conversion.Tree, o Options) {
	t.Helper()
	for _, f := range tree {
		if !fs.ValidPath(f.Path) {
			t.Errorf("path %q", f.Path)
		}
		rest, own := strings.CutPrefix(f.Path, o.Node.Name+"/")
		if !own || strings.HasSuffix(rest, "/ha.cf") {
			continue
		}
		if twin, ok := tree.Find(o.Peer.Name + "/" + rest); !ok || !bytes.Equal(twin.Text, f.Text) {
			t.Errorf("%s differs between the nodes", rest)
		}
	}
	for _, name := range []string{o.Node.Name, o.Peer.Name} {
		for _, d := range findings(tree, name, name) {
			if d.Severity == diag.Error {
				t.Errorf("%s: %v", name, d)
			}
		}
	}
}
