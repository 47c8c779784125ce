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
	late   bool   // it comes after the first good check of a server that the start or reload took out
	weight string
}

// daemon is the subject of lines that are about no server.
const daemon = "daemon"

var (
	stamp = regexp.MustCompile(`(?m)^\[[^\]|]*(?:\|[^\]|]*\|[0-9]+)?\] `)
	pid   = regexp.MustCompile(`\[[0-9]+\]|pid: [0-9]+|PID=[0-9]+`)
	epoch = regexp.MustCompile(`^(Starting Linux Director|Reloading Linux Director| - reread new)`)
	about = regexp.MustCompile(`^(emailalert: )?(Added|Inaccessible|Restored|Deleted|Quiescent|Readd Quiescent|Purged|Changed|Soft failure|Resetting soft failure count):? ?` +
		`(?:(real|fallback|virtual) server)?(?: \((?:start|stop)\))?:? (?:\S+ mapped from )?(\S+)(?: \((?:(?:tcp|udp|fwm6?):)?([^)]*)\))?(?: \(Weight set to ([0-9]+)\))?`)
)

// tell reads a log.
func tell(lines []string) story {
	s, count, late := story{}, 0, false
	for _, line := range lines {
		text := pid.ReplaceAllString(stamp.ReplaceAllString(line, ""), "PID")
		if epoch.MatchString(text) {
			count, late = count+1, false
		}
		subject, one := parse(text)
		late = late || one.verb == "Resetting soft failure count"
		one.epoch, one.late = count, late
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
	kind := m[3]
	if kind == "" {
		kind = "real"
	}
	return strings.TrimSpace(m[1] + kind + " " + m[4] + " " + m[5]), said{verb: m[2], text: text, weight: m[6]}
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
