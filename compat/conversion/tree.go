package conversion

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// ReportName is the name of the report beside the trees of the nodes.
const ReportName = "report.txt"

// File is one file that was made.
type File struct {
	Path string // below the directory asked for: "node1/etc/ha.d/ha.cf"
	Mode fs.FileMode
	Text []byte
}

// Tree is all that was made of a configuration.
type Tree []File

// Find returns a file of the tree.
func (t Tree) Find(path string) (File, bool) {
	i := slices.IndexFunc(t, func(f File) bool { return f.Path == path })
	if i < 0 {
		return File{}, false
	}
	return t[i], true
}

// Write makes the directory dir with the files of the tree: all of them or, when it fails, none.
// It writes beside dir and renames. A dir that is there and not empty is an error.
func (t Tree) Write(dir string) (err error) {
	dir = filepath.Clean(dir)
	if err := free(dir); err != nil {
		return err
	}
	fresh, err := os.MkdirTemp(filepath.Dir(dir), "."+filepath.Base(dir)+".")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(fresh))
		}
	}()
	for _, f := range t {
		if err := f.write(fresh); err != nil {
			return err
		}
	}
	if err := os.Chmod(fresh, 0o755); err != nil {
		return err
	}
	if err := os.Remove(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.Rename(fresh, dir)
}

// free says why a directory cannot be made. An empty one can.
func free(dir string) error {
	have, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return os.MkdirAll(filepath.Dir(dir), 0o755)
	case err != nil:
		return err
	case len(have) > 0:
		return fmt.Errorf("%s is not empty: name a new directory", dir)
	}
	return nil
}

func (f File) write(dir string) error {
	if !filepath.IsLocal(f.Path) {
		return fmt.Errorf("%s leads out of the directory", f.Path)
	}
	path := filepath.Join(dir, f.Path)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(path, f.Text, f.Mode); err != nil {
		return err
	}
	return os.Chmod(path, f.Mode) // whatever the umask
}

// Print writes the files one after the other, each below its name; a single one as it is.
func (t Tree) Print(w io.Writer) error {
	var b strings.Builder
	for i, f := range t {
		if len(t) > 1 {
			fmt.Fprintf(&b, "%s==> %s <==\n", strings.Repeat("\n", min(i, 1)), f.Path)
		}
		b.Write(f.Text)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
