package hbd

import (
	"time"

	"systole/pkg/cluster"
	"systole/pkg/stonith"
)

// stonithCheck is how often the device is asked whether it works (failover spec 10.8).
const stonithCheck = time.Hour

// stonithDevice is the device of ha.cf that resets dead nodes.
func (d *beatDaemon) stonithDevice() (stonith.Device, bool) {
	s, ok := d.cfg.StonithDevice()
	return stonith.Device{Type: s.Type, Params: s.Params, File: s.File}, ok
}

// reset is the job that resets a dead node. It is not tried again here.
func (d *beatDaemon) reset(job cluster.Job) {
	done := cluster.JobDone{ID: job.ID}
	if device, ok := d.stonithDevice(); !ok || device.Reset(d.ctx, job.Node, d.log.Log) != nil {
		done.Code = 1
	}
	d.post(d.ctx, func() { d.step(done) })
}

// watchStonith asks the device at start and every hour. It only logs.
func (d *beatDaemon) watchStonith() {
	device, ok := d.stonithDevice()
	if !ok {
		return
	}
	tick := time.NewTicker(stonithCheck)
	defer tick.Stop()
	for {
		device.Status(d.ctx, d.log.Log)
		select {
		case <-d.ctx.Done():
			return
		case <-tick.C:
		}
	}
}
