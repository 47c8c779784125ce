package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"

	"systole/compat/lab"
)

// machine is a line about what the figures were taken on.
func machine() string {
	line := fmt.Sprintf("%d cores, %s", runtime.NumCPU(), cpuModel())
	var u unix.Utsname
	if unix.Uname(&u) == nil {
		line += ", Linux " + unix.ByteSliceToString(u.Release[:])
	}
	return line
}

// cpuModel is the processor's name for itself, or its architecture.
func cpuModel() string {
	info, _ := os.ReadFile("/proc/cpuinfo")
	for _, line := range bytes.Split(info, []byte("\n")) {
		key, value, _ := strings.Cut(string(line), ":")
		if strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

// document is docs/benchmarks.md. Its text says how the figures come about, so
// that nobody needs the program to judge them.
const document = `# Benchmarks

Written by ` + "`make bench FLAGS=-write`" + `; do not edit. Systole, the real heartbeat 3.0.6 and
keepalived, side by side in one run of %d rounds on one machine:

%s

The stage of every round is new: two nodes in namespaces on one bridge, each with a Debian root of
its own, and a client that sends the virtual address an ICMP echo request every 2 ms. The only
resource is ` + "`IPaddr2::121.254.175.70/32/eth0`" + `. The heartbeats have the same files: ucast, a ping node,
ipfail, auto_failback on; the first node owns the address. keepalived has it in one vrrp_instance.
All take turns, round by round. Between two events the nodes must have been silent for some seconds.

A gap is the client's: from the last answer before to the first one after. At a power cut the wire
goes dead first. At a partition the second node's wire is cut until both nodes hold the address; what
counts begins when it is mended. Memory is summed over all processes of the daemon on the first node:
` + "`Rss`" + `, and below it ` + "`Pss`" + `, which counts pages that processes share once.
`

// section is one league.
const section = `
## Rhythm of %s

%s

%s

Medians. Behind each of the others' medians is how many times Systole's it is.

%s`

// rhythms say what the leagues are.
var rhythms = map[string]string{
	everySecond: "Keepalive 1 s and deadtime 5 s; adverts of 1 s.",
	everyTenth:  "Keepalive 100 ms; deadtime 300 ms for Systole, and 500 ms for the real heartbeat; adverts of 0.1 s.",
}

// report is all that a run has found out.
type report struct {
	results   []result
	cost      string
	starved   []starvation
	options   options
	directors *directorFigures
	balancers []balanced
}

func (r report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, document, r.options.rounds, machine())
	for _, league := range leagues(r.results) {
		name := league[0].contestant.league
		fmt.Fprintf(&b, section, name, rhythms[name], markdown(figuresTable(league)), markdown(targetTable(judge(league), others(league)...)))
	}
	fmt.Fprintf(&b, "\n## A message\n\n%s\n", r.cost)
	if len(r.starved) > 0 {
		fmt.Fprintf(&b, "\n## A machine with too much to do\n\n%s\n\n%s", starvedText, markdown(starvedTable(r.starved, r.options.busy)))
	}
	if r.directors != nil {
		b.WriteString(r.directors.String())
	}
	if len(r.balancers) > 0 {
		b.WriteString(balancerText + markdown(balancerTable(r.balancers)))
	}
	return b.String()
}

func writeDoc(r report) error {
	build, err := lab.BuildDir()
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(filepath.Dir(build), "docs", "benchmarks.md"), []byte(r.String()), 0o644)
}

// others names the contestants beside Systole, in the order of verdict.others.
func others(results []result) []string {
	var out []string
	for _, r := range results {
		if !r.contestant.ours() {
			out = append(out, r.contestant.name)
		}
	}
	return out
}
