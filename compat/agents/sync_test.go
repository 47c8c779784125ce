package agents

import (
	"strings"
	"testing"

	"systole/compat/lab"
	"systole/compat/uml"
)

// TestSyncDaemons moves the kernel's synchronisation daemons as a takeover does, and looks at them
// with ipvsadm. There is no original to compare with: neither agent is in the packages.
func TestSyncDaemons(t *testing.T) {
	if !uml.Inside() {
		lab.Test(t).Close()
		lab.OK(lab.EnsureInstalled(t.Context()))(t)
	}
	t.Setenv("SYSTOLE_INSTALLED", "1") // there is no Go tool chain in User-Mode Linux
	if uml.Elsewhere(t) {
		return
	}
	l := lab.Test(t)
	lan := lab.OK(l.Switch("lan"))(t)
	h := host{lab.OK(l.Host(lab.Spec{Name: "director", Flavour: lab.Systole, Ports: map[string]lab.Port{
		"eth0": lab.On(lan, "10.0.0.1/24"), "eth1": lab.On(lan, "10.0.1.1/24"),
	}}))(t)}
	master, backup := "master sync daemon (mcast=eth0, syncid=7,", "backup sync daemon (mcast=eth0, syncid=7,"
	steps := []struct {
		command, stdout string
		code            int
		running         []string
	}{
		{"LVSSyncDaemonSwap master eth0 7 status", "master stopped", 7, nil},
		{"LVSSyncDaemonSwap master eth0 7 stop", "", 0, []string{backup}},
		{"LVSSyncDaemonSwap master eth0 7 start", "", 0, []string{master}},
		{"LVSSyncDaemonSwap master eth0 7 start", "", 0, []string{master}},
		{"LVSSyncDaemonSwap master eth0 7 status", "master running\n", 0, []string{master}},
		{"LVSSyncDaemonSwap master eth1 8 start", "", 0, []string{"master sync daemon (mcast=eth1, syncid=8,"}},
		{"ipvs-sync eth0 7 start", "", 0, []string{master}},
		{"ipvs-sync eth0 7 stop", "", 0, []string{backup}},
		{"ipvs-sync eth0 7 stop", "", 0, []string{backup}},
		{"ipvs-sync eth0 7 status", "master stopped\n", 7, []string{backup}},
		{"LVSSyncDaemonSwap both eth0 7 start", "", 0, []string{master, backup}},
		{"LVSSyncDaemonSwap both eth0 7 status", "both running\n", 0, []string{master, backup}},
		{"LVSSyncDaemonSwap both eth0 7 stop", "", 0, []string{backup}},
		{"LVSSyncDaemonSwap both eth0 7 status", "both stopped\n", 7, []string{backup}},
		{"LVSSyncDaemonSwap backup eth0 7 stop", "", 0, []string{master}},
		{"LVSSyncDaemonSwap backup eth0 7 start", "", 0, []string{backup}},
		{"LVSSyncDaemonSwap master nosuch start", "", 1, nil},
		{"LVSSyncDaemonSwap slave start", "", 2, nil},
		{"LVSSyncDaemonSwap master eth0 7 bogus", "", 1, nil},
	}
	for _, s := range steps {
		r := h.sh(t, environment+"./"+s.command)
		running := lines(h.sh(t, "ipvsadm -L --daemon").Stdout)
		ok := r.Code == s.code && strings.HasPrefix(r.Stdout, s.stdout) && (s.stdout != "" || r.Stdout == "") && len(running) == len(s.running)
		for i := range s.running {
			ok = ok && strings.HasPrefix(running[i], s.running[i])
		}
		if !ok {
			t.Errorf("%s: %q %d, runs %q\n%s", s.command, r.Stdout, r.Code, running, r.Stderr)
		}
	}
}
