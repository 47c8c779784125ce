package decision

import (
	"fmt"
	"slices"
	"strings"
)

// evidence is what the record says beyond its cause: which of those that look alike it was.
func (r *Record) evidence() []string {
	var out []string
	for _, look := range []func(*Record) string{(*Record).reason, (*Record).young, (*Record).unplugged, (*Record).deaf, (*Record).absent} {
		if text := look(r); text != "" {
			out = append(out, text)
		}
	}
	return out
}

// reason is why a daemon asks for a move by itself.
func (r *Record) reason() string {
	if r.Cause != Ipfail {
		return ""
	}
	if r.Detail == "foreign" {
		return "Both nodes see equally many ping nodes, and auto_failback is on: " + r.Subject + " gives back what is not its own."
	}
	return r.Subject + " saw fewer ping nodes than the other node."
}

// young tells why a dead time is longer than that of ha.cf.
func (r *Record) young() string {
	for _, in := range r.Inputs {
		if r.Cause == Death && in.Node == r.Subject && in.Limit > r.Timers.Deadtime {
			return "A node announces a longer dead time in its first seconds."
		}
	}
	return ""
}

// unplugged tells of cards of this node that had no carrier.
func (r *Record) unplugged() string {
	var cards []string
	for _, in := range r.Inputs {
		for _, p := range in.Paths {
			if p.Unplugged && !slices.Contains(cards, p.Name) {
				cards = append(cards, p.Name)
			}
		}
	}
	if len(cards) == 0 {
		return ""
	}
	return fmt.Sprintf("On this node %s had no carrier: a cable, a switch, or the other end was off.", strings.Join(cards, " and "))
}

// deaf weighs the silence of a node against the ping nodes: who hears nobody at all is cut off.
func (r *Record) deaf() string {
	if r.Cause != Death {
		return ""
	}
	pings, silent := 0, 0
	for _, in := range r.Inputs {
		switch {
		case in.Ping && in.dead():
			pings, silent = pings+1, silent+1
		case in.Ping:
			pings++
		}
	}
	switch {
	case pings == 0:
		return "From here a crash, a power cut, a cut link and a stall look alike."
	case silent == pings:
		return "No ping node answered either: this node, or the network between, was cut off, rather than that node dead."
	case silent == 0:
		return "The ping nodes answered all the while, so that this node was not cut off itself."
	}
	return ""
}

// absent tells what the numbers of a node's messages say about the time in which it was not heard.
func (r *Record) absent() string {
	a := r.Absence
	switch {
	case a == nil:
		return ""
	case a.StoodStill():
		return fmt.Sprintf("It had not been heard for %s and had sent %d messages in that time, where a running node sends %d: it had stood still, no link had failed.",
			seconds(a.Silent), a.Sent, a.Expected)
	}
	return fmt.Sprintf("It had not been heard for %s, but had sent %d messages in that time: it had been running, and the paths between were cut.", seconds(a.Silent), a.Sent)
}
