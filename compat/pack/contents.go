package main

import (
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

// shareDir has the copy of shellfuncs that /etc/ha.d/shellfuncs is a link to. A link, as dpkg
// would mix up a configuration file in a diverted place with the diverted one.
const shareDir = "/usr/share/systole/"

// documents are in packages only: source path by place.
func documents(bill string) map[string]string {
	const dir = "/usr/share/doc/systole/"
	return map[string]string{
		dir + "copyright":     "LICENSE",
		dir + "changelog":     "CHANGELOG.md",
		dir + "README.md":     "README.md",
		dir + "sbom.cdx.json": bill,
	}
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
	for to, from := range documents(bill) {
		if from != bill {
			from = filepath.Join(o.src, from)
		}
		out = append(out, o.file(to, from, files.TypeFile, 0o644))
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
		return files.Contents{o.file(to, filepath.Join(o.src, e.Source), files.TypeFile, e.Mode)}, nil
	case layout.Config:
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
