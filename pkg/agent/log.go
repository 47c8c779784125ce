package agent

import "fmt"

// Log takes the log lines of one script. A text begins with its level word ("INFO: …") and has
// no tag, date or newline: the writer adds them in the format of agents spec 1.2.
type Log interface {
	Log(text string)
}

// Logs returns the Log of a script: its lines are tagged "name(instance)[pid]". An agent's own
// lines have its base name, those of its wrapper the path of the OCF agent; instance is that of
// OCF, such as IPaddr2_121.254.175.70, and "" for scripts that have none.
type Logs func(name, instance string) Log

// Debugger is a Log that also takes lines for those who look for a fault: they are written where
// and when the original's ocf_log debug writes.
type Debugger interface {
	Debug(text string)
}

func debugf(l Log, format string, args ...any) {
	if d, ok := l.(Debugger); ok {
		d.Debug(fmt.Sprintf(format, args...))
	}
}
