package agent

import "regexp"

// Held says what the output of a status means (failover spec 3.3): "not running" is stopped,
// otherwise "running" or "OK" anywhere is held, and anything else is stopped. Exit code and
// standard error do not count.
func Held(output []byte) bool {
	if regexp.MustCompile(`[Nn][Oo][Tt] [Rr]unning`).Match(output) {
		return false
	}
	return regexp.MustCompile(`[Rr]unning|OK`).Match(output)
}
