package ldird

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/user"
	"slices"
	"strconv"
	"time"

	"systole/pkg/director"
	"systole/pkg/ipvs"
	"systole/pkg/ldirectorcf"
	"systole/pkg/state"
	"systole/pkg/state/socket"
)

// group is who may read the state, besides root: the group of heartbeat's clients (tools spec 1.1).
const group = "haclient"

// groupID is root's where there is no such group.
func groupID(name string) int {
	g, err := user.LookupGroup(name)
	if err != nil {
		return 0
	}
	id, _ := strconv.Atoi(g.Gid)
	return id
}

func (p *Program) stateSocket() string   { return p.RunDir + "/ldirectord." + p.instance + ".state" }
func (p *Program) controlSocket() string { return p.RunDir + "/ldirectord." + p.instance + ".control" }

// openSockets serves the state and takes orders. That it cannot is no reason not to run.
func (d *daemon) openSockets() {
	d.open("state socket", d.p.stateSocket(), 0o660, d.tell)
	d.open("control socket", d.p.controlSocket(), 0o600, d.control)
}

func (d *daemon) open(what, path string, mode os.FileMode, talk func(net.Conn)) {
	l, err := socket.Listen(path, mode, groupID(group))
	if err != nil {
		d.p.log.line(fmt.Sprintf("%s: %v", what, err))
		return
	}
	go socket.Serve(d.ctx, l, talk)
}

// closeSockets removes what openSockets made, so that nobody finds a dead daemon's.
func (d *daemon) closeSockets() {
	_ = os.Remove(d.p.stateSocket())
	_ = os.Remove(d.p.controlSocket())
	d.metrics.Close()
	_ = os.Remove(d.p.metricsSocket())
}

// tell gives a connection the document of this moment.
func (d *daemon) tell(conn net.Conn) {
	if doc, ok := d.document(); ok {
		_, _ = conn.Write(doc.Encode()) // a reader that has gone misses nothing
	}
}

// document is the state of this moment, made by the loop and with the kernel's counters; false at
// the end of the daemon.
func (d *daemon) document() (doc state.DirectorDocument, ok bool) {
	counts := d.counters()
	type told struct {
		state state.Director
		view  director.View
	}
	answer := make(chan told, 1)
	d.ask(func() {
		view := d.m.View()
		answer <- told{d.state(time.Now(), view), view}
	})
	select {
	case t := <-answer:
		count(&t.state, t.view, counts)
		return state.DirectorDocument{Version: state.Version, Director: t.state}, true
	case <-d.ctx.Done():
		return doc, false
	}
}

// state is what the loop knows.
func (d *daemon) state(now time.Time, view director.View) state.Director {
	doc := state.Director{Name: d.p.instance, PID: os.Getpid(), Running: true, Time: now, Config: d.path, Started: d.story.began,
		Phase: view.Phase, Problems: view.Problems, Events: slices.Clone(d.story.events)}
	for _, v := range view.Virtuals {
		doc.Virtuals = append(doc.Virtuals, d.virtualState(v))
	}
	for _, o := range view.Orders {
		doc.Orders = append(doc.Orders, orderState(o))
	}
	return doc
}

func (d *daemon) virtualState(v director.VirtualView) state.Virtual {
	cf := v.Config
	doc := state.Virtual{Name: cf.Name, ID: cf.ID, Scheduler: cf.Service.Scheduler, Persistent: int64(cf.Service.Persistent / time.Second),
		Check: checkWord(cf), Interval: cf.CheckInterval.Milliseconds(), FallbackUsed: v.Fallback, Panic: v.Panic, Reals: make([]state.Real, len(v.Reals))}
	if f := cf.Fallback; f != nil && f.Addr.IsValid() {
		doc.Fallback = netip.AddrPortFrom(f.Addr, f.Port).String()
	}
	for i, r := range v.Reals {
		doc.Reals[i] = d.realState(r)
	}
	return doc
}

func checkWord(cf *ldirectorcf.Virtual) string {
	if cf.CheckType == ldirectorcf.CheckNegotiate || cf.CheckType == ldirectorcf.CheckCombined {
		return string(cf.CheckType) + " " + cf.CheckService
	}
	return string(cf.CheckType)
}

func (d *daemon) realState(r director.RealView) state.Real {
	doc := state.Real{Name: netip.AddrPortFrom(r.Config.Addr, r.Config.Port).String(), Up: r.Up, Weight: r.Weight, State: string(r.State),
		Listed: r.Listed, Configured: r.Config.Weight, Forward: ldirectorcf.ForwardWord(r.Config.Forward), Since: r.Since, Failures: r.Failures, HeldUntil: r.Held, Growing: r.Growing, Path: r.Path.Text}
	if p := d.story.checks[r.Config.ID]; p != nil {
		doc.Checked, doc.Took, doc.Said, doc.Past = p.at, p.took.Microseconds(), p.said, slices.Clone(p.last)
	}
	return doc
}

// count fills in the kernel's counters. They are of another moment than the rest, but of no other
// second.
func count(doc *state.Director, view director.View, stats []ipvs.EntryStats) {
	doc.Counted = len(stats) > 0
	at := make(map[ipvs.ServiceID]*ipvs.EntryStats, len(stats))
	for i := range stats {
		at[stats[i].ID.Normal()] = &stats[i]
	}
	for i, v := range view.Virtuals {
		if e := at[v.Config.Service.ServiceID.Normal()]; e != nil {
			countVirtual(&doc.Virtuals[i], v, e)
		}
	}
}

// countVirtual takes the connections of a virtual from its servers: the kernel counts those there only.
func countVirtual(doc *state.Virtual, v director.VirtualView, e *ipvs.EntryStats) {
	doc.Counters = counters(e.Stats)
	for _, d := range e.Dests {
		doc.Counters.Active += d.Stats.Active
		doc.Counters.Inactive += d.Stats.Inactive
	}
	for j, r := range v.Reals {
		k, ok := slices.BinarySearchFunc(e.Dests, r.Dest, func(d ipvs.DestStats, id ipvs.DestID) int { return d.Addr.Compare(id) })
		if ok {
			doc.Reals[j].Counters = counters(e.Dests[k].Stats)
		}
	}
}

func counters(s ipvs.Stats) state.Counters {
	return state.Counters{Conns: s.Conns, InPkts: s.InPkts, OutPkts: s.OutPkts, InBytes: s.InBytes, OutBytes: s.OutBytes,
		CPS: s.CPS, InBPS: s.InBPS, OutBPS: s.OutBPS, Active: s.Active, Inactive: s.Inactive}
}
