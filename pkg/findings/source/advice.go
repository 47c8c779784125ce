package source

import (
	"fmt"
	"path/filepath"
	"strings"

	"systole/pkg/diag"
	"systole/pkg/findings"
)

// Heartbeat is what heartbeat says at its start and at a reload beyond what its parsers say: the warnings
// of systole check about what works until it is needed, a line each. node is the name of this machine.
func Heartbeat(dir, node string) []string {
	return advice(dir, node, "", func(f findings.Finding) bool { return strings.HasPrefix(f.Code, "HA-") })
}

// Director is the same for the ldirectord of one file, with its absolute path.
func Director(path string) []string {
	dir, name := filepath.Split(path)
	dir = filepath.Clean(dir)
	if filepath.Base(dir) == "conf" { // the other place where ldirectord looks
		dir = filepath.Dir(dir)
	}
	return advice(dir, "", name, func(f findings.Finding) bool { return f.File == path })
}

func advice(dir, node, director string, wanted func(findings.Finding) bool) []string {
	env, err := Environment("/etc/hosts")
	if err != nil {
		return nil
	}
	tree, err := Open(dir, node, true)
	if err != nil {
		return nil
	}
	tree.Director = director
	var lines []string
	for _, f := range findings.Review(env, tree, nil) {
		if !f.Told && f.Severity >= diag.Warning && wanted(f) {
			lines = append(lines, fmt.Sprintf("%s: %s: %s", f.Where(), f.Code, f.Text))
		}
	}
	return lines
}
