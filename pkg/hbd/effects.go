package hbd

import (
	"fmt"
	"time"

	"systole/pkg/cluster"
	"systole/pkg/halog"
	"systole/pkg/hbapi"
)

// carryOut does what the machine wants. Nothing here may block.
func (d *beatDaemon) carryOut(a cluster.Action) {
	d.trace(a)
	switch a := a.(type) {
	case cluster.Send:
		d.send(a.Msg)
	case cluster.Ping:
		d.ping(a.TS)
	case cluster.Log:
		d.log.Log(halog.Level(a.Level), a.Text)
	case cluster.Notify:
		d.doAPI(d.core.Deliver(hbapi.Keep, a.Msg))
	case cluster.Query:
		if answer, ok := d.core.AnswerQuery(a.Msg); ok {
			d.step(cluster.Local{Msg: answer})
		}
	case cluster.Run:
		d.run(a.Job)
	case cluster.StartClient:
		d.startClient(a.Index, a.Delay)
	case cluster.KillClient:
		killGroup(a.PID)
	case cluster.Announce:
		d.resources.Announce()
	case cluster.Reboot:
		d.reboot(a.Why)
	case cluster.Exit:
		d.exit = &a
	}
}

// trace writes what the machine wants into the debug log: from level 1 what it decides, from
// level 2 what it sends too.
func (d *beatDaemon) trace(a cluster.Action) {
	level := d.debug.Load()
	switch a.(type) {
	case cluster.Log:
		return
	case cluster.Send, cluster.Ping, cluster.Notify:
		level--
	}
	if level > 0 {
		d.log.Log(halog.Debug, a.String())
	}
}

// run hands a job to who does it: resets of dead nodes do not wait for resource work.
func (d *beatDaemon) run(job cluster.Job) {
	if job.Kind == cluster.JobStonith {
		d.workers.Go(func() { d.reset(job) })
		return
	}
	d.jobs <- job
}

// seldom says whether something about key may be done now: once per interval.
func (d *beatDaemon) seldom(key string, interval time.Duration) bool {
	now := time.Now()
	if now.Sub(d.lastSaid[key]) < interval {
		return false
	}
	d.lastSaid[key] = now
	return true
}

// doAPI carries out what the client API wants.
func (d *beatDaemon) doAPI(effects []hbapi.Effect) {
	for _, e := range effects {
		if d.api.Do(e) {
			continue
		}
		switch e := e.(type) {
		case hbapi.Broadcast:
			d.local(e.Msg)
		case hbapi.ClusterNote:
			d.step(cluster.Local{Msg: e.Msg})
		case hbapi.QueryClientStatus:
			d.step(cluster.Local{Msg: e.Msg})
		case hbapi.Log:
			d.log.Log(e.Level, e.Text)
		}
	}
}

// reboot restarts the machine because a failfast client ended; it says so first.
func (d *beatDaemon) reboot(why string) {
	d.log.Log(halog.Crit, fmt.Sprintf("Rebooting: %s", why))
	d.workers.Go(func() { rebootNow() })
}
