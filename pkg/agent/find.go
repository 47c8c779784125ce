package agent

import (
	"bytes"
	"errors"
	"io/fs"
	"os"

	resourced "systole/resource.d"
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

// IsNative says whether operations of a resource run in-process.
func (r *Runner) IsNative(name string) bool {
	path, ok := r.Find(name)
	if !ok {
		return false
	}
	_, native := r.native(name, path)
	return native
}

// MayOverlap says whether a resource may run on two machines for a moment: addresses that a
// native agent looks after, and directors, of which the idle one sees no traffic. Everything
// else may come to harm, so it may not.
func (r *Runner) MayOverlap(name string, args ...string) bool {
	path, ok := r.Find(name)
	if !ok {
		return false
	}
	if n, native := r.native(name, path); native {
		return n.Overlap != nil && n.Overlap(args)
	}
	for _, l := range resourced.Links() {
		if target, err := os.Readlink(path); err == nil && l.Name == name && target == l.Target {
			return true
		}
	}
	return false
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
