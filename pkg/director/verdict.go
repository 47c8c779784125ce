package director

import (
	"fmt"
	"net/netip"
	"strings"

	"systole/pkg/ldirectorcf"
)

// judge applies the result of a check to every real that shares it (ldirectord spec 6).
func (m *Machine) judge(c *check, up bool, message string) {
	for _, u := range c.users {
		m.monitor(u, c.kind, up, message)
		if up {
			m.realUp(u)
		} else {
			m.realDown(u, false)
		}
		u.r.maintained = false
		m.settle(u)
	}
}

// withdraw takes the reals of a check down because they are in maintenance: failurecount does
// not matter (ldirectord spec 9.8).
func (m *Machine) withdraw(c *check) {
	for _, u := range c.users {
		m.monitor(u, "", false, "Server in maintenance")
		m.realDown(u, true)
		u.r.maintained = true
		m.settle(u)
	}
}

func (m *Machine) realUp(u use) {
	if u.r.failures > 0 {
		m.log(fmt.Sprintf("Resetting soft failure count: %s (%s)", u.r.addr(), u.v.cf.ID))
		u.r.failures = 0
	}
	if u.r.up || !m.mayReturn(u) {
		return
	}
	if u.r.judged {
		m.startSlowly(u)
	}
	u.r.up, u.r.passes = true, 0
	u.r.turned = m.now
	m.touch(u.v)
	m.alertAgain(u, false)
	m.turnedInPanic(u, "Up")
}

func (m *Machine) realDown(u use, forced bool) {
	r := u.r
	m.stumble(u)
	if !r.up {
		if !r.judged {
			m.alertAgain(u, true)
		}
		return
	}
	r.failures++
	if limit := u.v.cf.FailureCount; !forced && r.failures < limit {
		m.log(fmt.Sprintf("Soft failure real server: %s (%s) failure %d/%d", r.addr(), u.v.cf.ID, r.failures, limit))
		return
	}
	r.up = false
	r.turned = m.now
	m.endRamp(u)
	if !forced {
		m.fell(u)
	}
	m.touch(u.v)
	m.alertAgain(u, true)
	m.turnedInPanic(u, "Down")
}

// monitor writes the line of a monitor file. There is none for ping down, external-perl, on and
// off (ldirectord spec 9.7).
func (m *Machine) monitor(u use, kind ldirectorcf.CheckType, up bool, message string) {
	if u.v.cf.MonitorFile == "" || !monitored(u.v.cf.CheckType, kind, up) {
		return
	}
	word := "down"
	if up {
		word = "up"
	}
	m.emit(Monitor{u.v.cf.MonitorFile, fmt.Sprintf("%s [%s] %s", monitorName(u.r.cf.ID), word, monitorText(message))})
}

// monitored says whether a result has a line; kind is "" for one that no check gave.
func monitored(t, kind ldirectorcf.CheckType, up bool) bool {
	switch {
	case kind == "":
		return true
	case t == ldirectorcf.CheckPing:
		return up
	}
	return t != ldirectorcf.CheckExternalPerl && t != ldirectorcf.CheckOn
}

// monitorName is the identity string as monitor files show it: runs of colons are one blank,
// backslashes are gone (ldirectord spec 12).
func monitorName(id string) string {
	id = strings.ReplaceAll(id, `\`, "")
	var b strings.Builder
	for i := 0; i < len(id); i++ {
		if id[i] != ':' {
			b.WriteByte(id[i])
		} else if i == 0 || id[i-1] != ':' {
			b.WriteByte(' ')
		}
	}
	return b.String()
}

func monitorText(message string) string {
	if message == "" {
		return "-"
	}
	return strings.NewReplacer("%", "%25", "|", "%7c", "\r", "%0d", "\n", "%0a").Replace(message)
}

// maintain takes the list of reals in maintenance. Those that are new on it go down at once, those
// that left it are checked at once; the original notices either at its next pass.
func (m *Machine) maintain(addrs []netip.AddrPort) {
	was := m.maintenance
	m.maintenance = make(map[netip.AddrPort]bool, len(addrs))
	for _, a := range addrs {
		m.maintenance[a] = true
	}
	for _, c := range m.checks {
		a := c.users[0].r.addr()
		if was[a] == m.maintenance[a] {
			continue
		}
		c.next = m.now
		if m.maintenance[a] {
			m.cancel(c)
		}
		m.enqueue(c)
	}
}
