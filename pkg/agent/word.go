package agent

import "strings"

// word is the argument of IPaddr and IPaddr2 (agents spec 1.4): ip[/mask[/X[/broadcast]]], where
// an X that begins with a digit is the broadcast and anything else the interface. Empty parts
// vanish: "ip//eth0" makes eth0 the netmask, as with the original.
type word struct {
	ip, mask, nic, broadcast string
}

func parseWord(arg string) word {
	var w word
	ip, rest, _ := strings.Cut(arg, "/")
	w.ip = ip
	parts := strings.FieldsFunc(rest, func(c rune) bool { return c == '/' })
	if len(parts) > 0 {
		w.mask = parts[0]
	}
	if len(parts) < 2 {
		return w
	}
	if x := parts[1]; x[0] >= '0' && x[0] <= '9' {
		w.broadcast = x
		return w
	}
	w.nic = parts[1]
	if len(parts) > 2 {
		w.broadcast = parts[2]
	}
	return w
}
