package hacf

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// parseTime reads a time of ha.cf: digits and dots, then s (no unit), ms, msec, us or usec in
// any case, rounded to milliseconds. "2s" is no time. Of "1.5.2" the original reads 1.5.
func parseTime(s string) (time.Duration, bool) {
	unit := strings.TrimLeft(s, "0123456789.")
	number := s[:len(s)-len(unit)]
	if number == "" {
		return 0, false
	}
	milli, ok := timeUnit(strings.ToLower(strings.Trim(unit, blanks)))
	if !ok {
		return 0, false
	}
	ms := math.Round(leadingFloat(number) * milli)
	if ms > float64(math.MaxInt64/int64(time.Millisecond)) {
		return 0, false
	}
	return time.Duration(ms) * time.Millisecond, true
}

// timeUnit returns how many milliseconds one of the unit is.
func timeUnit(unit string) (float64, bool) {
	switch unit {
	case "":
		return 1000, true
	case "ms", "msec":
		return 1, true
	case "us", "usec":
		return 0.001, true
	}
	return 0, false
}

// leadingFloat reads digits and dots up to a second dot.
func leadingFloat(s string) float64 {
	if dot := strings.IndexByte(s, '.'); dot >= 0 {
		if second := strings.IndexByte(s[dot+1:], '.'); second >= 0 {
			s = s[:dot+1+second]
		}
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil && !math.IsInf(f, 0) {
		return 0 // "." alone
	}
	return f
}

// parseBool reads a boolean of ha.cf.
func parseBool(s string) (value, ok bool) {
	switch strings.ToLower(s) {
	case "true", "on", "yes", "y", "1":
		return true, true
	case "false", "off", "no", "n", "0":
		return false, true
	}
	return false, false
}

// leadingInt reads a number as C's atoi does: an optional sign, then digits up to the first
// other character; no digits are 0. Numbers beyond 32 bits stay at the limit.
func leadingInt(s string) int {
	end := 0
	if end < len(s) && (s[end] == '-' || s[end] == '+') {
		end++
	}
	for end < len(s) && s[end] >= '0' && s[end] <= '9' {
		end++
	}
	n, err := strconv.ParseInt(s[:end], 10, 32)
	if err != nil && n == 0 {
		return 0
	}
	return int(n)
}

// isNumber says whether s is a plain number, which leadingInt alone does not ask for.
func isNumber(s string) bool {
	_, err := strconv.Atoi(s)
	return err == nil
}
