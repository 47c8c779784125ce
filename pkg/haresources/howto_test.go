package haresources

import (
	"slices"
	"strings"
	"testing"
)

// The files of the how-tos: as published, and as they were meant.
func TestHowTos(t *testing.T) {
	meant := []string{"ldirectord::ldirectord.cf", "IPaddr2::121.254.175.70/32/eth0"}
	for name, c := range map[string]struct {
		text, owner string
		words       []string
	}{
		"published": {"lvsactive.gunnm.xyz \\ldirectord::ldirectord.cf \\\nIPaddr2::121.254.175.70/32/eth0\u00a0\n",
			"lvsactive.gunnm.xyz", []string{`\ldirectord::ldirectord.cf`, meant[1]}},
		"meant": {"lvsactive.gunnm.xyz ldirectord::ldirectord.cf \\\nIPaddr2::121.254.175.70/32/eth0\n",
			"lvsactive.gunnm.xyz", meant},
		"mon": {"#masternode_name       IP\t   DAEMON_NAME\n\ntitanic5.etri.re.kr  129.254.203.149    lvs #mon daemon\n",
			"titanic5.etri.re.kr", []string{"129.254.203.149", "lvs"}},
	} {
		groups, _ := Parse(path, []byte(c.text))
		if len(groups) != 1 || groups[0].Owner != c.owner || !slices.Equal(groups[0].Words(), c.words) {
			t.Errorf("%s: %+v", name, groups)
		}
		if found := CheckNodes(path, []byte(c.text), []string{"lvsactive.gunnm.xyz", "titanic5.etri.re.kr"}); len(found) > 0 {
			t.Errorf("%s: refused: %v", name, found)
		}
	}
}

// Both broken forms say the line to write.
func TestHowToRemedies(t *testing.T) {
	const write = "write: lvsactive.gunnm.xyz ldirectord::ldirectord.cf IPaddr2::121.254.175.70/32/eth0"
	for name, text := range map[string]string{
		"joined":     "lvsactive.gunnm.xyz \\ldirectord::ldirectord.cf \\\nIPaddr2::121.254.175.70/32/eth0\n",
		"empty line": "lvsactive.gunnm.xyz \\ldirectord::ldirectord.cf \\\n\nIPaddr2::121.254.175.70/32/eth0\n",
	} {
		_, found := Parse(path, []byte(text))
		if len(found) == 0 || found[0].Line != 1 || !strings.Contains(found[0].Remedy, `\ldirectord`) || !strings.HasSuffix(found[0].Remedy, write) {
			t.Errorf("%s: %v", name, found)
		}
		refused := CheckNodes(path, []byte(text), []string{"lvsactive.gunnm.xyz"})
		if (len(refused) > 0) != (name == "empty line") {
			t.Fatalf("%s: %v", name, refused)
		}
		for _, d := range refused {
			if d.Text != "Bad nodename in /etc/ha.d//haresources [IPaddr2::121.254.175.70/32/eth0]" || !strings.HasSuffix(d.Remedy, write) {
				t.Errorf("%s: %v", name, d)
			}
		}
	}
}
