package hbd

import (
	"fmt"
	"time"

	"systole/pkg/cluster"
	"systole/pkg/halog"
	"systole/pkg/hamsg"
	"systole/pkg/hbapi"
)

// carryOut does what the machine wants. Nothing here may block.
func (d *beatDaemon) carryOut(a cluster.Action) {
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
		d.jobs <- a.Job
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

// send seals a message once and puts it on every medium but the ping ones.
func (d *beatDaemon) send(msg *hamsg.Message) {
	data := hamsg.Seal(msg, d.keys.Load(), d.cfg.MsgFmtClassic)
	sent := 0
	for i, m := range d.media {
		if m == nil || d.cfg.Media[i].IsPing() {
			continue
		}
		if m.Send(data) == nil {
			sent++
		}
	}
	if sent == 0 && d.seldom("no media", 10*time.Second) {
		d.log.Log(halog.Crit, "send_to_all_media: No working comm channels to write to.")
	}
}

// ping asks every ping node. The payload is authenticated, so that only echoes of what this
// node sent count as answers (wire spec 7.3).
func (d *beatDaemon) ping(ts string) {
	for i, m := range d.media {
		if m == nil || !d.cfg.Media[i].IsPing() {
			continue
		}
		msg := hamsg.New("t", "NS_st", "st", "ping", "info", string(d.cfg.Media[i].Kind), "src", d.cfg.Node, "ts", ts)
		m.Send(hamsg.Seal(msg, d.keys.Load(), d.cfg.MsgFmtClassic))
	}
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
			d.step(cluster.Local{Msg: e.Msg})
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
