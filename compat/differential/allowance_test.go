package differential

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// allowance is a difference that two logs may have. Its rule leaves it out of the lines of a subject.
type allowance struct {
	why  string
	of   []string // whose log
	rule func(subject string, lines []said) []said
}

const (
	original = "original"
	ours     = "ours"
)

// allowances are all differences that are allowed, in the order in which they are left out.
func allowances() []allowance {
	both := []string{original, ours}
	return []allowance{
		{"at a start or reload the original gives each server that is new or of weight 0 its full weight and takes it out again before " +
			"the first check; ours does not show clients a server that has not answered", []string{original}, undance},
		{"the dance counts as a failure, which the first good check resets", []string{original}, unreset},
		{"a server of a quiescent virtual that is well enters the original's table with weight 0 and is restored, ours with its weight", both, enterAtOnce},
		{"during the dance the original's fallback server comes and goes with each server", both, unflap},
		{"whether a change of the file is noticed before the signal that follows it is a matter of the moment", both, unnoticed},
		{"the original runs ipvsadm for what it has changed already", []string{original}, unfailed},
	}
}

// first says whether a line is the first of its start or reload.
func first(lines []said, i int) bool { return i == 0 || lines[i-1].epoch != lines[i].epoch }

// undance leaves out "Added, Deleted" and "Restored, Quiescent" at the beginning of an epoch; of
// "Added, Quiescent" the entry of weight 0 stays.
func undance(subject string, lines []said) []said {
	var keep []said
	for i := 0; i < len(lines); i++ {
		if i+1 == len(lines) || !first(lines, i) || lines[i+1].epoch != lines[i].epoch {
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

// enterAtOnce makes "Quiescent, Restored" at the beginning of an epoch "Added".
func enterAtOnce(subject string, lines []said) []said {
	var keep []said
	for i := 0; i < len(lines); i++ {
		quiescent := lines[i].verb == "Quiescent" || lines[i].verb == "Readd Quiescent"
		if quiescent && first(lines, i) && i+1 < len(lines) && lines[i+1].verb == "Restored" {
			i++
			lines[i].text = strings.Replace(lines[i].text, "Restored", "Added", 1)
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

// agreed is what is left of a log when all that may differ is left out.
func agreed(who string, lines []string) map[string][]string {
	s := tell(lines)
	for _, a := range allowances() {
		if !slices.Contains(a.of, who) {
			continue
		}
		for _, subject := range slices.Sorted(maps.Keys(s)) {
			s[subject] = a.rule(subject, s[subject])
		}
	}
	return s.texts()
}

// TestAllowances keeps the allowances from growing: what they leave out, and what they do not.
func TestAllowances(t *testing.T) {
	const start, reload = "Starting Linux Director v1.186-ha as daemon", "Reloading Linux Director Daemon config on signal"
	const (
		added     = "Added real server: 10.0.1.11:80 (10.0.1.100:80) (Weight set to 1)"
		restored  = "Restored real server: 10.0.1.11:80 (10.0.1.100:80) (Weight set to 1)"
		deleted   = "Deleted real server: 10.0.1.11:80 (10.0.1.100:80)"
		quiet     = "Quiescent real server: 10.0.1.11:80 (10.0.1.100:80) (Weight set to 0)"
		reset     = "Resetting soft failure count: 10.0.1.11:80 (tcp:10.0.1.100:80)"
		soft      = "Soft failure real server: 10.0.1.11:80 (tcp:10.0.1.100:80) failure 1/2"
		fallback  = "Added fallback server: 10.0.1.19:80 (10.0.1.100:80) (Weight set to 1)"
		unneeded  = "Deleted fallback server: 10.0.1.19:80 (10.0.1.100:80)"
		changed   = "Configuration file '/etc/ha.d/a.cf' has changed on disk"
		ignored   = " - ignore new configuration"
		reread    = " - reread new configuration"
		complaint = "system(/sbin/ipvsadm -a -t 10.0.1.100:80 -r 10.0.1.11:80 -g -w 1) failed: "
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
