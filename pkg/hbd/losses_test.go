package hbd

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"systole/pkg/hamsg"
)

func TestParseLosses(t *testing.T) {
	l, lines := parseLosses("xmitloss=1\nrcvloss=0.5\nunknown=3\nallownodes=N1;n2;\n")
	want := []string{
		"WARNING: Enabling Test Code",
		"Xmit loss probability = 1.000",
		"Receive loss probability = 0.500",
		"Allow nodes = N1;n2;",
		"WARNING: Above Options Now Enabled.",
	}
	if d := cmp.Diff(want, lines); d != "" {
		t.Error(d)
	}
	if l.send != 1 || l.receive != 0.5 || !slices.Equal(l.allowed, []string{"n1", "n2"}) {
		t.Errorf("%+v", l)
	}
}

// What the original does, tried with a real pair: allowed nodes are heard whatever rcvloss says,
// and any allowed node switches xmitloss off.
func TestLosses(t *testing.T) {
	from := func(node string) *hamsg.Message { return hamsg.New("t", "status", "src", node) }
	for _, c := range []struct {
		text              string
		send, recv, other bool // lost: what is sent, what comes from n2, from n3
	}{
		{"", false, false, false},
		{"xmitloss=1\n", true, false, false},
		{"rcvloss=1\n", false, true, true},
		{"rcvloss=1\nallownodes=n2;\n", false, false, true},
		{"rcvloss=1\nxmitloss=1\nallownodes=n1;\n", false, true, true},
		{"xmitloss=1\nallownodes=n2;\n", false, false, false},
		{"rcvloss=-1\nxmitloss=NaN\n", false, false, false},
		{"rcvloss=7\n", false, true, true},
	} {
		l, _ := parseLosses(c.text)
		if l.loseSent() != c.send || l.loseReceived(from("n2")) != c.recv || l.loseReceived(from("N3")) != c.other {
			t.Errorf("%q: loses sent %v, from n2 %v, from n3 %v", c.text, l.loseSent(), l.loseReceived(from("n2")), l.loseReceived(from("N3")))
		}
	}
	var none *losses
	if none.loseSent() || none.loseReceived(from("n2")) {
		t.Error("nothing is lost without the file")
	}
}

func FuzzParseLosses(f *testing.F) {
	f.Add("xmitloss=1\nrcvloss=0.5\nallownodes=n1;n2;\n")
	f.Add("rcvloss=NaN\nxmitloss=1e999\n=\n")
	f.Fuzz(func(t *testing.T, text string) {
		l, lines := parseLosses(text)
		if !(l.send >= 0 && l.send <= 1 && l.receive >= 0 && l.receive <= 1) {
			t.Errorf("%+v", l)
		}
		if slices.ContainsFunc(lines, func(s string) bool { return strings.ContainsRune(s, '\n') }) {
			t.Errorf("%q", lines)
		}
	})
}
