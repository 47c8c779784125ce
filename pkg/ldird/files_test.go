package ldird

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"systole/pkg/director"
	"systole/pkg/ldirectorcf"
)

// TestWatcher: only a new content counts, and only from the second look on.
func TestWatcher(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.cf")
	write := func(text string, age time.Duration) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		at := time.Now().Add(-age)
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	var complaints []string
	w := newWatcher(path, nil, func(text string) { complaints = append(complaints, text) })
	for _, c := range []struct {
		what string
		do   func()
		want bool
	}{
		{"missing", func() {}, false},
		{"missing again", func() {}, false},
		{"first look", func() { write("a", 9*time.Hour) }, false},
		{"nothing", func() {}, false},
		{"touched", func() { write("a", 8*time.Hour) }, false},
		{"changed", func() { write("b", 7*time.Hour) }, true},
		{"once", func() {}, false},
		{"same time", func() { write("c", 0); at := w.changeT; _ = os.Chtimes(path, at, at) }, false},
		{"after a reload", func() { w.forget(); write("d", 6*time.Hour) }, false},
		{"gone", func() { _ = os.Remove(path) }, false},
		{"back", func() { write("e", 5*time.Hour) }, true},
	} {
		c.do()
		if got := w.look(); got != c.want {
			t.Errorf("%s: changed %v, want %v", c.what, got, c.want)
		}
	}
	if want := "can not open file " + path + " for checking"; !slices.Equal(complaints, []string{want, want}) {
		t.Errorf("complaints %q", complaints)
	}
}

// TestMaintenance: addresses, and names by reverse look-up (ldirectord spec 9.8).
func TestMaintenance(t *testing.T) {
	dir := t.TempDir()
	cf := &ldirectorcf.Config{Global: ldirectorcf.Global{MaintenanceDir: dir}}
	a1, a2, a6 := netip.MustParseAddrPort("10.1.0.11:80"), netip.MustParseAddrPort("10.1.0.12:80"), netip.MustParseAddrPort("[2001:db8::11]:80")
	v := ldirectorcf.Virtual{}
	for _, a := range []netip.AddrPort{a1, a2, a6, a1} {
		v.Reals = append(v.Reals, ldirectorcf.Real{Addr: a.Addr(), Port: a.Port()})
	}
	cf.Virtuals = []ldirectorcf.Virtual{v}
	m := newMaintenance(func(director.Event) {})
	m.reverse = func(_ context.Context, addr string) ([]string, error) {
		if addr == "10.1.0.12" {
			return []string{"web2.example.com."}, nil
		}
		return nil, errors.New("no name")
	}
	m.use(cf)
	for _, c := range []struct {
		file string
		want []netip.AddrPort
	}{
		{"10.1.0.11", []netip.AddrPort{a1}}, {"10.1.0.11:80", []netip.AddrPort{a1}}, {"10.1.0.11:81", nil},
		{"[2001:db8::11]", []netip.AddrPort{a6}}, {"[2001:db8::11]:80", []netip.AddrPort{a6}},
		{"web2", []netip.AddrPort{a2}}, {"web2.example.com:80", []netip.AddrPort{a2}}, {"web2:81", nil}, {"web3", nil},
	} {
		file := filepath.Join(dir, c.file)
		if err := os.WriteFile(file, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		m.learnNames(context.Background())
		if got := m.look().Reals; !slices.Equal(got, c.want) {
			t.Errorf("%s: %v in maintenance, want %v", c.file, got, c.want)
		}
		_ = os.Remove(file)
	}
	if got := m.look().Reals; got != nil {
		t.Errorf("empty directory: %v", got)
	}
}

func TestSearchDomains(t *testing.T) {
	path := filepath.Join(t.TempDir(), "resolv.conf")
	text := "nameserver 192.0.2.1\ndomain old.example.com\nsearch a.example.com b.example.com\n"
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if got, want := searchDomains(path), []string{"a.example.com", "b.example.com"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := searchDomains(path + ".none"); got != nil {
		t.Errorf("got %q without a file", got)
	}
}

// TestShells: commands of one key run one after another, those of others beside them.
func TestShells(t *testing.T) {
	var s shells
	gate, order := make(chan struct{}), make(chan string, 3)
	first := s.after("a", func() { <-gate; order <- "a1" })
	second := s.after("a", func() { order <- "a2" })
	other := s.after("b", func() { order <- "b" })
	done := make(chan struct{})
	go func() { second(); close(done) }()
	go first()
	other()
	if got := <-order; got != "b" {
		t.Errorf("%s ran first, want b", got)
	}
	close(gate)
	<-done
	if one, two := <-order, <-order; one != "a1" || two != "a2" {
		t.Errorf("order %s %s", one, two)
	}
}
