package clients

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"systole/compat/lab"
)

// netTools lays out Debian's net-tools: the original's check needs ifconfig, and its agents route.
// The package comes from where this machine's own apt gets its packages.
func netTools(t *testing.T) string {
	t.Helper()
	deb, dir := t.TempDir(), t.TempDir()
	fetch := exec.CommandContext(t.Context(), "apt-get", "download", "-q", "net-tools")
	fetch.Dir = deb
	if text, err := fetch.CombinedOutput(); err != nil {
		t.Fatalf("net-tools: %v: %s", err, text)
	}
	files := lab.OK(filepath.Glob(deb + "/net-tools_*.deb"))(t)
	if len(files) != 1 {
		t.Fatalf("net-tools: %q", files)
	}
	if text, err := exec.CommandContext(t.Context(), "dpkg-deb", "-x", files[0], dir).CombinedOutput(); err != nil {
		t.Fatalf("net-tools: %v: %s", err, text)
	}
	for _, name := range []string{"sbin", "bin"} { // links to usr's on Debian
		if err := os.MkdirAll(filepath.Join(dir, "usr", name), 0o755); err != nil {
			t.Fatal(err)
		}
		for _, f := range lab.OK(filepath.Glob(filepath.Join(dir, name, "*")))(t) {
			if err := os.Rename(f, filepath.Join(dir, "usr", name, filepath.Base(f))); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// sanityPatience is for the whole check: the original's fails to start its stonith tests at once
// on a busy machine.
const sanityPatience = 5 * time.Minute

// foreignFailures are what the check says of programs that are not ours, and says of the original's
// installation too (docs/sanity-check.md).
var foreignFailures = []*regexp.Regexp{
	regexp.MustCompile(`apphb`),
	regexp.MustCompile(`'failtest'\.\* (failed to heartbeat|resumed heartbeats)`),
	regexp.MustCompile(`WARN:\.\*hangup`),
	regexp.MustCompile(`occurances of type=setint`),
	regexp.MustCompile(`^ERROR: Found \d+ instead\.$`),
	regexp.MustCompile(`GLib-CRITICAL`),
	regexp.MustCompile(`NULL reset failed`),
	// What the daemon says of the check's question for a node by a name that it does not have: the
	// names of ha.cf are in lower case, and the check asks for ImAlwaysDead.com.
	regexp.MustCompile(`heartbeat: \[\d+\]: ERROR: (api_process_request: bad request \[nodestatus\]|MSG.*)$`),
}

// TestBasicSanityCheck runs the original's own test of an installation, unmodified, on ours.
func TestBasicSanityCheck(t *testing.T) {
	t.Parallel()
	layers := append([]string{netTools(t)}, ours.layers(t)...)
	l := lab.Test(t)
	lan := lab.OK(l.Switch("lan"))(t)
	n := newNode(t, l, lab.Spec{Name: activeName, Layers: layers, Ports: map[string]lab.Port{"eth0": lab.On(lan, activeAddr+"/28")}})
	// Debian's copy looks for these where the package no longer has them.
	n.run("sh", "-c", "for p in ccm apphbd apphbtest; do ln -s ../../libexec/heartbeat/$p /usr/lib/heartbeat/$p; done; rm -f /etc/ha.d/ha.cf")
	check := lab.OK(n.Start("/usr/share/heartbeat/BasicSanityCheck"))(t)
	select {
	case <-check.Done():
	case <-time.After(sanityPatience):
		t.Fatalf("it does not end: %s%s", check.Stdout(), check.Stderr())
	}
	log := string(lab.OK(n.ReadFile("/tmp/linux-ha.testlog"))(t))
	text := check.Stdout() + check.Stderr()
	heartbeatPart(t, text, log)
	onlyForeign(t, text+log)
}

// heartbeatPart looks at what the check says from the start of the daemon to its stop: nothing is
// wrong (tools spec 11.1, 4). The log is that of the daemon too, so that it shows that the reset,
// the takeover and the restart that the check looks for have taken place.
func heartbeatPart(t *testing.T, text, log string) {
	t.Helper()
	_, part, found := strings.Cut(text, "Starting heartbeat\n")
	part, _, ended := strings.Cut(part, "Checking STONITH")
	if !found || !ended {
		t.Fatalf("the daemon was not started and stopped:\n%s", text)
	}
	said := regexp.MustCompile(`(?m)^(\w+ \d+ [\d:]+ INFO: +Resource is stopped|Starting High-Availability services: .*|Done\.|Reloading heartbeat|Stopping heartbeat|Stopping High-Availability services: Done\.|Reloading High-Availability services: Done\.|)$`)
	for _, line := range strings.Split(part, "\n") {
		if !said.MatchString(line) {
			t.Errorf("the heartbeat part says %q", line)
		}
	}
	for _, word := range []string{"Testing RA: IPaddr2", "RA tests PASSED", "Reloading heartbeat", "Stopping heartbeat"} {
		if !strings.Contains(text, word+"\n") {
			t.Errorf("it does not say %q:\n%s", word, text)
		}
	}
	for re, count := range map[string]int{
		`node imalwaysdead\.com: is dead`: 1, `Resetting node imalwaysdead\.com with \[NULL STONITH device\]`: 1,
		`IPaddr.*10\.253\.252\.251`: 1, `Signalling.* to reread config files`: 2, `restart exec`: 1,
	} {
		if have := len(regexp.MustCompile(re).FindAllString(log, -1)); have < count {
			t.Errorf("%d lines of the log have %q", have, re)
		}
	}
}

// onlyForeign finds complaints about ours.
func onlyForeign(t *testing.T, text string) {
	t.Helper()
	for _, line := range regexp.MustCompile(`(?m)^.*(?:ERROR|CRIT|failed).*$`).FindAllString(text, -1) {
		if line = strings.TrimSpace(line); !slices.ContainsFunc(foreignFailures, func(re *regexp.Regexp) bool { return re.MatchString(line) }) {
			t.Errorf("complaint: %s", line)
		}
	}
	if m := regexp.MustCompile(`(?m)^(\d+) errors\. Log file`).FindStringSubmatch(text); m != nil {
		t.Logf("%s", fmt.Sprintf("%s errors, none of ours", m[1]))
	}
}
