package differential

import (
	"regexp"
	"strings"
)

// story is what a log says: of each subject (a server of a virtual, a virtual, the daemon) its
// lines in the order in which they were written. Lines about different subjects may come in any order:
// the original works through the file, ours plans what adds capacity first.
type story map[string][]said

// said is one line of a log.
type said struct {
	verb   string // "Added", "Restored", …; "" of a line of the daemon
	text   string // without time, instance and process id
	dance  bool   // the original's, of a server that it adds and takes out again at a start
	epoch  int    // starts and reloads before it
	weight string
}

// daemon is the subject of lines that are about no server.
const daemon = "daemon"

var (
	stamp = regexp.MustCompile(`^\[[^\]|]*\|[^\]|]*\|[0-9]+\] `)
	pid   = regexp.MustCompile(`\[[0-9]+\]|pid: [0-9]+`)
	epoch = regexp.MustCompile(`^(Starting Linux Director|Reloading Linux Director| - reread new)`)
	about = regexp.MustCompile(`^(Added|Restored|Deleted|Quiescent|Readd Quiescent|Purged|Changed|Soft failure|Resetting soft failure count):? ?` +
		`(?:(real|fallback|virtual) server)?(?: \((?:start|stop)\))?:? (?:\S+ mapped from )?(\S+)(?: \((?:(?:tcp|udp|fwm6?):)?([^)]*)\))?(?: \(Weight set to ([0-9]+)\))?`)
)

// tell reads a log.
func tell(lines []string) story {
	s, count := story{}, 0
	for _, line := range lines {
		text := pid.ReplaceAllString(stamp.ReplaceAllString(line, ""), "PID")
		if epoch.MatchString(text) {
			count++
		}
		subject, one := parse(text)
		one.epoch = count
		s[subject] = append(s[subject], one)
	}
	return s
}

// parse finds whom a line is about.
func parse(text string) (subject string, s said) {
	m := about.FindStringSubmatch(text)
	if m == nil {
		return daemon, said{text: text}
	}
	kind := m[2]
	if kind == "" {
		kind = "real"
	}
	return strings.TrimSpace(kind + " " + m[3] + " " + m[4]), said{verb: m[1], text: text, weight: m[5]}
}

// texts are the lines of a story, by subject. Subjects without lines are left out.
func (s story) texts() map[string][]string {
	all := map[string][]string{}
	for subject, lines := range s {
		for _, l := range lines {
			all[subject] = append(all[subject], l.text)
		}
	}
	return all
}
