package live

import (
	"encoding/json"
	"strings"
	"testing"

	"systole/compat/lab"
	"systole/pkg/doctor"
)

// examined is what "systole doctor" finds on a host.
type examined struct {
	t     *testing.T
	h     *lab.Host
	found []doctor.Finding
}

func examine(t *testing.T, h *lab.Host) *examined {
	t.Helper()
	r := lab.OK(h.Run(patience.For(t), "systole", "doctor", "--json"))(t)
	e := &examined{t: t, h: h}
	if err := json.Unmarshal([]byte(r.Stdout), &e.found); err != nil {
		t.Fatalf("%s: %v: exit code %d\n%s%s", h.Name, err, r.Code, r.Stdout, r.Stderr)
	}
	want := map[doctor.Level]int{doctor.OK: 0, doctor.Skipped: 0, doctor.Warning: 1, doctor.Bad: 2}[doctor.Worst(e.found)]
	if r.Code != want {
		t.Errorf("%s: exit code %d, want %d", h.Name, r.Code, want)
	}
	var page strings.Builder
	doctor.Print(&page, e.found)
	t.Log(page.String())
	return e
}

// has returns the finding of a check and a level that says something.
func (e *examined) has(check string, level doctor.Level, says string) doctor.Finding {
	e.t.Helper()
	for _, f := range e.found {
		if f.Check == check && f.Level == level && strings.Contains(f.Text, says) {
			return f
		}
	}
	e.t.Errorf("%s: no finding of %s: %s %s", e.h.Name, check, level, says)
	return doctor.Finding{}
}

// lacks fails if a check found something bad.
func (e *examined) lacks(check string) {
	e.t.Helper()
	for _, f := range e.found {
		if f.Check == check && (f.Level == doctor.Bad || f.Level == doctor.Warning) {
			e.t.Errorf("%s: %s: %s", e.h.Name, check, f.Text)
		}
	}
}

// repair runs what a finding says.
func repair(t *testing.T, h *lab.Host, command string) {
	t.Helper()
	lab.OK(h.Check(patience.For(t), "sh", "-ec", command))(t)
}

const directorFile = "checktimeout=1\nvirtual=192.0.2.10:80\n\treal=192.0.2.11:80 gate\n\tservice=http\n\tscheduler=wlc\n"

// Each fault is found on the hosts that can see it, and the command that is named repairs it.
func TestDoctor(t *testing.T) {
	t.Parallel()
	l := lab.Test(t)
	lan := lab.OK(l.Switch("lan"))(t)
	a := newNode(t, l, lan, first, "192.0.2.1", "192.0.2.11")
	r := lab.OK(l.Host(lab.Spec{Name: "real", Flavour: lab.Systole, Ports: map[string]lab.Port{"eth0": lab.On(lan, "192.0.2.11/24")}}))(t)
	if err := a.WriteFile("/etc/ha.d/ldirectord.cf", []byte(directorFile), 0o600); err != nil {
		t.Fatal(err)
	}
	lab.OK(a.Check(patience.For(t), "ip", "address", "add", "192.0.2.10/24", "dev", "eth0"))(t)
	// With its network on lo the server answers for every address of it, and hears nobody.
	lab.OK(r.Check(patience.For(t), "ip", "address", "add", "192.0.2.10/24", "dev", "lo"))(t)

	e := examine(t, r)
	e.has("vip", doctor.Bad, "192.0.2.10/24 is on lo")
	fault := e.has("sysctls", doctor.Bad, "arp_ignore is 0 on eth0")
	seen := examine(t, a)
	if f := seen.has("arp", doctor.Bad, "(real server 192.0.2.11)"); !strings.HasPrefix(f.Repair, "on 192.0.2.11: "+fault.Repair) {
		t.Errorf("the director says %q, the server %q", f.Repair, fault.Repair)
	}
	seen.has("paths", doctor.Warning, "heartbeat is not running")
	repair(t, r, fault.Repair)
	repair(t, r, e.has("vip", doctor.Bad, "192.0.2.10").Repair)

	e = examine(t, r)
	e.lacks("vip")
	e.lacks("sysctls")
	e.has("arp", doctor.OK, "answers for it on eth0")
	seen = examine(t, a)
	seen.lacks("arp")
	seen.has("paths", doctor.OK, "20 echoes of 192.0.2.11 over eth0")

	lab.OK(r.Check(patience.For(t), "sh", "-ec", "ip address add 192.0.2.1/32 dev eth0"))(t)
	examine(t, a).has("duplicate", doctor.Bad, "192.0.2.1 of eth0 is also at ")
	lab.OK(r.Check(patience.For(t), "sh", "-ec", "ip address del 192.0.2.1/32 dev eth0"))(t)
	examine(t, a).lacks("duplicate")

	if err := r.Lose("eth0", 0, 0.4); err != nil {
		t.Fatal(err)
	}
	examine(t, a).has("paths", doctor.Warning, "echoes of 192.0.2.11 over eth0 are lost")
	if err := r.Unplug("eth0"); err != nil {
		t.Fatal(err)
	}
	examine(t, a).has("paths", doctor.Bad, "answers no echo")
	closedPort(t, a)
}

// closedPort closes heartbeat's port with iptables, if this kernel has it.
func closedPort(t *testing.T, a *lab.Host) {
	if c := lab.OK(a.Run(patience.For(t), "iptables", "-P", "INPUT", "DROP"))(t); c.Code != 0 {
		t.Logf("no iptables in this kernel: %s", c.Stderr)
		return
	}
	f := examine(t, a).has("firewall", doctor.Bad, "none accepts UDP port 694")
	repair(t, a, f.Repair)
	examine(t, a).lacks("firewall")
}
