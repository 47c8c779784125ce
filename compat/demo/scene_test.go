package main

import (
	"errors"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"systole/pkg/diag"
	"systole/pkg/hacf"
	"systole/pkg/haresources"
	"systole/pkg/ldirectorcf"
)

// onDisk is what a machine gets of an example: path on its disk, file of the example. A later file
// replaces an earlier one, as on the disk.
func onDisk(t *testing.T, h howto, m machine) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, f := range m.files {
		from := filepath.Join(howtoDir("../..", h.number), f.from)
		err := filepath.WalkDir(from, func(name string, e fs.DirEntry, err error) error {
			if err == nil && !e.IsDir() {
				out[f.to+name[len(from):]] = name
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// Every how-to's scene is the one that the files of its example are for: names, addresses and
// devices are the same in both.
func TestScenesFitTheirExamples(t *testing.T) {
	for _, h := range howtos() {
		t.Run(h.number, func(t *testing.T) {
			for i, m := range h.directors {
				disk := onDisk(t, h, m)
				fitsHeartbeat(t, h, m, h.directors[1-i], read(t, disk["/etc/ha.d/ha.cf"]))
				fitsResources(t, h, read(t, disk["/etc/ha.d/haresources"]))
				if conf, ok := disk["/etc/ha.d/ldirectord.cf"]; ok {
					fitsDirector(t, h, read(t, conf))
				}
			}
		})
	}
}

// fitsHeartbeat compares ha.cf with the machine that it is for and with the other director.
func fitsHeartbeat(t *testing.T, h howto, m, peer machine, text []byte) {
	t.Helper()
	cfg, found, _ := hacf.Load(hacf.Env{Node: m.name}, "ha.cf", text)
	if cfg == nil || diag.Failed(found) {
		t.Fatalf("ha.cf: %v", found)
	}
	if want := []string{h.directors[active].name, h.directors[standby].name}; !slices.Equal(cfg.Nodes, want) {
		t.Errorf("ha.cf is for %q, not %q", cfg.Nodes, want)
	}
	for _, medium := range cfg.Media {
		i := slices.IndexFunc(peer.ports, func(p port) bool { return p.dev == medium.Device })
		switch {
		case medium.Kind == hacf.Ping:
			if medium.Node != h.router.addr().String() {
				t.Errorf("ping node %s, not %s", medium.Node, h.router.addr())
			}
		case i < 0:
			t.Errorf("%s has no device %q", m.name, medium.Device)
		case medium.Target != "" && medium.Target != peer.ports[i].addr.Addr().String():
			t.Errorf("%s of %s leads to %s, not to %s", medium.Device, m.name, medium.Target, peer.ports[i].addr)
		}
	}
	if cfg.Logfile != h.haLog {
		t.Errorf("log %s, not %s", cfg.Logfile, h.haLog)
	}
}

// fitsResources wants just the addresses in haresources that the scene has move.
func fitsResources(t *testing.T, h howto, text []byte) {
	t.Helper()
	groups, found := haresources.Parse("haresources", text)
	if diag.Failed(found) || len(groups) != 1 {
		t.Fatalf("haresources: %q, %v", groups, found)
	}
	var have []netip.Addr
	for _, word := range strings.Fields(groups[0].String()) {
		word, _, _ = strings.Cut(strings.TrimPrefix(word, "IPaddr2::"), "/")
		if a, err := netip.ParseAddr(word); err == nil {
			have = append(have, a)
		}
	}
	if !slices.Equal(have, h.moves) || h.moves[0] != h.service.Addr() {
		t.Errorf("haresources moves %v, the scene %v for %s", have, h.moves, h.service)
	}
}

// fitsDirector wants ldirectord.cf to have the service and its web servers.
func fitsDirector(t *testing.T, h howto, text []byte) {
	t.Helper()
	cfg, found := ldirectorcf.Load(ldirectorcf.Env{}, "ldirectord.cf", text)
	if cfg == nil || diag.Failed(found) || len(cfg.Virtuals) != 1 {
		t.Fatalf("ldirectord.cf: %v", found)
	}
	var want, have []string
	for _, w := range h.webs {
		want = append(want, w.addr().String()+":80")
	}
	for _, r := range cfg.Virtuals[0].Reals {
		have = append(have, netip.AddrPortFrom(r.Addr, r.Port).String())
	}
	slices.Sort(want)
	slices.Sort(have)
	if !slices.Equal(have, want) || cfg.Virtuals[0].Name != h.service.String() {
		t.Errorf("ldirectord.cf has %v of %v, not %v of %v", have, cfg.Virtuals[0].Name, want, h.service)
	}
}

// No tree of an example is left out: what has an etc or usr is on a machine of the scene.
func TestScenesUseTheirExamples(t *testing.T) {
	for _, h := range howtos() {
		var used []string
		for _, m := range h.directors {
			for _, f := range m.files {
				used = append(used, strings.Split(f.from, "/")[0])
			}
		}
		dirs, err := os.ReadDir(howtoDir("../..", h.number))
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range dirs {
			_, etc := os.Stat(filepath.Join(howtoDir("../..", h.number), d.Name(), "etc"))
			_, usr := os.Stat(filepath.Join(howtoDir("../..", h.number), d.Name(), "usr"))
			if (!errors.Is(etc, fs.ErrNotExist) || !errors.Is(usr, fs.ErrNotExist)) && d.IsDir() && !slices.Contains(used, d.Name()) {
				t.Errorf("how-to %s: %s is on no machine", h.number, d.Name())
			}
		}
	}
}

// What a picture shows is what the scene has: every address of a machine that is not behind another
// name, and those that move.
func TestPicturesShowTheScene(t *testing.T) {
	for _, h := range howtos() {
		var addrs []netip.Addr
		for _, m := range h.machines() {
			for _, p := range m.ports {
				if p.net != clientNet {
					addrs = append(addrs, p.addr.Addr())
				}
			}
		}
		for _, a := range slices.Concat(addrs, h.moves, clientList()[:1]) {
			if !slices.Contains(strings.FieldsFunc(h.picture, notInAddress), a.String()) {
				t.Errorf("the picture of how-to %s has no %s", h.number, a)
			}
		}
	}
}

func notInAddress(r rune) bool { return r != '.' && (r < '0' || r > '9') }

func TestFindHowto(t *testing.T) {
	for _, h := range howtos() {
		if got, err := findHowto(h.number); err != nil || got.title != h.title || len(got.steps) == 0 {
			t.Errorf("%s: %q with %d steps (%v)", h.number, got.title, len(got.steps), err)
		}
	}
	if _, err := findHowto("005"); err == nil {
		t.Error("a how-to that does not exist is found")
	}
}
