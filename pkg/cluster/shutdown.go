package cluster

import (
	"fmt"
	"time"

	"systole/pkg/hamsg"
)

// stage is how far the end of this life has come (failover spec 14).
type stage uint8

const (
	shutNot      stage = iota
	shutHandover       // the peer starts our groups
	shutGiveUp         // the job that releases every group is running
	shutPause          // released: the cluster gets a second to hear of it
	shutClients        // clients end, the last configured first
	shutLast           // everything has ended but the media
)

// shutdown is the end of a life: for good, or before a restart.
type shutdown struct {
	stage     stage
	waiting   bool
	told      bool      // "Shutdown delayed until current resource activity finishes." was logged
	next      time.Time // of the next stage
	emergency time.Time
	client    int  // index of the client that is being ended
	restart   bool // begin a new life afterwards
	reload    bool // … without releasing anything
	keep      bool // … and the new life goes on with what this one holds
	done      bool
}

// begun says whether resources are being, or have been, given up.
func (s *shutdown) begun() bool { return s.stage != shutNot }

// terminate is SIGTERM.
func (m *Machine) terminate() {
	if m.shut.begun() {
		m.log(Info, "Heartbeat shutdown already underway.")
		return
	}
	m.sendStatus()
	m.shut.waiting = true
	if !m.commUp {
		m.log(Warn, "Shutdown delayed until Communication is up.")
		return
	}
	m.beginShutdown()
}

// reload is SIGHUP with a changed ha.cf: a restart that leaves resources in place.
func (m *Machine) reload() {
	if m.shut.begun() {
		return
	}
	m.shut.waiting, m.shut.restart, m.shut.reload = true, true, true
	m.shut.keep = m.res.state == rStable || m.res.hold != HoldNone || !m.nice()
	m.beginShutdown()
}

// busy says whether stopping now would break off resource work half way.
func (m *Machine) busy() bool {
	return m.jobs.running() > 0 || m.res.takeover || m.stand.phase != standbyNot
}

// beginShutdown gives everything up as soon as no resource work is going on; until then it is
// tried again after every event.
func (m *Machine) beginShutdown() {
	if m.shut.begun() {
		return
	}
	m.shut.waiting = true
	if m.busy() {
		if !m.shut.told {
			m.shut.told = true
			m.log(Warn, "Shutdown delayed until current resource activity finishes.")
		}
		return
	}
	m.shut.waiting = false
	m.jobs.queue = nil
	m.res.failback, m.res.wait, m.restart = time.Time{}, time.Time{}, time.Time{}
	m.shut.emergency = m.after(emergencyShutdown)
	if m.shut.reload {
		m.extra = reloadDeadtime
		if m.cfg.Options.NoFastStart {
			m.extra = restartDeadtime
		}
		m.sendStatus()
		m.shut.stage, m.shut.next = shutPause, m.now
		return
	}
	m.log(Info, fmt.Sprintf("Heartbeat shutdown in progress. (%d)", m.cfg.PID))
	waits := m.nice() && m.awaitTaker()
	if m.nice() && !m.cfg.NoResources {
		m.res.hold = HoldNone
		m.res.state = rShutdown
		m.reportHold("shutdown")
	}
	if !waits {
		m.giveUp()
	}
}

func (m *Machine) giveUp() {
	m.shut.stage = shutGiveUp
	end := hamsg.New("t", "shutdone", "st", string(statusDead))
	if m.cfg.NoResources {
		m.send(end)
		m.ownShutDone()
		return
	}
	m.run(Job{Kind: JobGiveUpAll, End: end})
}

// retryShutdown is asked after every event.
func (m *Machine) retryShutdown() {
	if m.shut.waiting && m.commUp {
		m.beginShutdown()
	}
}

// ownShutDone: everything is released and the cluster has been told.
func (m *Machine) ownShutDone() {
	if m.shut.stage != shutGiveUp {
		return
	}
	m.shut.stage, m.shut.next = shutPause, m.after(clientKillDelay)
	m.shut.client = len(m.clients)
}

// shutdownStep goes on to the next stage.
func (m *Machine) shutdownStep(*node) {
	m.shut.next = time.Time{}
	switch m.shut.stage {
	case shutHandover:
		m.giveUp()
	case shutPause:
		m.shut.stage, m.shut.client = shutClients, len(m.clients)
		m.endNextClient()
	case shutLast:
		m.finish()
	}
}

// endNextClient ends one client after the other, the last configured first.
func (m *Machine) endNextClient() {
	for m.shut.client--; m.shut.client >= 0; m.shut.client-- {
		c := &m.clients[m.shut.client]
		command := m.cfg.Clients[m.shut.client].Command
		if c.running {
			m.log(Info, fmt.Sprintf("killing %s process group %d with signal 15", command, c.pid))
			m.do(KillClient{m.shut.client, c.pid})
			return
		}
		m.log(Info, fmt.Sprintf("client [%s] is not running.", command))
	}
	m.shut.stage, m.shut.next = shutLast, m.after(clientKillDelay)
}

// finish ends this life. The original ends its I/O processes here; there are none, but the
// lines that count them down are what scripts and people look for.
func (m *Machine) finish() {
	m.shut.done = true
	m.shut.emergency = time.Time{}
	m.beat = time.Time{}
	parts := 1 + 2*len(m.cfg.Links)
	for i := range parts {
		m.log(Info, fmt.Sprintf("killing %s process %d with signal 15", partName(i), m.cfg.PID))
	}
	for left := parts; left > 0; left-- {
		m.log(Info, fmt.Sprintf("Core process %d exited. %d remaining", m.cfg.PID, left))
	}
	m.log(Info, m.cfg.Node+" Heartbeat shutdown complete.")
	if !m.shut.restart {
		m.do(Exit{})
		return
	}
	m.log(Info, "Heartbeat restart triggered.")
	m.log(Info, "Restarting heartbeat.")
	m.log(Info, "Performing heartbeat restart exec.")
	exit := Exit{Restart: true, KeepResources: m.shut.keep, Hold: m.res.hold | m.res.prepared | m.stand.prepared}
	if !m.shut.reload {
		exit.Pause = m.cfg.Deadtime.Truncate(time.Second) + 2*time.Second
	}
	m.do(exit)
}

// partName names the processes of the original: one reads the FIFO, two serve each medium.
func partName(i int) string {
	switch {
	case i == 0:
		return "HBFIFO"
	case i%2 == 1:
		return "HBWRITE"
	}
	return "HBREAD"
}

// emergency ends a shutdown whose scripts never return.
func (m *Machine) emergency(*node) {
	m.shut.emergency = time.Time{}
	m.log(Crit, "Emergency Shutdown: Attempting to kill everything ourselves")
	m.shut.restart = false
	m.finish()
}
