package hbd

import (
	"testing"

	"systole/pkg/hamsg"
)

// What another node says that it sees is kept until it says otherwise; strangers, this node itself and
// nonsense are not.
func TestSees(t *testing.T) {
	c := newChronicle("node1")
	nodes := []string{"node1", "node2"}
	says := func(node, text string) {
		msg := hamsg.New("t", "status", "src", node)
		if text != "" {
			msg.Add(fieldSees, text)
		}
		c.sees(nodes, node, msg)
	}
	says("node2", "local;node1,active,eth0+412")
	says("node3", "local;node1,active,eth0+412")
	says("node1", "local;node2,active,eth0+412")
	if len(c.sights) != 1 || c.sights["node2"].Holds != "local" || len(c.sights["node2"].Nodes) != 1 {
		t.Errorf("it keeps %+v", c.sights)
	}
	for _, text := range []string{"nonsense", ""} {
		says("node2", "all")
		if says("node2", text); len(c.sights) != 0 {
			t.Errorf("after %q it keeps %+v", text, c.sights)
		}
	}
}
