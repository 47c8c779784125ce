package hacf

import "systole/pkg/observer"

// metrics is systole_metrics: where Prometheus finds the daemon besides its socket.
func metrics(r *Reading, d Directive, v string) {
	at, err := observer.ParseListen(v)
	if err != nil {
		r.fail(d, "", d.Name+" "+err.Error())
		return
	}
	r.Config.Metrics = at
}

// hook is systole_hook: one more that is told of events.
func hook(r *Reading, d Directive) {
	h, err := observer.ParseHook(d.Rest)
	if err != nil {
		r.fail(d, "", d.Name+" "+err.Error())
		return
	}
	r.Config.Hooks = append(r.Config.Hooks, h)
}
