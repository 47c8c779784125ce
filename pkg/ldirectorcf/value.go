package ldirectorcf

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// fault is why a directive is refused: the original's words and what to do about it.
type fault struct {
	text, remedy string
	unknown      bool // the line as a whole is an "Unknown command"; text is not used
}

// notADirective is the answer of a directive whose value must be quoted and is not: the original's
// pattern for the whole line then does not match (ldirectord spec 4).
func notADirective(remedy string) *fault { return &fault{unknown: true, remedy: remedy} }

// blanks are the characters of Perl's \s that can stand inside a line.
const blanks = " \t\v\f\r"

var (
	digitRun = regexp.MustCompile(`[0-9]+`)
	wordRun  = regexp.MustCompile(`[0-9A-Za-z_]+`)
)

// firstWord splits at the first blank; the rest begins with no blank.
func firstWord(text string) (word, rest string) {
	end := strings.IndexAny(text, blanks)
	if end < 0 {
		return text, ""
	}
	return text[:end], strings.TrimLeft(text[end:], blanks)
}

// lastWord splits at the last blank; what is before ends in no blank.
func lastWord(text string) (before, word string) {
	end := strings.LastIndexAny(text, blanks)
	if end < 0 {
		return text, ""
	}
	return strings.TrimRight(text[:end], blanks), text[end+1:]
}

// number returns the first run of digits of a value, lowered to the largest 32-bit integer.
func number(value string) (int, bool) {
	digits := digitRun.FindString(value)
	if digits == "" {
		return 0, false
	}
	n, err := strconv.ParseInt(digits, 10, 32)
	if err != nil {
		return math.MaxInt32, true
	}
	return int(n), true
}

// setCount reads a number that must not be 0.
func setCount(to *int, value, text string) *fault {
	n, ok := number(value)
	if !ok || n == 0 {
		return &fault{text: text, remedy: numberRemedy(value)}
	}
	*to = n
	return nil
}

// setCheckCount warns only of a value that it accepts.
func (l *loader) setCheckCount(to *int, value, text string) *fault {
	f := setCount(to, value, text)
	if f == nil {
		l.warn(l.at, "checkcount option is deprecated and slated for removal.  please see 'failurecount'",
			"use failurecount=; checkcount only counts the attempts of ping checks")
	}
	return f
}

// setSeconds reads a number of seconds that must not be 0.
func setSeconds(to *time.Duration, value, text string) *fault {
	var n int
	if f := setCount(&n, value, text); f != nil {
		return f
	}
	*to = time.Duration(n) * time.Second
	return nil
}

// setYesNo reads exactly yes or no.
func setYesNo(to *bool, name, value string) *fault {
	if value != "yes" && value != "no" {
		return &fault{text: name + " must be 'yes' or 'no'", remedy: yesNoRemedy(name, value)}
	}
	*to = value == "yes"
	return nil
}

// setText reads a value that must not be empty.
func setText(to *string, value, text, remedy string) *fault {
	if value == "" {
		return &fault{text: text, remedy: remedy}
	}
	*to = value
	return nil
}

// setQuoted reads a value that must be quoted and not empty; what follows the last quote is dropped.
func setQuoted(to *string, name, value, text string) *fault {
	inner, ok := quoted(value)
	if !ok {
		return notADirective(quoteRemedy(name, value))
	}
	return setText(to, inner, text, "the quotes are empty; leave the directive out to have its default")
}

// quoted returns what stands between a leading quote and the last one.
func quoted(value string) (string, bool) {
	last := strings.LastIndexByte(value, '"')
	if last < 1 || value[0] != '"' {
		return "", false
	}
	return value[1:last], true
}

// unquoted takes the quotes off a value that may have them.
func unquoted(value string) string {
	if inner, ok := quoted(value); ok {
		return inner
	}
	return value
}

// mailStates is the value "all", in the order of the original's manual page.
var mailStates = []MailStatus{MailStarting, MailRunning, MailStopping, MailReloading}

// aroundCommas is what separates the words of emailalertstatus=; a blank at the end of the value
// therefore belongs to the last word and spoils it.
var aroundCommas = regexp.MustCompile(`[\s\v]*,[\s\v]*`)

// setMailStatus reads a list of states. Commas at the end are dropped, as Perl's split does; an
// empty list means none.
func setMailStatus(to *[]MailStatus, value string) *fault {
	words := aroundCommas.Split(value, -1)
	for len(words) > 0 && words[len(words)-1] == "" {
		words = words[:len(words)-1]
	}
	chosen := map[string]bool{}
	for _, word := range words {
		if !knownMailWord(word) {
			return &fault{text: `invalid email alert status at: "` + word + `"`, remedy: mailStatusRemedy(word)}
		}
		chosen[word] = true
	}
	if chosen["none"] {
		for _, word := range words {
			if word != "none" {
				return &fault{text: `invalid email alert status: "` + word + `" specified with "none"`,
					remedy: `write "none" alone`}
			}
		}
	}
	*to = statesOf(chosen)
	return nil
}

// statesOf returns the chosen states in their usual order; nil is none.
func statesOf(chosen map[string]bool) []MailStatus {
	var states []MailStatus
	for _, s := range mailStates {
		if chosen["all"] || chosen[string(s)] {
			states = append(states, s)
		}
	}
	return states
}

func knownMailWord(word string) bool {
	switch word {
	case "all", "none", "starting", "running", "stopping", "reloading":
		return true
	}
	return false
}

// setMailEvery reads leading digits as seconds; 0 is never again.
func setMailEvery(to *time.Duration, value string) *fault {
	if value == "" || value[0] < '0' || value[0] > '9' {
		return &fault{text: "invalid email alert frequency", remedy: "write a number of seconds; 0 sends each alert once"}
	}
	n, _ := number(value)
	*to = time.Duration(n) * time.Second
	return nil
}

var smtpHost = regexp.MustCompile(`^[0-9A-Za-z._+-]+`)

// setSMTP reads the host name or address at the start of the value.
func setSMTP(to *string, value string) *fault {
	return setText(to, smtpHost.FindString(value), "invalid SMTP server address",
		"write a host name or IPv4 address without quotes, for example smtp=mail.example.com")
}
