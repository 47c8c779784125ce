package director

import "time"

// stop begins the orderly stop: at once, whatever is under way. The original finishes its
// running check first (ldirectord spec 2).
func (m *Machine) stop(signal string) {
	if m.phase == stopping {
		return
	}
	if m.phase == unconfigured {
		m.exit(0, "")
		return
	}
	for _, name := range m.config.Global.Execute {
		m.emit(RunInstance{name, "stop"})
	}
	for _, c := range m.checks {
		m.cancel(c)
	}
	m.phase, m.signal, m.stopBy = stopping, signal, m.now.Add(stopTime)
	m.kernel.stop()
}

func (m *Machine) finish() {
	m.log("Linux Director Daemon terminated on signal: " + m.signal)
	m.exit(0, "")
}

func (m *Machine) exit(code int, text string) {
	m.phase = gone
	m.emit(Exit{code, text})
}

// stop makes the next thing a look at the table, and stops all timers.
func (k *kernel) stop() {
	k.reread = k.io != reading
	k.announce, k.routine = false, false
	k.retryAt, k.lookAt = time.Time{}, time.Time{}
}
