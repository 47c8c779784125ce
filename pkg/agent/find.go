package agent

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
)

// ErrNotFound says that no script of that name exists in the resource directories.
var ErrNotFound = errors.New("no such resource script")

// Find returns the path of the script of that name: the first regular executable file in
// Runner.Dirs (failover spec 3.1). The path is made as the original makes it, so that log lines
// compare.
func (r *Runner) Find(name string) (path string, ok bool) {
	if name == "" {
		return "", false
	}
	for _, dir := range r.Dirs {
		path := dir + "/" + name
		if st, err := os.Stat(path); err == nil && st.Mode().IsRegular() && st.Mode()&0o111 != 0 {
			return path, true
		}
	}
	return "", false
}

// native returns the built-in agent that stands for the file at path, if the file is the entry
// point we ship, byte for byte.
func (r *Runner) native(name, path string) (Native, bool) {
	for _, n := range r.Natives {
		if n.Name == name {
			return n, r.shipped(name, path)
		}
	}
	return Native{}, false
}

func (r *Runner) shipped(name, path string) bool {
	if r.Shipped == nil {
		return false
	}
	want, err := fs.ReadFile(r.Shipped, name)
	if err != nil {
		return false
	}
	got, err := os.ReadFile(path)
	return err == nil && bytes.Equal(got, want)
}
