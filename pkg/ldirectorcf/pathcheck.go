package ldirectorcf

import (
	"fmt"

	"systole/pkg/ipvs"
)

// systole_path_check=yes sends a SYN for the virtual's address to each server, on the way on which
// the kernel will send clients. The original checks the server's own address only, which answers
// though the server lacks the virtual address and swallows every client.

func (s *section) setPathCheck(value string) *fault {
	s.pathAt = s.l.at
	return setYesNo(&s.v.PathCheck, "systole_path_check", value)
}

// pathRule is a virtual whose path cannot be checked.
type pathRule struct {
	applies func(*Virtual) bool
	remedy  string
}

var pathRules = []pathRule{
	{(*Virtual).isMark, "a firewall mark has no address that could be asked for: remove the line, or write virtual=ADDRESS:PORT"},
	{func(v *Virtual) bool { return v.Service.Protocol == ipvs.UDP }, "no server answers for udp: the path is checked with tcp only, remove the line"},
	{func(v *Virtual) bool { return v.Service.Addr.Port() == 0 }, "port 0 is every port, and none can be asked for: remove the line"},
	{func(v *Virtual) bool { return v.CheckType == CheckOn || v.CheckType == CheckOff },
		"it goes along with another check: write checktype=connect, say, or remove the line"},
}

// checkPath refuses the directive where it cannot work. It runs when the whole section is read,
// because protocol= and the servers may follow it.
func (s *section) checkPath() *fault {
	if !s.v.PathCheck {
		return nil
	}
	refuse := func(remedy string) *fault {
		return &fault{text: "systole_path_check cannot be used here", remedy: remedy}
	}
	for _, rule := range pathRules {
		if rule.applies(&s.v) {
			return refuse(rule.remedy)
		}
	}
	for _, r := range s.v.Reals {
		if r.Forward != ipvs.Route {
			return refuse(fmt.Sprintf("%s on line %d is %s: only gate servers have the virtual's address; give the others a section of their own, or remove this line",
				host(r.Addr), r.Line, ForwardWord(r.Forward)))
		}
	}
	return nil
}
