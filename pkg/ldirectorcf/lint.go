package ldirectorcf

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"systole/pkg/ipvs"
)

// lintRule warns of a virtual that the original accepts and that cannot work, or not as meant.
type lintRule struct {
	applies func(*Virtual) bool
	remedy  string
}

var lintRules = []lintRule{
	{func(v *Virtual) bool { return !v.isMark() && v.Service.Addr.Port() == 0 && v.Service.Persistent == 0 },
		"the kernel takes port 0 (every port) only with persistent="},
	{func(v *Virtual) bool { return v.OnePacket && v.Service.Protocol != ipvs.UDP },
		"ops=yes has no effect: one-packet scheduling is for protocol=udp"},
	{func(v *Virtual) bool { return v.Netmask != 0 && v.Service.Persistent == 0 },
		"netmask= has no effect without persistent="},
	{func(v *Virtual) bool { return v.negotiates("dns") && slices.ContainsFunc(v.Reals, matchesNothing) },
		"a dns check without receive= is always down: give the address that the answer must hold"},
	{func(v *Virtual) bool {
		return v.negotiates("mysql", "pgsql", "oracle") && (v.Login == "" || slices.ContainsFunc(v.Reals, asksNothing))
	}, "a database check needs login= and request= and is always down without them"},
	{func(v *Virtual) bool { return v.external() && strings.ContainsAny(v.CheckCommand, blanks) },
		"checkcommand= takes a path and no arguments: write a small script that calls the command with them"},
	{func(v *Virtual) bool { return v.external() && v.CheckCommand == defaultCommand },
		"checkcommand= is not given, so every real is always up"},
	{func(v *Virtual) bool { return len(v.Reals) == 0 }, "the virtual has no real="},
	{func(v *Virtual) bool {
		return v.SlowStart > 0 && len(v.Reals) > 0 && !slices.ContainsFunc(v.Reals, grows)
	},
		"systole_slow_start= has no effect: a weight of 1 cannot grow, give the servers weights, for example 10"},
	{func(v *Virtual) bool { return v.Panic > 0 && v.Fallback != nil },
		"the fallback is used only while operators hold all servers back: systole_panic= keeps all that are down in service"},
	{neverHolds, "systole_flap_hold= never holds a server: with checkinterval=, failurecount= and systole_rise= as they are, so many falls take longer"},
}

func (v *Virtual) isMark() bool { return v.Service.FWMark != 0 }

func (v *Virtual) external() bool {
	return v.CheckType == CheckExternal || v.CheckType == CheckExternalPerl
}

func (v *Virtual) negotiates(services ...string) bool {
	return (v.CheckType == CheckNegotiate || v.CheckType == CheckCombined) && slices.Contains(services, v.CheckService)
}

func matchesNothing(r Real) bool { return r.Receive == "" }
func asksNothing(r Real) bool    { return r.Request == "/" }

// lint runs when the file is accepted; the original says nothing of all this.
func (l *loader) lint(c *Config) {
	for i := range c.Virtuals {
		v := &c.Virtuals[i]
		for _, rule := range lintRules {
			if rule.applies(v) {
				l.warn(v.Line, "", rule.remedy)
			}
		}
		if run := l.env.Executable; run != nil && v.external() && !strings.ContainsAny(v.CheckCommand, blanks) && !run(v.CheckCommand) {
			l.warn(v.Line, "", v.CheckCommand+" cannot be executed, so every real is always down")
		}
		l.lintReals(v)
	}
}

// lintReals says each thing once for a line, however many servers its range holds.
func (l *loader) lintReals(v *Virtual) {
	seen := map[netip.AddrPort]int{}
	twice, line := 0, 0
	for i := range v.Reals {
		r := &v.Reals[i]
		at := netip.AddrPortFrom(r.Addr, r.Port)
		if first, again := seen[at]; again && twice != r.Line {
			l.warn(r.Line, "", fmt.Sprintf("%s stands on line %d too: the kernel has one entry for both", at, first))
			twice = r.Line
		}
		seen[at] = r.Line
		if line != r.Line {
			l.lintReal(v, r)
		}
		line = r.Line
	}
}

func (l *loader) lintReal(v *Virtual, r *Real) {
	if r.Lower > r.Upper {
		l.warn(r.Line, "", fmt.Sprintf("the kernel refuses a lower threshold (%d) above the upper one (%d): give u: as well", r.Lower, r.Upper))
	}
	if port := v.Service.Addr.Port(); r.Forward != ipvs.Masq && !v.isMark() && r.Port != 0 && r.Port != port {
		l.warn(r.Line, "", fmt.Sprintf("%s leaves the port alone: clients reach port %d of the real; only masq can change it",
			ForwardWord(r.Forward), port))
	}
}
