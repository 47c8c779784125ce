package director

import (
	"fmt"
	"slices"
	"time"

	"systole/pkg/ldirectorcf"
)

// status is the daemon's state in alerts (ldirectord spec 11).
func (m *Machine) status() ldirectorcf.MailStatus {
	switch m.phase {
	case starting:
		return ldirectorcf.MailStarting
	case reloading:
		return ldirectorcf.MailReloading
	case stopping, gone:
		return ldirectorcf.MailStopping
	}
	return ldirectorcf.MailRunning
}

// alert mails a log line of a real or fallback server, if the virtual wants it in this state.
func (m *Machine) alert(v *virtual, text string) {
	mail := v.cf.Mail
	if mail.Alert == "" || !slices.Contains(mail.Status, m.status()) {
		return
	}
	m.log("emailalert: " + text)
	m.emit(Mail{
		To: mail.Alert, From: mail.From, SMTP: mail.SMTP, Status: m.status(), Text: text,
		ServiceName: v.cf.ServiceName, Comment: v.cf.Comment,
	})
}

// reminder repeats the alert about a server that is down.
type reminder struct {
	alarm
	u use
}

// alertAgain starts or ends the repeated alerts about a server that is down.
func (m *Machine) alertAgain(u use, down bool) {
	if u.r.alert != nil {
		m.alerts.drop(u.r.alert)
		u.r.alert = nil
	}
	if down && u.v.cf.Mail.Alert != "" && u.v.cf.Mail.Every > 0 {
		m.remind(u, m.now.Add(u.v.cf.Mail.Every))
	}
}

func (m *Machine) remind(u use, at time.Time) {
	m.reminders++
	u.r.alert = &reminder{alarm{order: m.reminders}, u}
	m.alerts.put(u.r.alert, at)
}

// keepAlert carries a reminder over a reload.
func (m *Machine) keepAlert(u use, was *reminder) {
	if was != nil {
		m.remind(u, was.at)
	}
}

// repeatAlerts sends the alerts that are due. The original looks once per pass only.
func (m *Machine) repeatAlerts() {
	for a, ok := m.alerts.take(m.now); ok; a, ok = m.alerts.take(m.now) {
		m.alertAgain(a.u, !a.u.r.up)
		m.alert(a.u.v, fmt.Sprintf("Inaccessible real server: %s (%s)", a.u.r.addr(), a.u.v.cf.Name))
	}
}
