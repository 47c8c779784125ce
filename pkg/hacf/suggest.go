package hacf

import (
	"fmt"
	"strings"
)

// retired are directives of other releases, and why they are not here.
var retired = map[string]string{
	"hbversion":  "hbversion is a parameter to ask for, not a directive: remove the line",
	"normalpoll": "normalpoll is of heartbeat 1 and not needed: remove the line",
	"openais":    "there is no openais medium: use ucast, bcast or mcast",
	"tipc":       "there is no tipc medium: use ucast, bcast or mcast",
	"rds":        "there is no rds medium: use ucast, bcast or mcast",
	"hbaping":    "there is no fibre channel ping: use ping",
}

// unknownRemedy says what was probably meant by an unknown directive.
func unknownRemedy(name string) string {
	if why, ok := retired[name]; ok {
		return why
	}
	if strings.HasSuffix(name, `\`) {
		return `ha.cf has no continuation lines: write the directive on one line`
	}
	if word, _, glued := cutAny(name, "=,:"); glued && isKeyword(word) {
		return fmt.Sprintf("put a blank after %s", word)
	}
	if best, ok := nearest(name); ok {
		return fmt.Sprintf("did you mean %s?", best)
	}
	return "there is no such directive: remove the line, or put # in front"
}

func cutAny(s, chars string) (before, after string, found bool) {
	if i := strings.IndexAny(s, chars); i > 0 {
		return s[:i], s[i+1:], true
	}
	return s, "", false
}

func isKeyword(name string) bool {
	_, ok := lookup(name)
	return ok
}

// nearest returns the directive that differs least from name, if few letters differ.
func nearest(name string) (string, bool) {
	if len(name) > 40 {
		return "", false
	}
	best, least := "", 1+max(1, len(name)/3)
	for _, k := range keywords() {
		if n := distance(strings.ToLower(name), k.name); n < least {
			best, least = k.name, n
		}
	}
	return best, best != ""
}

// distance counts the letters to insert, remove, replace or swap with their neighbour to make
// b of a.
func distance(a, b string) int {
	before, row := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		older := before
		before, row = row, make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			row[j] = min(before[j]+1, row[j-1]+1, before[j-1]+differ(a[i-1], b[j-1]))
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], older[j-2]+1)
			}
		}
	}
	return row[len(b)]
}

func differ(a, b byte) int {
	if a == b {
		return 0
	}
	return 1
}
