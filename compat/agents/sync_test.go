package agents

import (
	"strings"
	"testing"

	"systole/compat/lab"
	"systole/compat/uml"
)

const syncEnvironment = `HA_LOGFILE=/var/log/ha.log HA_CURHOST=node1 HA_RSCTMP=/run/resource-agents
export HA_LOGFILE HA_CURHOST HA_RSCTMP
cd /etc/ha.d/resource.d
`

// TestSyncDaemons moves the kernel's synchronisation daemons as a takeover does, and looks at them
// with ipvsadm. There is no original to compare with: neither agent is in the packages.
func TestSyncDaemons(t *testing.T) {
	if uml.Elsewhere(t, uml.Installed) {
		return
	}
	l := lab.Test(t)
	lan := lab.OK(l.Switch("lan"))(t)
	h := &host{Host: lab.OK(l.Host(lab.Spec{Name: "director", Flavour: lab.Systole, Ports: map[string]lab.Port{
		"eth0": lab.On(lan, "10.0.0.1/24"), "eth1": lab.On(lan, "10.0.1.1/24"),
	}}))(t)}
	master, backup := "master sync daemon (mcast=eth0, syncid=7,", "backup sync daemon (mcast=eth0, syncid=7,"
	steps := []syncStep{
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
		s.play(t, h)
	}
}

// syncStep is one call, and what it leaves running.
type syncStep struct {
	command, stdout string
	code            int
	running         []string
}

func (s syncStep) play(t *testing.T, h *host) {
	t.Helper()
	r := h.sh(t, syncEnvironment+"./"+s.command)
	running := strings.FieldsFunc(h.sh(t, "ipvsadm -L --daemon").Stdout, func(r rune) bool { return r == '\n' })
	ok := r.Code == s.code && strings.HasPrefix(r.Stdout, s.stdout) && (s.stdout != "" || r.Stdout == "") && len(running) == len(s.running)
	for i := range s.running {
		ok = ok && strings.HasPrefix(running[i], s.running[i])
	}
	if !ok {
		t.Errorf("%s: %q %d, runs %q\n%s", s.command, r.Stdout, r.Code, running, r.Stderr)
	}
}

// TestSyncDaemonsWithoutKernel is the same where the kernel has no ip_vs: a start fails and says
// why, nothing runs, and a stop has nothing to do.
func TestSyncDaemonsWithoutKernel(t *testing.T) {
	l := lab.Test(t)
	h := &host{Host: lab.OK(l.Host(lab.Spec{Name: "director", Flavour: lab.Systole}))(t)}
	if h.sh(t, "ipvsadm -L -n").Code == 0 {
		t.Skip("this kernel has ip_vs")
	}
	for _, part := range []string{"master", "backup", "both"} {
		for _, s := range []syncStep{
			{"LVSSyncDaemonSwap " + part + " eth0 7 status", part + " stopped\n", 7, nil},
			{"LVSSyncDaemonSwap " + part + " eth0 7 start", "", 1, nil},
			{"LVSSyncDaemonSwap " + part + " start", "", 1, nil},
			{"LVSSyncDaemonSwap " + part + " eth0 7 stop", "", 0, nil},
			{"LVSSyncDaemonSwap " + part + " eth0 256 start", "", 2, nil},
		} {
			s.play(t, h)
		}
	}
	if r := h.sh(t, syncEnvironment+"./LVSSyncDaemonSwap master start"); !strings.Contains(r.Stderr, "ip_vs") {
		t.Errorf("a start does not say why it fails: %q", r.Stderr)
	}
}
