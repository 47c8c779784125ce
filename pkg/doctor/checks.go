package doctor

import "context"

// check is a row of the table.
type check struct {
	name     string
	about    string
	director bool // it is made on a director
	real     bool // it is made on a real server
	examine  func(ctx context.Context, m *Machine, s Setup) []Finding
}

// checks are all of them, in the order in which they are made.
func checks() []check {
	return []check{
		{"modules", "ip_vs is in the kernel", true, false, modules},
		{"sysctls", "the kernel forwards, and lets go of dead servers", true, false, directorSysctls},
		{"sysctls", "a real server does not answer ARP for the VIP", false, true, realSysctls},
		{"vip", "the VIP of gate and ipip is on lo or tunl0, for this host alone", false, true, loopback},
		{"arp", "who answers for the VIP on each interface", true, true, answers},
		{"duplicate", "no other machine has an address of this one", true, true, duplicates},
		{"paths", "heartbeats and echoes of the peer come, steadily", true, false, paths},
		{"firewall", "the UDP port of heartbeat is open, and heartbeat's", true, false, firewall},
		{"clock", "the clock is set by somebody", true, true, clock},
	}
}

// Names lists the checks with what they look at, for help texts.
func Names() (names, abouts []string) {
	for _, c := range checks() {
		names, abouts = append(names, c.name), append(abouts, c.about)
	}
	return names, abouts
}

// Examine makes every check that is for such a machine.
func Examine(ctx context.Context, m *Machine, s Setup) []Finding {
	var all []Finding
	for _, c := range checks() {
		if s.Real && !c.real || !s.Real && !c.director {
			continue
		}
		for _, f := range c.examine(ctx, m, s) {
			f.Check = c.name
			all = append(all, f)
		}
	}
	return all
}
