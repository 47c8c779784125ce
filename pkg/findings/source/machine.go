package source

import (
	"bufio"
	"cmp"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"systole/pkg/findings"
)

// addresses are those of this machine; nil if the kernel does not tell.
func addresses() []findings.Address {
	links, err := net.Interfaces()
	if err != nil {
		return nil
	}
	var all []findings.Address
	for _, link := range links {
		own, _ := link.Addrs() // an interface that has just gone has none
		for _, a := range own {
			if p, err := netip.ParsePrefix(a.String()); err == nil {
				all = append(all, findings.Address{Interface: link.Name, Prefix: p})
			}
		}
	}
	return all
}

// running is a setting of this machine's kernel.
func running(name string) (value string, known bool) {
	text, err := os.ReadFile("/proc/sys/" + strings.ReplaceAll(name, ".", "/"))
	return strings.TrimSpace(string(text)), err == nil
}

// configured looks settings up in the files of a system that is not running here, as sysctl --system
// reads them: of files of one name the one in /etc counts, they are read in the order of their names,
// and the last line wins.
func configured(root string) func(name string) (string, bool) {
	settings := map[string]string{}
	for _, path := range sysctlFiles(root) {
		readSysctl(path, settings)
	}
	if len(settings) == 0 {
		return nil
	}
	return func(name string) (string, bool) {
		value, known := settings[name]
		return value, known
	}
}

func sysctlFiles(root string) []string {
	byName := map[string]string{}
	for _, dir := range []string{"usr/lib/sysctl.d", "run/sysctl.d", "etc/sysctl.d"} {
		paths, _ := filepath.Glob(filepath.Join(root, dir, "*.conf")) // the pattern is well-formed
		for _, path := range paths {
			byName[filepath.Base(path)] = path
		}
	}
	var files []string
	for _, path := range byName {
		files = append(files, path)
	}
	slices.SortFunc(files, func(a, b string) int { return cmp.Compare(filepath.Base(a), filepath.Base(b)) })
	return append(files, filepath.Join(root, "etc/sysctl.conf"))
}

// readSysctl reads sysctl.conf(5): NAME = VALUE, where the name may have slashes for dots, and a dash
// before it means that nobody minds if it fails.
func readSysctl(path string, settings map[string]string) {
	f, err := os.Open(path)
	if err != nil {
		return
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		name, value, ok := strings.Cut(line, "=")
		if !ok || strings.HasPrefix(line, "#") || strings.HasPrefix(line, ";") {
			continue
		}
		name = strings.TrimPrefix(strings.TrimSpace(name), "-")
		settings[strings.ReplaceAll(name, "/", ".")] = strings.TrimSpace(value)
	}
}
