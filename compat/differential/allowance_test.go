package differential

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// allowance is a difference that two logs may have. Its rule leaves it out of the lines of a subject.
type allowance struct {
	why    string
	listed string   // the words of docs/differences.md; "" where the programs do not differ
	of     []string // whose log
	rule   func(subject string, lines []said) []said
}

const (
	original = "original"
	ours     = "ours"
)

// allowances are all differences that are allowed, in the order in which they are left out.
func allowances() []allowance {
	both, theirs := []string{original, ours}, []string{original}
	return []allowance{
		{"at a start or reload the original gives each server that is new or of weight 0 its full weight and takes it out again before " +
			"the first check; ours does not show clients a server that has not answered", dance, theirs, undance},
		{"the dance counts as a failure, which the first good check resets", dance, theirs, unreset},
		{"ours knows after a reload what has failed before it", "A reload keeps the state of unchanged servers", []string{ours}, unkept},
		{"a server of a quiescent virtual that is well enters the original's table with weight 0 and is restored, ours with its weight",
			"At a start a well server of a quiescent virtual is logged as Added", both, enterAtOnce},
		{"during the dance the original's fallback server comes and goes with each server", dance, both, unflap},
		{"whether a change of the file is noticed before the signal that follows it is a matter of the moment", "", both, unnoticed},
		{"the original runs ipvsadm for what it has changed already", "No ipvsadm is needed", theirs, unfailed},
		{"the original's processes come and go", "fork=yes starts no processes", theirs, unspawned},
		{"how often an alert has been repeated is a matter of the moment", "", both, unrepeated},
		{"ours says at a start and a reload what systole check warns of", "heartbeat and ldirectord log at a start and a reload what `systole check` warns of", []string{ours}, unadvised},
	}
}

// perVirtual is for servers of several virtuals with the same check.
func perVirtual() allowance {
	return allowance{"the original counts the failures of such a server where it is checked, and at a stop speaks of it in the first virtual only",
		"Failures are counted for each virtual", []string{original, ours}, uncounted}
}

const dance = "No add-and-delete dance at start and reload"

// first says whether a line is the first of its start or reload.
func first(lines []said, i int) bool { return i == 0 || lines[i-1].epoch != lines[i].epoch }

// up says whether a server is in service after the lines: then it does not dance.
func up(lines []said) bool {
	return len(lines) > 0 && slices.Contains([]string{"Added", "Restored", "Soft failure", "Resetting soft failure count"}, lines[len(lines)-1].verb)
}

// undance leaves out, before the first good check of a server that has danced, "Added, Deleted" and "Restored, Quiescent" at the beginning of an epoch; of
// "Added, Quiescent" the entry of weight 0 stays.
func undance(subject string, lines []said) []said {
	var keep []said
	for i := 0; i < len(lines); i++ {
		if i+1 == len(lines) || !first(lines, i) || lines[i+1].epoch != lines[i].epoch || lines[i+1].late || up(lines[:i]) {
			keep = append(keep, lines[i])
			continue
		}
		switch lines[i].verb + ", " + lines[i+1].verb {
		case "Added, Deleted", "Restored, Quiescent":
			keep = append(keep, said{epoch: lines[i].epoch, dance: true})
			i++
		case "Added, Quiescent":
			lines[i+1].dance = true
		default:
			keep = append(keep, lines[i])
		}
	}
	return keep
}

// unreset leaves out the reset of the dance's failure, and the marks that undance left.
func unreset(subject string, lines []said) []said {
	var keep []said
	danced := false
	for _, l := range lines {
		danced = danced || l.dance || l.verb == "Readd Quiescent"
		switch {
		case l.dance && l.verb == "":
		case danced && l.verb == "Resetting soft failure count":
			danced = false
		default:
			keep = append(keep, l)
		}
	}
	return keep
}

// unkept leaves out the reset of a failure before the last reload.
func unkept(subject string, lines []said) []said {
	var keep []said
	failed := 0 // the epoch
	for _, l := range lines {
		switch l.verb {
		case "Deleted", "Quiescent", "Readd Quiescent", "Soft failure":
			failed = l.epoch
		case "Resetting soft failure count":
			if 0 < failed && failed < l.epoch {
				continue
			}
		}
		keep = append(keep, l)
	}
	return keep
}

func uncounted(subject string, lines []said) []said {
	return slices.DeleteFunc(lines, func(l said) bool {
		return l.verb == "Resetting soft failure count" || l.verb == "Purged" && strings.HasPrefix(subject, "real ")
	})
}

// enterAtOnce makes "Quiescent, Restored" at the beginning of an epoch "Added".
func enterAtOnce(subject string, lines []said) []said {
	var keep []said
	for i := 0; i < len(lines); i++ {
		quiescent := lines[i].verb == "Quiescent" || lines[i].verb == "Readd Quiescent"
		if quiescent && first(lines, i) && i+1 < len(lines) && lines[i+1].verb == "Restored" {
			i++
			lines[i].text = strings.ReplaceAll(lines[i].text, "Restored", "Added")
		}
		keep = append(keep, lines[i])
	}
	return keep
}

// unflap leaves out each "Added, Deleted" of a fallback server in one epoch. That it was there in
// between is seen by the step that waits for it.
func unflap(subject string, lines []said) []said {
	if !strings.HasPrefix(subject, "fallback ") {
		return lines
	}
	var keep []said
	for _, l := range lines {
		last := len(keep) - 1
		if last >= 0 && l.verb == "Deleted" && keep[last].verb == "Added" && keep[last].epoch == l.epoch {
			keep = keep[:last]
			continue
		}
		keep = append(keep, l)
	}
	return keep
}

// unnoticed leaves out what is said of a changed file that is not read.
func unnoticed(subject string, lines []said) []said {
	var keep []said
	for i := 0; i < len(lines); i++ {
		if i+1 < len(lines) && lines[i+1].text == " - ignore new configuration" {
			i++
			continue
		}
		keep = append(keep, lines[i])
	}
	return keep
}

func unfailed(subject string, lines []said) []said {
	return slices.DeleteFunc(lines, func(l said) bool { return strings.HasPrefix(l.text, "system(/sbin/ipvsadm ") })
}

var process = regexp.MustCompile(`^(Child not running for |Spawned child |Killing child )`)

func unspawned(subject string, lines []said) []said {
	return slices.DeleteFunc(lines, func(l said) bool { return process.MatchString(l.text) })
}

// unrepeated leaves one of several alerts about a server that is still down.
func unrepeated(subject string, lines []said) []said {
	return slices.CompactFunc(lines, func(a, b said) bool { return a.verb == "Inaccessible" && a.text == b.text })
}

// unadvised leaves out what begins with a place and a code of docs/findings.
func unadvised(subject string, lines []said) []said {
	return slices.DeleteFunc(lines, func(l said) bool { return advice.MatchString(l.text) })
}

var advice = regexp.MustCompile(`^/etc/ha\.d/[^ ]+: LD-[0-9]{3}: `)

// agreed is what is left of a log when all that may differ is left out.
func agreed(who string, lines []string, extra ...allowance) map[string][]string {
	return tell(lines).agreed(who, append(allowances(), extra...))
}

func (s story) agreed(who string, allowed []allowance) map[string][]string {
	for _, a := range allowed {
		if !slices.Contains(a.of, who) {
			continue
		}
		for _, subject := range slices.Sorted(maps.Keys(s)) {
			s[subject] = a.rule(subject, s[subject])
		}
	}
	return s.texts()
}

// TestAllowancesAreListed looks for each in the documentation.
func TestAllowancesAreListed(t *testing.T) {
	text, err := os.ReadFile("../../docs/differences.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range append(allowances(), perVirtual()) {
		if !strings.Contains(string(text), a.listed) {
			t.Errorf("docs/differences.md lacks %q: %s", a.listed, a.why)
		}
	}
}

// TestAllowances keeps the allowances from growing: what they leave out, and what they do not.
func TestAllowances(t *testing.T) {
	const start, reload = "Starting Linux Director v1.186-ha as daemon", "Reloading Linux Director Daemon config on signal"
	const (
		added      = "Added real server: 10.0.1.11:80 (10.0.1.100:80) (Weight set to 1)"
		restored   = "Restored real server: 10.0.1.11:80 (10.0.1.100:80) (Weight set to 1)"
		deleted    = "Deleted real server: 10.0.1.11:80 (10.0.1.100:80)"
		quiet      = "Quiescent real server: 10.0.1.11:80 (10.0.1.100:80) (Weight set to 0)"
		reset      = "Resetting soft failure count: 10.0.1.11:80 (tcp:10.0.1.100:80)"
		otherAdded = "Added real server: 10.0.1.12:80 (10.0.1.100:80) (Weight set to 1)"
		otherGone  = "Deleted real server: 10.0.1.12:80 (10.0.1.100:80)"
		other      = "Resetting soft failure count: 10.0.1.12:80 (tcp:10.0.1.100:80)"
		down       = "emailalert: Inaccessible real server: 10.0.1.11:80 (10.0.1.100:80)"
		soft       = "Soft failure real server: 10.0.1.11:80 (tcp:10.0.1.100:80) failure 1/2"
		fallback   = "Added fallback server: 10.0.1.19:80 (10.0.1.100:80) (Weight set to 1)"
		unneeded   = "Deleted fallback server: 10.0.1.19:80 (10.0.1.100:80)"
		changed    = "Configuration file '/etc/ha.d/a.cf' has changed on disk"
		ignored    = " - ignore new configuration"
		reread     = " - reread new configuration"
		complaint  = "system(/sbin/ipvsadm -a -t 10.0.1.100:80 -r 10.0.1.11:80 -g -w 1) failed: "
	)
	for _, tt := range []struct {
		name           string
		original, ours []string
		same           bool
	}{
		{"dance of a server that is well", []string{start, added, deleted, reset, added}, []string{start, added}, true},
		{"dance of one that is dead", []string{start, added, deleted}, []string{start}, true},
		{"and comes later", []string{start, added, deleted, reset, added}, []string{start, added}, true},
		{"a dance is at a start only", []string{start, added, deleted, reset, added, deleted, reset, added}, []string{start, added}, false},
		{"a death is no dance", []string{start, added, deleted, reset, added, deleted}, []string{start, added, deleted}, true},
		{"a restored one that dies is no dance", []string{start, restored, deleted}, []string{start}, false},
		{"a death must be told", []string{start, added, deleted, reset, added, deleted}, []string{start, added}, false},
		{"a reset must be told", []string{start, added, deleted, reset, added, soft, reset}, []string{start, added, soft}, false},
		{"ours may not dance", []string{start, added, deleted, reset, added}, []string{start, added, deleted, added}, false},
		{"quiescent and well", []string{start, added, quiet, reset, restored}, []string{start, added}, true},
		{"quiescent and dead", []string{start, added, quiet}, []string{start, quiet}, true},
		{"quiescent, dead, well", []string{start, added, quiet, reset, restored}, []string{start, quiet, restored}, true},
		{"quiescent must be told", []string{start, added, quiet}, []string{start}, false},
		{"reload of a dead one", []string{start, added, quiet, reload, restored, quiet}, []string{start, quiet, reload}, true},
		{"fallback in the dance", []string{start, fallback, unneeded, fallback, unneeded}, []string{start}, true},
		{"fallback that stays", []string{start, fallback, unneeded, fallback}, []string{start, fallback}, true},
		{"fallback must be told", []string{start, fallback, unneeded, fallback}, []string{start}, false},
		{"a failing ipvsadm of the original", []string{start, complaint}, []string{start}, true},
		{"none of ours", []string{start}, []string{start, complaint}, false},
		{"children of the original", []string{start, "Child not running for tcp:10.0.1.100:80, spawning", "Spawned child tcp:10.0.1.100:80 PID=7"}, []string{start}, true},
		{"no children of ours", []string{start}, []string{start, "Spawned child tcp:10.0.1.100:80 PID=7"}, false},
		{"a death after the dance of another", []string{start, otherAdded, otherGone, added, other, otherAdded, deleted},
			[]string{start, otherAdded, added, deleted}, true},
		{"a failure before a reload", []string{start, deleted, reload, added, deleted, reset, added}, []string{start, deleted, reload, reset, added}, true},
		{"a death after a reload with another weight", []string{start, added, deleted, reset, added, reload, restored, quiet}, []string{start, added, reload, restored}, false},
		{"a reset without a failure", []string{start, reload}, []string{start, reload, reset}, false},
		{"alerts are repeated", []string{start, deleted, down, down, down}, []string{start, deleted, down}, true},
		{"an alert must be told", []string{start, deleted, down}, []string{start, deleted}, false},
		{"a change that is not read", []string{start, changed, ignored, reload}, []string{start, reload}, true},
		{"a change that is read", []string{start, changed, reread}, []string{start}, false},
		{"weights count", []string{start, restored}, []string{start, strings.Replace(restored, "to 1", "to 2", 1)}, false},
		{"order counts", []string{start, soft, reset}, []string{start, reset, soft}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			diff := cmp.Diff(agreed(original, tt.original), agreed(ours, tt.ours))
			if (diff == "") != tt.same {
				t.Errorf("same: %v, want %v (-original +ours)\n%s", diff == "", tt.same, diff)
			}
		})
	}
}
