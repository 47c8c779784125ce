package check

import (
	"bytes"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"systole/pkg/findings"
)

// systemDir is where the daemons look.
const systemDir = "/etc/ha.d"

// open makes a tree of a directory. node is the machine's name, "" if the caller does not know.
func open(dir, node string) (findings.Tree, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return findings.Tree{}, err
	}
	if !info.IsDir() {
		return findings.Tree{}, fmt.Errorf("%s is not a directory", dir)
	}
	root, whole := rootOf(dir)
	if node == "" {
		node = nodeName(dir)
	}
	t := findings.Tree{Node: strings.ToLower(node), Read: func(name string) findings.File { return read(dir, root, whole, name) }}
	if whole {
		t.Scripts = scripts(dir, filepath.Join(root, "/etc/init.d"))
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
	root, whole = strings.CutSuffix(abs, systemDir)
	return root + "/", whole
}

// nodeName is the name in nodeinfo; for the system's own directory else that of this machine.
func nodeName(dir string) string {
	if text, err := os.ReadFile(filepath.Join(dir, "nodeinfo")); err == nil {
		if line, _, ok := bytes.Cut(text, []byte("\n")); ok {
			return string(bytes.TrimSpace(line))
		}
	}
	if filepath.Clean(dir) != systemDir {
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

// scripts are the names of the resource scripts of a system, nil if it has no resource.d.
func scripts(dir, init string) map[string]bool {
	names := map[string]bool{}
	if _, err := os.Stat(filepath.Join(dir, "resource.d")); err != nil {
		return nil
	}
	for _, place := range []string{filepath.Join(dir, "resource.d"), init} {
		entries, _ := os.ReadDir(place) // a place that is not there has no scripts
		for _, e := range entries {
			names[e.Name()] = true
		}
	}
	return names
}

// environment knows the names of a hosts file and of /etc/services, and asks no network.
func environment(hosts string) (findings.Env, error) {
	text, err := os.ReadFile(hosts)
	if err != nil {
		return findings.Env{}, err
	}
	table := parseHosts(string(text))
	return findings.Env{
		Hosts: func(name string) []netip.Addr { return table[strings.ToLower(name)] },
		Port:  servicePort,
	}, nil
}

// parseHosts reads hosts(5).
func parseHosts(text string) map[string][]netip.Addr {
	table := map[string][]netip.Addr{}
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		words := strings.Fields(line)
		if len(words) < 2 {
			continue
		}
		a, err := netip.ParseAddr(words[0])
		if err != nil {
			continue
		}
		for _, name := range words[1:] {
			name = strings.ToLower(name)
			table[name] = append(table[name], a.Unmap())
		}
	}
	return table
}

// servicePort looks into /etc/services; any protocol will do for "".
func servicePort(service, protocol string) (uint16, bool) {
	protocols := []string{protocol}
	if protocol == "" {
		protocols = []string{"tcp", "udp"}
	}
	for _, p := range protocols {
		if p != "tcp" && p != "udp" {
			continue
		}
		if port, err := net.LookupPort(p, service); err == nil {
			return uint16(port), true
		}
	}
	return 0, false
}
