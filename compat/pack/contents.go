package main

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goreleaser/nfpm/v2/files"

	"systole/compat/layout"
)

// borrowed are the places of ours that belong to the package resource-agents where that is
// installed.
func borrowed() []string {
	return []string{
		"/etc/ha.d/shellfuncs",
		"/usr/libexec/heartbeat/findif", "/usr/libexec/heartbeat/send_arp", "/usr/libexec/heartbeat/send_ua",
	}
}

// additional are the files of ours in /etc that the original's packages do not have. An administrator
// may, and who takes systole away would lose them if they were configuration files of the package. So a
// script lays them down from shareDir where there is nothing.
func additional() []string {
	return []string{"/etc/default/heartbeat", "/etc/ha.d/resource.d/LVSSyncDaemonSwap", "/etc/ha.d/resource.d/ipvs-sync"}
}

// shareDir has the copy of shellfuncs that /etc/ha.d/shellfuncs is a link to. A link, as dpkg
// would mix up a configuration file in a diverted place with the diverted one.
const shareDir = "/usr/share/systole/"

// documents are in packages only: source path by place.
func documents(bill string) map[string]string {
	const dir = "/usr/share/doc/systole/"
	return map[string]string{
		dir + "copyright":     "LICENSE",
		dir + "changelog.gz":  "CHANGELOG.md",
		dir + "README.md":     "README.md",
		dir + "sbom.cdx.json": bill,
	}
}

// ownDirs are made by the files in them, but rpm takes away only what is listed.
func (f format) ownDirs() []string {
	dirs := []string{
		"/usr/libexec/heartbeat", "/usr/share/doc/heartbeat", "/usr/share/doc/systole", "/usr/share/heartbeat", "/usr/share/systole", "/var/lib/systole",
	}
	for _, p := range additional() {
		for dir := path.Dir(shareDir + f.place(p)[1:]); !slices.Contains(dirs, dir); dir = path.Dir(dir) {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

// contents is everything in the package.
func (o order) contents(bill string, f format) (files.Contents, error) {
	var out files.Contents
	for _, e := range layout.Table() {
		c, err := o.content(e, f)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.Path, err)
		}
		out = append(out, c...)
	}
	for _, dir := range f.ownDirs() {
		out = append(out, o.file(dir, "", files.TypeDir, 0o755))
	}
	for to, from := range documents(bill) {
		if from != bill {
			from = filepath.Join(o.src, from)
		}
		c, err := o.text(to, from, 0o644)
		if err != nil {
			return nil, err
		}
		out = append(out, c...)
	}
	return out, nil
}

// content is what an entry of the layout becomes: one thing, or for shellfuncs two, or nothing.
func (o order) content(e layout.Entry, f format) (files.Contents, error) {
	to := f.place(e.Path)
	lent := slices.Contains(borrowed(), e.Path)
	switch e.Kind {
	case layout.Dir:
		return files.Contents{o.file(to, "", files.TypeDir, e.Mode)}, nil
	case layout.Link:
		if lent && f.fillsIn {
			return nil, nil
		}
		return files.Contents{o.link(to, e.Source)}, nil
	case layout.File:
		if strings.HasPrefix(to, "/usr/share/man/") {
			to += compressed
		}
		return o.text(to, filepath.Join(o.src, e.Source), e.Mode)
	case layout.Config:
		if slices.Contains(additional(), e.Path) {
			return files.Contents{o.file(shareDir+to[1:], filepath.Join(o.src, e.Source), files.TypeFile, e.Mode)}, nil
		}
		if !lent {
			return files.Contents{o.file(to, filepath.Join(o.src, e.Source), files.TypeConfigNoReplace, e.Mode)}, nil
		}
		shared := shareDir + path.Base(to)
		out := files.Contents{o.file(shared, filepath.Join(o.src, e.Source), files.TypeFile, e.Mode)}
		if !f.fillsIn {
			out = append(out, o.link(to, shared))
		}
		return out, nil
	}
	return o.program(e, to, f)
}

// compressed is the end of the names of manual pages and changelogs in packages.
const compressed = ".gz"

// text is a file of the source tree, compressed if the name in the package says so.
func (o order) text(to, from string, mode fs.FileMode) (files.Contents, error) {
	if strings.HasSuffix(to, compressed) {
		plain, err := os.ReadFile(from)
		if err != nil {
			return nil, err
		}
		from = filepath.Join(o.work, path.Base(to))
		if err := compress(from, plain); err != nil {
			return nil, fmt.Errorf("compress to %s: %w", from, err)
		}
	}
	return files.Contents{o.file(to, from, files.TypeFile, mode)}, nil
}

// compress writes neither name nor time: the same text makes the same bytes.
func compress(to string, text []byte) error {
	f, err := os.Create(to)
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := gzip.NewWriterLevel(f, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := z.Write(text); err != nil {
		return err
	}
	return errors.Join(z.Close(), f.Close())
}

// program is a built program. Only Red Hat's packages can name the group whose rights it has: on
// Debian the group's number is not known before the package's own script has made it.
func (o order) program(e layout.Entry, to string, f format) (files.Contents, error) {
	from := filepath.Join(o.bin, e.Source)
	if _, err := os.Stat(from); err != nil {
		return nil, err
	}
	mode := e.Mode
	if !f.namesGroups {
		mode &^= fs.ModeSetgid
	}
	c := o.file(to, from, files.TypeFile, mode)
	if e.Group != "" && f.namesGroups {
		c.FileInfo.Group = e.Group
	}
	return files.Contents{c}, nil
}

func (o order) file(to, from, kind string, mode fs.FileMode) *files.Content {
	return &files.Content{Source: from, Destination: to, Type: kind,
		FileInfo: &files.ContentFileInfo{Owner: "root", Group: "root", Mode: mode, MTime: o.made}}
}

func (o order) link(to, target string) *files.Content {
	return o.file(to, target, files.TypeSymlink, 0)
}

// moved replaces the beginnings of a path that a distribution has elsewhere.
func moved(p string, moves map[string]string) string {
	for from, to := range moves {
		if rest, ok := strings.CutPrefix(p, from); ok {
			return to + rest
		}
	}
	return p
}
