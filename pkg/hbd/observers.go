package hbd

import (
	"systole/pkg/halog"
	"systole/pkg/hook"
	"systole/pkg/metrics"
)

// openObservers tells Prometheus and the hooks of ha.cf what happens. That it cannot is no reason
// not to run.
func (d *beatDaemon) openObservers() (closed func()) {
	hooks := hook.New("heartbeat", d.cfg.Node, func(text string) { d.log.Log(halog.Warn, text) })
	hooks.Use(d.cfg.Hooks)
	d.story.hooks = hooks
	server := metrics.NewServer(d.families)
	if err := server.Socket(d.paths.metrics(), 0o660, d.account.GID); err != nil {
		d.log.Log(halog.Warn, err.Error())
	}
	if err := server.Listen(d.cfg.Metrics); err != nil {
		d.log.Log(halog.Warn, err.Error())
	}
	return func() {
		server.Close()
		hooks.Close()
	}
}

// families are the metrics of this moment.
func (d *beatDaemon) families() []metrics.Family {
	if doc := d.askLoop(d.ctx); doc != nil {
		return metrics.Heartbeat(doc)
	}
	return nil
}
