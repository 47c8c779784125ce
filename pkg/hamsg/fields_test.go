package hamsg

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFields(t *testing.T) {
	m := New("t", "status", "st", "active", "alone")
	if m.Type() != "status" || m.Get("st") != "active" || m.Get("none") != "" {
		t.Errorf("look-ups in %+v", m)
	}
	if v, ok := m.Lookup("alone"); v != "" || !ok {
		t.Errorf("empty field: %q %v", v, ok)
	}
	if _, ok := m.Lookup("none"); ok {
		t.Error("an absent field was found")
	}
	m.Add("st", "second")
	m.Set("st", "dead")
	m.SetBinary("st2", "\x00\x01")
	m.Set("new", "1")
	want := &Message{Fields: []Field{
		{Name: "t", Value: "status"}, {Name: "st", Value: "dead"}, {Name: "alone"},
		{Name: "st", Value: "second"}, {Name: "st2", Type: Binary, Value: "\x00\x01"}, {Name: "new", Value: "1"},
	}}
	if d := cmp.Diff(want, m); d != "" {
		t.Error(d)
	}
	m.Delete("st")
	if _, ok := m.Lookup("st"); ok || len(m.Fields) != 4 {
		t.Errorf("after Delete: %+v", m)
	}
}

func TestCloneSharesNothing(t *testing.T) {
	m := New("t", "x")
	m.Fields = append(m.Fields,
		Field{Name: "child", Type: Struct, Child: New("a", "b")},
		Field{Name: "list", Type: List, Items: []string{"one", "two"}})
	c := m.Clone()
	if d := cmp.Diff(m, c); d != "" {
		t.Error(d)
	}
	c.Set("t", "y")
	c.Fields[1].Child.Set("a", "c")
	c.Fields[2].Items[0] = "three"
	if m.Get("t") != "x" || m.Fields[1].Child.Get("a") != "b" || m.Fields[2].Items[0] != "one" {
		t.Errorf("the original changed: %+v", m)
	}
	if (*Message)(nil).Clone() != nil {
		t.Error("a clone of nothing")
	}
}
