package ldirectorcf

import (
	"strings"

	"systole/pkg/observer"
)

// The directives that the original does not have.

func (l *loader) setMetrics(value string) *fault {
	at, err := observer.ParseListen(strings.Trim(value, blanks))
	if err != nil {
		return &fault{text: "invalid systole_metrics", remedy: err.Error()}
	}
	l.global.Metrics = at
	return nil
}

func (l *loader) addHook(value string) *fault {
	h, err := observer.ParseHook(strings.Trim(value, blanks))
	if err != nil {
		return &fault{text: "invalid systole_hook", remedy: err.Error()}
	}
	l.global.Hooks = append(l.global.Hooks, h)
	return nil
}

// ours writes them.
func (w *writer) ours(g *Global) {
	if g.Metrics.IsValid() {
		w.line("systole_metrics", g.Metrics.String())
	}
	for _, h := range g.Hooks {
		w.line("systole_hook", h.String())
	}
	w.steady(g.Steady, globalSteady(g.Steady))
}
