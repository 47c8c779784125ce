package hacf

import (
	"fmt"
	"strings"
)

// autoFailback takes a boolean or legacy (failover spec 11).
func autoFailback(r *Reading, d Directive, v string) {
	on := false
	switch {
	case strings.EqualFold(v, "legacy"):
		r.Config.AutoFailback = FailbackLegacy
	case !r.boolean(d, v, &on):
	case on:
		r.Config.AutoFailback = FailbackOn
	default:
		r.Config.AutoFailback = FailbackOff
	}
}

// niceFailback is obsolete. Its value does not matter to the original: after an auto_failback
// on or off it means off, else it means legacy. It complains with ERROR lines and starts.
func niceFailback(r *Reading, d Directive, v string) {
	r.say("ERROR", "nice_failback flag is obsolete.. Use auto_failback {on, off, legacy} instead.")
	if _, ok := parseBool(v); !ok {
		r.say("ERROR", "See documentation for details.")
		r.fail(d, "", fmt.Sprintf("nice_failback [%s] is not valid: remove the line and write auto_failback on", v))
		return
	}
	if r.Config.AutoFailback == FailbackLegacy {
		r.sayAll("ERROR",
			fmt.Sprintf("nice_failback %s has been strictly interpreted as 'auto_failback legacy'", v),
			"Consider converting to 'auto_failback on'.",
			"When you do, then you can use ipfail, and hb_standby")
	} else {
		r.say("ERROR", fmt.Sprintf("'nice_failback %s' has been changed to 'auto_failback off'", v))
		r.Config.AutoFailback = FailbackOff
	}
	r.say("ERROR", "See documentation for details.")
	r.warn(d, "remove nice_failback and write auto_failback on, or off")
}

// checkFailback repeats at every start that legacy should be given up.
func (r *Reading) checkFailback() {
	if r.Config.AutoFailback != FailbackLegacy {
		return
	}
	r.sayAll("WARN", "Deprecated 'legacy' auto_failback option selected.",
		"Please convert to 'auto_failback on'.",
		"See documentation for conversion details.")
	r.note(r.at("auto_failback"), "with legacy neither ipfail nor hb_standby works: write auto_failback on, or off, on every node")
}
