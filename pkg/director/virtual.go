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
	doubtful  bool   // whether the fallback is needed is to be decided again

	order     int                     // in the file
	panicking bool                    // too few reals are up: all stay in service
	number    [withheld + 1]int       // of reals, by standing
	judged    int                     // reals
	at        map[ipvs.DestID][]*real // who is behind a destination
}

// real is a real server of one virtual.
type real struct {
	cf         *ldirectorcf.Real
	dest       ipvs.DestID
	up         bool
	failures   int  // failed checks in a row
	judged     bool // a check, or the lack of one, has decided
	listed     bool // a quiescent server has its entry of weight 0, or shall have it
	dropped    bool // the entry of weight 0 was removed by hand, and readdquiescent is no
	fresh      bool // not yet compared with the kernel's table
	since      time.Time
	counted    standing
	alert      *reminder // of the "Inaccessible" mails; nil: none
	bidding    bidding   // what operators want
	turned     time.Time // last change of up
	maintained bool      // the last verdict was that it is in maintenance
	past
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
	old, was := m.virtuals, m.virtualOf
	m.config, m.virtuals, m.virtualOf = cf, nil, map[ipvs.ServiceID]*virtual{}
	m.touched, m.doubtful = nil, nil
	m.alerts.clear()
	m.ramps.clear()
	for i := range cf.Virtuals {
		v := &virtual{cf: &cf.Virtuals[i], id: cf.Virtuals[i].Service.ServiceID.Normal(), order: i}
		if k := was[v.id]; k != nil {
			v.fallback, v.word, v.adopted, v.panicking = k.fallback, k.word, k.adopted, k.panicking
			m.adoptReals(v, k.reals)
		} else {
			m.adoptReals(v, nil)
		}
		m.virtuals = append(m.virtuals, v)
		m.virtualOf[v.id] = v
		m.touch(v)
		m.concludeAll(v)
		m.obey(v)
	}
	m.retire(old)
	m.adoptChecks()
	m.startGrace()
}

func (m *Machine) adoptReals(v *virtual, was []*real) {
	known := map[realKey]*real{}
	count := map[netip.AddrPort]int{}
	v.at = make(map[ipvs.DestID][]*real, len(v.cf.Reals))
	for _, r := range was {
		known[r.key(count)] = r
	}
	clear(count)
	for i := range v.cf.Reals {
		r := &real{cf: &v.cf.Reals[i], since: m.now, fresh: true}
		if k := known[r.key(count)]; k != nil {
			*r = real{cf: r.cf, up: k.up, failures: k.failures, judged: k.judged, listed: k.listed,
				dropped: k.dropped, fresh: k.fresh, since: k.since, turned: k.turned, maintained: k.maintained, past: k.past}
			m.keepAlert(use{v, r}, k.alert)
			m.keepRamp(use{v, r}, k.slow)
		}
		r.dest = destination(v.cf.Service, r.cf.Addr, r.cf.Port, r.cf.Forward)
		if v.cf.CheckType == ldirectorcf.CheckOff {
			r.up, r.judged = false, true
			m.endRamp(use{v, r})
		}
		if r.judged {
			v.judged++
		}
		v.reals = append(v.reals, r)
		v.at[r.dest] = append(v.at[r.dest], r)
	}
}

// retire keeps the virtuals that are in the table and no longer configured until they are deleted.
func (m *Machine) retire(old []*virtual) {
	var retired []*virtual
	seen := map[ipvs.ServiceID]bool{}
	for _, v := range append(m.retired, old...) {
		if m.virtualOf[v.id] == nil && !seen[v.id] {
			seen[v.id] = true
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

// setFallback switches the fallback server, which the table follows, and runs the command if
// its last word was another. Before the first decision both are left alone.
func (m *Machine) setFallback(v *virtual, on bool) {
	if v.fallback != on {
		v.fallback = on
		m.touch(v)
	}
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
