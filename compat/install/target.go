package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"systole/compat/layout"
)

// target is a system that things are installed on.
type target struct {
	dest string // "" is the machine itself
	bin  string // the built programs
	src  string // the source tree
	out  io.Writer
	past record
}

// path is where something of the installed system is now.
func (t *target) path(installed string) string { return filepath.Join(t.dest, "/", installed) }

// machine says whether the machine itself is the target, and may be changed.
func (t *target) machine() bool { return t.dest == "" && os.Geteuid() == 0 }

// install makes all entries. It ends at the first that fails; what was installed until then is
// remembered.
func (t *target) install(table []layout.Entry) (err error) {
	if t.machine() {
		if err := makeAccount(t.out); err != nil {
			return err
		}
	}
	if t.past, err = readRecord(t.path(RecordPath)); err != nil {
		return err
	}
	for _, e := range table {
		if err = t.place(e); err != nil {
			err = fmt.Errorf("%s: %w", e.Path, err)
			break
		}
	}
	return errors.Join(err, t.writeRecord())
}

func (t *target) place(e layout.Entry) error {
	switch e.Kind {
	case layout.Dir:
		return t.placeDir(e)
	case layout.Link:
		return t.placeLink(e)
	case layout.Config:
		return t.placeConfig(e)
	case layout.File:
		return t.copy(filepath.Join(t.src, e.Source), e)
	default:
		return t.placeProgram(e)
	}
}

// placeDir makes a directory with its owner. One that is there stays as it is.
func (t *target) placeDir(e layout.Entry) error {
	path := t.path(e.Path)
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	if err := os.MkdirAll(path, 0o755); err != nil {
		return err
	}
	if err := os.Chmod(path, e.Mode); err != nil {
		return err
	}
	if t.machine() {
		return chown(path, e)
	}
	return nil // a package, or an image: tmpfiles.d gives the owners at boot
}

func (t *target) placeProgram(e layout.Entry) error {
	from := filepath.Join(t.bin, e.Source)
	if _, err := os.Stat(from); e.Kind == layout.Optional && errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if e.Group == "" {
		return t.copy(from, e)
	}
	return t.copyWithGroup(from, e)
}

// copyWithGroup gives a program the rights of a group. Which number that has is known on the
// machine itself only; elsewhere the program stays without: a package gives them later.
func (t *target) copyWithGroup(from string, e layout.Entry) error {
	mode := e.Mode
	e.Mode &^= fs.ModeSetgid
	if err := t.copy(from, e); err != nil || !t.machine() {
		return err
	}
	if err := chgrp(t.path(e.Path), e.Group); err != nil {
		return err
	}
	return os.Chmod(t.path(e.Path), mode)
}

// placeLink replaces what is there, but no directory; and no program by a link to itself, where
// an administrator made /usr/lib/heartbeat a link to the directory of the programs.
func (t *target) placeLink(e layout.Entry) error {
	path := t.path(e.Path)
	if info, err := os.Lstat(path); err == nil && info.IsDir() {
		fmt.Fprintf(t.out, "%s is a directory and stays; it was to be a link to %s\n", e.Path, e.Source)
		return nil
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if real, err := os.Stat(dir); err == nil && !filepath.IsAbs(e.Source) {
		to := filepath.Join(dir, e.Source)
		home, err := os.Stat(filepath.Dir(to))
		if err == nil && os.SameFile(real, home) && filepath.Base(to) == filepath.Base(path) {
			return nil
		}
	}
	fresh := path + ".systole-tmp"
	if err := os.Remove(fresh); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Symlink(e.Source, fresh); err != nil {
		return err
	}
	return os.Rename(fresh, path)
}

func (t *target) copy(from string, e layout.Entry) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return write(t.path(e.Path), text, e.Mode)
}

// write replaces a file at one stroke: a program that runs keeps the old one.
func write(path string, text []byte, mode fs.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".systole-tmp-*")
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}
