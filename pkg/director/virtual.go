package director

import (
	"net/netip"
	"time"

	"systole/pkg/ipvs"
	"systole/pkg/ldirectorcf"
)

// virtual is a virtual service and what is known about it.
type virtual struct {
	cf        *ldirectorcf.Virtual
	id        ipvs.ServiceID // normal form
	reals     []*real
	fallback  bool   // the fallback server is in use
	word      string // last word of the fallback command, "" before the first
	adopted   bool   // the kernel's entries have been looked at
	announced bool   // "Changed virtual server" has been logged ahead of the change
	changed   bool   // the wanted entry may differ from the kernel's
}

// real is a real server of one virtual.
type real struct {
	cf       *ldirectorcf.Real
	dest     ipvs.DestID
	up       bool
	failures int  // failed checks in a row
	judged   bool // a check, or the lack of one, has decided
	listed   bool // a quiescent server has its entry of weight 0, or shall have it
	dropped  bool // the entry of weight 0 was removed by hand, and readdquiescent is no
	fresh    bool // not yet compared with the kernel's table
	since    time.Time
	alert    time.Time // when the next "Inaccessible" mail is due; zero: never
}

// realKey recognises a real server across reloads: its address, and which one of several
// equal lines it is.
type realKey struct {
	addr netip.AddrPort
	nth  int
}

// adopt makes cf the configuration. What is known about virtuals and reals that stay is kept:
// the original forgets all of it (ldirectord spec 7).
func (m *Machine) adopt(cf *ldirectorcf.Config) {
	old := m.virtuals
	m.config, m.virtuals = cf, nil
	for i := range cf.Virtuals {
		v := &virtual{cf: &cf.Virtuals[i], id: cf.Virtuals[i].Service.ServiceID.Normal(), changed: true}
		was := find(old, v.id)
		if was == nil {
			was = &virtual{}
		}
		v.fallback, v.word, v.adopted = was.fallback, was.word, was.adopted
		m.adoptReals(v, was)
		m.virtuals = append(m.virtuals, v)
	}
	m.retire(old)
	m.adoptChecks()
}

func (m *Machine) adoptReals(v, was *virtual) {
	known := map[realKey]*real{}
	count := map[netip.AddrPort]int{}
	for _, r := range was.reals {
		known[r.key(count)] = r
	}
	clear(count)
	for i := range v.cf.Reals {
		r := &real{cf: &v.cf.Reals[i], since: m.now, fresh: true}
		if k := known[r.key(count)]; k != nil {
			*r = real{cf: r.cf, up: k.up, failures: k.failures, judged: k.judged, listed: k.listed,
				dropped: k.dropped, fresh: k.fresh, since: k.since, alert: k.alert}
		}
		r.dest = destination(v.cf.Service, r.cf.Addr, r.cf.Port, r.cf.Forward)
		if v.cf.CheckType == ldirectorcf.CheckOff {
			r.up, r.judged = false, true
		}
		v.reals = append(v.reals, r)
	}
}

// retire keeps the virtuals that are in the table and no longer configured until they are deleted.
func (m *Machine) retire(old []*virtual) {
	var retired []*virtual
	for _, v := range append(m.retired, old...) {
		if m.virtual(v.id) == nil && find(retired, v.id) == nil {
			retired = append(retired, v)
		}
	}
	m.retired = retired
}

func (r *real) key(count map[netip.AddrPort]int) realKey {
	a := r.addr()
	count[a]++
	return realKey{a, count[a]}
}

func (r *real) addr() netip.AddrPort { return netip.AddrPortFrom(r.cf.Addr, r.cf.Port) }

// decided says whether the lack of an answer counts as down by now.
func (r *real) decided(now time.Time) bool {
	return r.judged || !now.Before(r.since.Add(grace))
}

func (v *virtual) anyUp() bool {
	for _, r := range v.reals {
		if r.up {
			return true
		}
	}
	return false
}

// settled says whether every real has been judged.
func (v *virtual) settled() bool {
	for _, r := range v.reals {
		if !r.judged {
			return false
		}
	}
	return true
}

// decide draws the conclusions of a virtual's reals: entries of weight 0, the fallback server
// and its command (ldirectord spec 6).
func (m *Machine) decide() {
	for _, v := range m.virtuals {
		undecided := false
		for _, r := range v.reals {
			if r.up {
				r.listed, r.dropped = true, false
			} else if !r.decided(m.now) {
				undecided = true
			} else if v.cf.Quiescent && !r.listed && !r.dropped {
				r.listed, v.changed = true, true
			}
		}
		switch {
		case v.anyUp():
			m.setFallback(v, false)
		case !undecided:
			m.setFallback(v, true)
		}
	}
}

// setFallback switches the fallback server, which the table follows, and runs the command if
// its last word was another. Before the first decision both are left alone.
func (m *Machine) setFallback(v *virtual, on bool) {
	v.changed = v.changed || v.fallback != on
	v.fallback = on
	word := "stop"
	if on {
		word = "start"
	}
	if v.word == word {
		return
	}
	v.word = word
	if v.cf.FallbackCommand == "" {
		return
	}
	m.emit(RunFallbackCommand{v.cf.FallbackCommand, word, v.endpoint(), v.cf.Protocol()})
}

// endpoint is VIP:P as the fallback command gets it: a firewall mark has neither.
func (v *virtual) endpoint() string {
	if a := v.cf.Service.Addr; a.IsValid() {
		return a.String()
	}
	return ":0"
}

// fallbackAddr is the fallback server as log lines show it, and whether there is one.
func (v *virtual) fallbackAddr() (netip.AddrPort, bool) {
	f := v.cf.Fallback
	if f == nil || !f.Addr.IsValid() {
		return netip.AddrPort{}, false
	}
	return netip.AddrPortFrom(f.Addr, f.Port), true
}

// realDeadlines are the ends of the grace times and the next mails.
func (m *Machine) realDeadlines(at func(time.Time)) {
	for _, v := range m.virtuals {
		for _, r := range v.reals {
			if end := r.since.Add(grace); !r.judged && m.now.Before(end) {
				at(end)
			}
			at(r.alert)
		}
	}
}
