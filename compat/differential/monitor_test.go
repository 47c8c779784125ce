package differential

import (
	"regexp"
	"strings"

	"github.com/google/go-cmp/cmp"
)

var monitorLine = regexp.MustCompile(`^\[[A-Z][a-z]{2} [A-Z][a-z]{2} [ 0-9]\d \d\d:\d\d:\d\d \d{4}\] \[[0-9]+\] (.*) \[(up|down)\] (.*)$`)

// monitored is what a monitor file says of each identity: its states one after another, each with the last message of
// its time. How many checks there were is a matter of the moment.
func monitored(lines []string) (map[string][]string, []string) {
	told, state, odd := map[string][]string{}, map[string]string{}, []string(nil)
	for _, line := range lines {
		m := monitorLine.FindStringSubmatch(line)
		if m == nil {
			odd = append(odd, line)
			continue
		}
		id := m[1]
		if state[id] == m[2] {
			told[id] = told[id][:len(told[id])-1]
		}
		state[id] = m[2]
		told[id] = append(told[id], m[2]+" "+m[3])
	}
	return told, odd
}

// sameMonitor waits until both have written the same into monitor files.
func (r *run) sameMonitor(names ...string) {
	r.Helper()
	for _, name := range names {
		var diff string
		r.await(name+" says the same", func(*director) bool {
			said := [2]map[string][]string{}
			for i, d := range r.stage.directors {
				var odd []string
				if said[i], odd = monitored(r.linesOf(d, name)); len(odd) > 0 {
					r.Fatalf("%s of %s: %q", name, d.who, odd)
				}
			}
			now := cmp.Diff(said[0], said[1])
			if now != diff && now != "" {
				r.Logf("%s (-original +ours): %s", name, now)
			}
			diff = now
			return now == "" && len(said[0]) > 0
		})
	}
}

// comesLastLine waits until the last line of a file is that.
func (r *run) comesLastLine(name, want string) {
	r.Helper()
	r.await(name+" ends with "+want, func(d *director) bool {
		lines := r.linesOf(d, name)
		return len(lines) > 0 && lines[len(lines)-1] == r.here(want)
	})
}

// comesIn waits until the words are in a file.
func (r *run) comesIn(name, words string) {
	r.Helper()
	r.await(name+" has "+words, func(d *director) bool {
		return strings.Contains(strings.Join(r.linesOf(d, name), "\n"), r.here(words))
	})
}
