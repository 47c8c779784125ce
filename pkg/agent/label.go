package agent

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// maxAliases is how many labels of one interface the original tries.
const maxAliases = 512

// takeLabel reserves a free label eth0:j for an address (agents spec 3): the number is free when
// no address has the label and the link IPaddr-eth0:j to the file IPaddr-eth0 can be made, which
// only one of several agents at a time can do.
func (a *alias) takeLabel(nic string) (string, error) {
	base := a.labelFile(nic)
	f, err := os.OpenFile(base, os.O_WRONLY|os.O_CREATE, 0o644)
	if err != nil {
		return "", fmt.Errorf("reserve label of %s: %w", nic, err)
	}
	f.Close()
	used, err := a.labels(nic)
	if err != nil {
		return "", err
	}
	for j := a.firstLabel(nic); j < maxAliases; j++ {
		label := fmt.Sprintf("%s:%d", nic, j)
		if used[label] {
			continue
		}
		err := os.Link(base, a.labelFile(label))
		if err == nil {
			return label, nil
		}
		if !errors.Is(err, os.ErrExist) {
			return "", fmt.Errorf("reserve label %s: %w", label, err)
		}
	}
	return "", fmt.Errorf("reserve label of %s: all %d in use", nic, maxAliases)
}

// firstLabel returns the number the original tries first: how many labels there are, or 0 when
// that one is taken.
func (a *alias) firstLabel(nic string) int {
	n := 0
	entries, _ := os.ReadDir(a.StateDir)
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), filepath.Base(a.labelFile(nic))+":") {
			n++
		}
	}
	if _, err := os.Lstat(a.labelFile(fmt.Sprintf("%s:%d", nic, n))); err == nil {
		return 0
	}
	return n
}

func (a *alias) labels(nic string) (map[string]bool, error) {
	all, err := a.Net.Addresses(nic)
	if err != nil {
		return nil, err
	}
	used := make(map[string]bool, len(all))
	for _, at := range all {
		used[at.Label] = true
	}
	return used, nil
}

func (a *alias) freeLabel(label string) {
	if strings.Contains(label, ":") {
		_ = os.Remove(a.labelFile(label))
	}
}

func (a *alias) labelFile(name string) string { return a.statePath("IPaddr-" + name) }
