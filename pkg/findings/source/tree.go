package source

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"systole/pkg/findings"
)

// SystemDir is where the daemons look.
const SystemDir = "/etc/ha.d"

// Open makes a tree of a directory. node is the machine's name, "" if the caller does not know; here
// says that the directory is for this machine wherever it lies.
func Open(dir, node string, here bool) (findings.Tree, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return findings.Tree{}, err
	}
	if !info.IsDir() {
		return findings.Tree{}, fmt.Errorf("%s is not a directory", dir)
	}
	root, whole := rootOf(dir)
	here = here || filepath.Clean(dir) == SystemDir
	if node == "" {
		node = nodeName(dir, here)
	}
	t := findings.Tree{Node: strings.ToLower(node), Read: func(name string) findings.File { return read(dir, root, whole, name) }}
	if whole {
		t.Scripts = scripts(dir, filepath.Join(root, "/etc/init.d"))
		t.Sysctl = configured(root)
	}
	if here {
		t.Addresses, t.Sysctl = addresses(), running
	}
	return t, nil
}

// rootOf returns the root directory of the system that a tree belongs to, if it is one that ends
// in /etc/ha.d.
func rootOf(dir string) (root string, whole bool) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", false
	}
	root, whole = strings.CutSuffix(abs, SystemDir)
	return root + "/", whole
}

// nodeName is the name in nodeinfo; for this machine's own directory else the machine's.
func nodeName(dir string, here bool) string {
	if text, err := os.ReadFile(filepath.Join(dir, "nodeinfo")); err == nil {
		if line, _, ok := bytes.Cut(text, []byte("\n")); ok {
			return string(bytes.TrimSpace(line))
		}
	}
	if !here {
		return ""
	}
	name, err := os.Hostname()
	if err != nil {
		return ""
	}
	return name
}

func read(dir, root string, whole bool, name string) findings.File {
	f := findings.File{Path: filepath.Join(dir, name)}
	if filepath.IsAbs(name) {
		f.Path = filepath.Join(root, name)
		if !whole {
			f.Err = fs.ErrNotExist
			return f
		}
	}
	info, err := os.Stat(f.Path)
	if err != nil {
		f.Err = err
		return f
	}
	if !info.Mode().IsRegular() {
		f.Err = fmt.Errorf("%s: not a file", f.Path)
		return f
	}
	f.Mode = info.Mode()
	f.Text, f.Err = os.ReadFile(f.Path)
	return f
}

// scripts are the names of the resource scripts of a system. nil if it has none of heartbeat's own:
// then it is not a system but the part of one that somebody wrote, as examples are.
func scripts(dir, init string) map[string]bool {
	if _, err := os.Stat(filepath.Join(dir, "resource.d/IPaddr2")); err != nil {
		return nil
	}
	names := map[string]bool{}
	for _, place := range []string{filepath.Join(dir, "resource.d"), init} {
		entries, _ := os.ReadDir(place) // a place that is not there has no scripts
		for _, e := range entries {
			names[e.Name()] = true
		}
	}
	return names
}
