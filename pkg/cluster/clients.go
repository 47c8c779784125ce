package cluster

import (
	"fmt"
	"time"
)

// client is a respawn client as it runs (failover spec 13).
type client struct {
	pid     int
	running bool
	since   time.Time
	short   int // lives in a row that were shorter than 30 s
}

func (m *Machine) startClients() {
	for i := range m.clients {
		m.startClient(i)
	}
}

// startClient starts a client; after a short life it pauses first.
func (m *Machine) startClient(i int) {
	c, cfg := &m.clients[i], m.cfg.Clients[i]
	m.log(Info, fmt.Sprintf("Starting child client %q (%d,%d)", cfg.Command, cfg.UID, cfg.GID))
	var pause time.Duration
	if c.short > 0 {
		pause = clientPause
	}
	c.running, c.since = true, m.now
	m.do(StartClient{i, pause})
}

func (m *Machine) clientStarted(e ClientStarted) {
	if e.Index >= 0 && e.Index < len(m.clients) {
		m.clients[e.Index].pid = e.PID
	}
}

// clientExited starts a client again unless it said never to (exit code 100), keeps failing,
// or this life is ending.
func (m *Machine) clientExited(e ClientExited) {
	if e.Index < 0 || e.Index >= len(m.clients) {
		return
	}
	c, cfg := &m.clients[e.Index], m.cfg.Clients[e.Index]
	c.running = false
	if m.shut.stage != shutClients {
		m.logExit(cfg.Command, e)
	}
	switch {
	case m.shut.stage == shutClients && m.shut.client == e.Index:
		m.endNextClient()
		return
	case m.shut.begun() || e.Code == 100 && e.Signal == 0:
		return
	case cfg.FailFast && (e.Code != 0 || e.Signal != 0):
		m.do(Reboot{"failfast client " + cfg.Command + " ended abnormally"})
		return
	}
	if m.now.Sub(c.since) < shortLife {
		c.short++
	} else {
		c.short = 0
	}
	if c.short > maxShortLives {
		m.log(Error, fmt.Sprintf("Client %s \"respawning too fast\"", cfg.Command))
		return
	}
	m.log(Error, fmt.Sprintf("Respawning client %q:", cfg.Command))
	m.startClient(e.Index)
}

func (m *Machine) logExit(command string, e ClientExited) {
	switch {
	case e.Signal != 0:
		m.log(Warn, fmt.Sprintf("Managed %s process %d killed by signal %d [%s].", command, e.PID, e.Signal, e.Reason))
	case e.Code != 0:
		m.log(Warn, fmt.Sprintf("Managed %s process %d exited with return code %d.", command, e.PID, e.Code))
	default:
		m.log(Info, fmt.Sprintf("Managed %s process %d exited with return code 0.", command, e.PID))
	}
}
