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

// alertAgain starts or ends the repeated alerts about a server that is down.
func (m *Machine) alertAgain(u use, down bool) {
	u.r.alert = time.Time{}
	if down && u.v.cf.Mail.Alert != "" && u.v.cf.Mail.Every > 0 {
		u.r.alert = m.now.Add(u.v.cf.Mail.Every)
	}
}

// repeatAlerts sends the alerts that are due. The original looks once per pass only.
func (m *Machine) repeatAlerts() {
	for _, v := range m.virtuals {
		for _, r := range v.reals {
			if r.alert.IsZero() || m.now.Before(r.alert) {
				continue
			}
			m.alertAgain(use{v, r}, !r.up)
			m.alert(v, fmt.Sprintf("Inaccessible real server: %s (%s)", r.addr(), v.cf.Name))
		}
	}
}
