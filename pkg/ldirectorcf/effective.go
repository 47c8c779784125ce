package ldirectorcf

import (
	"cmp"
	"time"
)

// The timeouts of a file that gives none.
const (
	defaultCheckTimeout     = 5 * time.Second
	defaultNegotiateTimeout = 30 * time.Second
)

// defaultCommand is the checkcommand of a section that gives none.
const defaultCommand = "/bin/true"

// complete applies the globals to a section. It runs when the whole file is read, because globals
// may follow the section (ldirectord spec 3, 4.2).
func (s *section) complete(g *Global) Virtual {
	v := s.v
	own := v.given
	v.CheckTimeout = cmp.Or(own.checkTimeout, own.negotiateTimeout, g.CheckTimeout, g.NegotiateTimeout, defaultCheckTimeout)
	v.NegotiateTimeout = cmp.Or(own.negotiateTimeout, own.checkTimeout, g.NegotiateTimeout, g.CheckTimeout, defaultNegotiateTimeout)
	v.CheckInterval = g.CheckInterval
	if g.Fork {
		v.CheckInterval = cmp.Or(own.checkInterval, g.CheckInterval)
	}
	v.CheckCount = cmp.Or(own.checkCount, g.CheckCount)
	v.FailureCount = cmp.Or(own.failureCount, g.FailureCount)
	v.ReaddQuiescent = g.ReaddQuiescent
	inherit(&v.Quiescent, own.quiescent, g.Quiescent)
	inherit(&v.CleanStop, own.cleanStop, g.CleanStop)
	inherit(&v.FallbackCommand, own.fallbackCommand, g.FallbackCommand)
	v.completeMail(g.Mail)
	v.completeSteady(g.Steady)
	v.completeFallback(g, s.ipv6)
	s.completeService(&v)
	for i := range v.Reals {
		v.Reals[i].complete(&v)
	}
	return v
}

// inherit takes the global value where the section gave none.
func inherit[T any](to *T, own bool, global T) {
	if !own {
		*to = global
	}
}

func (v *Virtual) completeMail(global Mail) {
	inherit(&v.Mail.Alert, v.given.mailAlert, global.Alert)
	inherit(&v.Mail.Every, v.given.mailEvery, global.Every)
	inherit(&v.Mail.Status, v.given.mailStatus, global.Status)
	inherit(&v.Mail.SMTP, v.given.smtp, global.SMTP)
	v.Mail.From = global.From
}

// completeFallback also gives firewall marks the global fallback, which the original forgets and
// then runs a command that cannot work (ldirectord spec 3.3).
func (v *Virtual) completeFallback(g *Global, ipv6 bool) {
	fb := v.Fallback
	if fb == nil {
		fb = g.Fallback
		if ipv6 {
			fb = g.Fallback6
		}
	}
	if fb == nil {
		return
	}
	used := *fb
	used.Port = cmp.Or(used.Port, v.Service.Addr.Port())
	v.Fallback = &used
}

// completeService sets what reaches the kernel only together with something else: a netmask with
// persistence, one-packet scheduling with UDP (ldirectord spec 5).
func (s *section) completeService(v *Virtual) {
	v.Service.Persistent = s.persistent
	v.Service.OnePacket = v.OnePacket && s.protocol == "udp"
	if s.persistent > 0 {
		v.Service.Netmask = v.Netmask
	}
}
