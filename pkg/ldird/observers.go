package ldird

import (
	"systole/pkg/hook"
	"systole/pkg/ldirectorcf"
	"systole/pkg/metrics"
)

func (p *Program) metricsSocket() string { return p.RunDir + "/ldirectord." + p.instance + ".metrics" }

// openObservers tells Prometheus and the hooks of the configuration what happens. That it cannot is
// no reason not to run.
func (d *daemon) openObservers() {
	d.story.hooks = hook.New("ldirectord", d.p.hostname, d.p.log.line)
	d.metrics = metrics.NewServer(d.families)
	if err := d.metrics.Socket(d.p.metricsSocket(), 0o660, groupID(group)); err != nil {
		d.p.log.line(err.Error())
	}
	d.useObservers(d.p.config.Global)
}

// useObservers takes those of a configuration.
func (d *daemon) useObservers(g ldirectorcf.Global) {
	d.story.hooks.Use(g.Hooks)
	if err := d.metrics.Listen(g.Metrics); err != nil {
		d.p.log.line(err.Error())
	}
}

// families are the metrics of this moment.
func (d *daemon) families() []metrics.Family {
	doc, ok := d.document()
	if !ok {
		return nil
	}
	return metrics.Director(&doc.Director)
}
