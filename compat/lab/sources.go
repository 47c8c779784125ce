package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// sources is where mmdebstrap gets packages: this machine's own places.
type sources struct {
	list    string   // one-line style sources.list
	options []string // apt options (proxies, certificates) for mmdebstrap
}

// aptSources asks apt where this machine's distribution comes from. Places that
// are not of the distribution itself (vendors' own) are left out.
func aptSources(ctx context.Context) (sources, error) {
	distro, err := osReleaseID()
	if err != nil {
		return sources{}, err
	}
	list, err := aptList(ctx, distro)
	if err == nil && list == "" {
		if out, err := exec.CommandContext(ctx, "apt-get", "update", "-q").CombinedOutput(); err != nil {
			return sources{}, fmt.Errorf("apt-get update: %w: %s", err, out)
		}
		list, err = aptList(ctx, distro)
	}
	if err != nil {
		return sources{}, err
	}
	if list == "" {
		return sources{}, fmt.Errorf("apt has no package source of origin %q", distro)
	}
	options, err := aptOptions(ctx)
	return sources{list, options}, err
}

// indexFormat has apt print one line a package index: origin, then the fields of
// a sources.list line, then the key ring.
const indexFormat = "$(ORIGIN)\t$(REPO_URI)\t$(RELEASE)\t$(COMPONENT)\t$(SIGNED_BY)"

func aptList(ctx context.Context, distro string) (string, error) {
	out, err := exec.CommandContext(ctx, "apt-get", "indextargets", "--format", indexFormat, "Created-By: Packages").Output()
	if err != nil {
		return "", fmt.Errorf("apt-get indextargets: %w", err)
	}
	return sourcesList(string(out), distro), nil
}

// sourcesList makes a sources.list of apt's index lines of one origin.
func sourcesList(indexes, distro string) string {
	var lines []string
	for _, l := range strings.Split(indexes, "\n") {
		f := strings.Split(l, "\t")
		if len(f) != 5 || !strings.EqualFold(f[0], distro) {
			continue
		}
		option := ""
		if strings.HasPrefix(f[4], "/") { // apt leaves the variable's name where it has no key ring
			option = "[signed-by=" + f[4] + "] "
		}
		lines = append(lines, fmt.Sprintf("deb %s%s %s %s\n", option, f[1], f[2], f[3]))
	}
	slices.Sort(lines)
	return strings.Join(slices.Compact(lines), "")
}

// aptOptions hands on what this machine needs to reach its package sources.
func aptOptions(ctx context.Context) ([]string, error) {
	out, err := exec.CommandContext(ctx, "apt-config", "dump").Output()
	if err != nil {
		return nil, fmt.Errorf("apt-config dump: %w", err)
	}
	var options []string
	for _, l := range strings.Split(string(out), "\n") {
		key, value, _ := strings.Cut(l, " ")
		if !strings.HasPrefix(key, "Acquire::http") || value == `"";` {
			continue
		}
		for _, word := range []string{"proxy", "cainfo", "verify", "sslcert", "sslkey"} {
			if strings.Contains(strings.ToLower(key), word) {
				options = append(options, "--aptopt="+strings.TrimSuffix(l, ";"))
			}
		}
	}
	return options, nil
}

func osReleaseID() (string, error) {
	text, err := os.ReadFile("/etc/os-release")
	if err != nil {
		return "", err
	}
	for _, l := range strings.Split(string(text), "\n") {
		if v, ok := strings.CutPrefix(l, "ID="); ok {
			return strings.Trim(v, `"`), nil
		}
	}
	return "", errors.New("/etc/os-release has no ID")
}
