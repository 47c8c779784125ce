package hbd

import (
	"fmt"
	"time"

	"systole/pkg/cluster"
	"systole/pkg/hacf"
	"systole/pkg/halog"
	"systole/pkg/hamsg"
)

// sealer makes datagrams as msgfmt and the compression directives say.
func (d *beatDaemon) sealer() *hamsg.Sealer {
	return &hamsg.Sealer{Keys: d.keys.Load(), Inner: d.cfg.MsgFmtClassic,
		Traditional: d.cfg.Traditional, Threshold: d.cfg.CompressionKiB << 10}
}

// headroom is more than the daemon adds to a message of a script or client.
const headroom = 2 << 10

// local hands the machine a message of this node's scripts and clients. One that no datagram can
// carry is refused here: once it has a sequence number the peers ask for it for ever, as those of
// the original do (wire spec 1.5).
func (d *beatDaemon) local(msg *hamsg.Message) {
	data, err := d.sealer().Seal(msg)
	if err == nil && len(data) > hamsg.MaxDatagram-headroom {
		err = hamsg.ErrTooLarge
	}
	if err != nil {
		d.log.Log(halog.Error, fmt.Sprintf("message of type %q cannot be sent: %v", msg.Type(), err))
		return
	}
	d.step(cluster.Local{Msg: msg})
}

// send seals a message once for each form and puts it on every medium but the ping ones.
func (d *beatDaemon) send(msg *hamsg.Message) {
	status := msg.Type() == "status"
	if status {
		msg = d.seeing(msg)
	}
	datagram, err := d.sealer().Seal(msg)
	if err != nil {
		d.log.Log(halog.Error, fmt.Sprintf("message of type %q cannot be sent: %v", msg.Type(), err))
		return
	}
	if status {
		d.kick()
	}
	sent := 0
	for i, m := range d.media {
		cfg := &d.cfg.Media[i]
		if cfg.IsPing() {
			continue
		}
		data := datagram
		if cfg.Kind == hacf.Serial {
			data = hamsg.SealText(msg, d.keys.Load())
		}
		if d.losses.Load().loseSent() || m.Send(data) == nil {
			sent++
		}
	}
	if status {
		d.stayRealtime()
	}
	if sent == 0 && d.seldom("no media", 10*time.Second) {
		d.log.Log(halog.Crit, "send_to_all_media: No working comm channels to write to.")
	}
}

// ping asks every ping node. The payload is authenticated, so that only echoes of what this
// node sent count as answers (wire spec 7.3).
func (d *beatDaemon) ping(ts string) {
	for i, m := range d.media {
		cfg := &d.cfg.Media[i]
		if !cfg.IsPing() {
			continue
		}
		msg := hamsg.New("t", "NS_st", "st", "ping", "info", string(cfg.Kind), "src", d.cfg.Node, "ts", ts)
		m.Send(hamsg.Seal(msg, d.keys.Load(), d.cfg.MsgFmtClassic))
	}
}
