package doctor

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
)

// modules looks for IPVS in the kernel.
func modules(_ context.Context, _ *Machine, s Setup) []Finding {
	if !s.Directs {
		return []Finding{skipped("no ldirectord.cf, no need of ip_vs")}
	}
	if _, err := table("ip_vs"); err == nil {
		return []Finding{ok("ip_vs is in the kernel")}
	}
	if hasModule("ip_vs") {
		return []Finding{ok("ip_vs is there, ldirectord loads it at its start")}
	}
	release, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	return []Finding{bad("modprobe ip_vs; or install the modules of kernel "+strings.TrimSpace(string(release)), "ip_vs is not in the kernel, and there is no module: nothing can be forwarded")}
}

// hasModule says whether a module of the running kernel is on disk.
func hasModule(name string) bool {
	release, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return false
	}
	list, err := os.ReadFile("/lib/modules/" + strings.TrimSpace(string(release)) + "/modules.dep")
	return err == nil && strings.Contains(string(list), "/"+name+".ko")
}

// setting is a sysctl that a machine should have.
type setting struct {
	name  string
	wants []string // any of them
	bad   bool     // without it the service does not work
	why   string
}

// directorSettings are those of a director, by what is configured.
func directorSettings(s Setup) []setting {
	var all []setting
	if s.Masquerade {
		all = append(all, setting{"net.ipv4.ip_forward", []string{"1"}, true, "answers of masq servers are not forwarded to the clients"})
	}
	if s.Quiescent {
		all = append(all, setting{"net.ipv4.vs.expire_quiescent_template", []string{"1"}, false, "persistent clients of a dead server are sent to it again until their time is over"})
	}
	if s.Directs {
		all = append(all, setting{"net.ipv4.vs.expire_nodest_conn", []string{"1"}, false, "clients of a server that was removed wait for a timeout and are not told"})
	}
	return all
}

func directorSysctls(_ context.Context, m *Machine, s Setup) []Finding {
	var found []Finding
	for _, want := range directorSettings(s) {
		found = append(found, want.examine())
	}
	for _, v := range s.VIPs {
		if on, there := m.interfaceOf(v); there && v.Addr.Is4() {
			found = append(found, promotes(on)...)
		}
	}
	if len(found) == 0 {
		found = append(found, skipped("nothing is configured that needs one"))
	}
	return found
}

func (w setting) examine() Finding {
	is, there := sysctl(w.name)
	repair := fmt.Sprintf("sysctl -w %s=%s", w.name, w.wants[0])
	switch {
	case !there:
		return skipped("%s: this kernel has none yet", w.name)
	case slices.Contains(w.wants, is):
		return ok("%s is %s", w.name, is)
	case w.bad:
		return bad(repair, "%s is %s: %s", w.name, is, w.why)
	}
	return warning(repair, "%s is %s: %s", w.name, is, w.why)
}

// promotes looks whether removing an address takes others of its network along.
func promotes(on string) []Finding {
	all, _ := sysctl("net.ipv4.conf.all.promote_secondaries")
	own, there := sysctl("net.ipv4.conf." + strings.ReplaceAll(on, ".", "/") + ".promote_secondaries")
	if !there || all == "1" || own == "1" {
		return nil
	}
	return []Finding{warning("sysctl -w net.ipv4.conf.all.promote_secondaries=1",
		"promote_secondaries is 0 on %s: when the first address of a network goes, the kernel removes the others of it too", on)}
}
