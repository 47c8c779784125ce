package cluster

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"systole/pkg/hamsg"
)

// JobKind is what a resource job does.
type JobKind string

// The jobs. All but JobScript are children of the daemon itself in the original.
const (
	JobRequestOwn  JobKind = "req_our_resources" // req_resource for each key of ours
	JobRelease     JobKind = "release"           // givegroup for each group of What
	JobAcquire     JobKind = "acquire"           // takegroup for each group of What
	JobGiveUpAll   JobKind = "give up all"       // givegroup for every group of the file
	JobPrepare     JobKind = "prepare"           // takegroup for those of What that may run twice for a moment
	JobPrepareStop JobKind = "prepare for stop"  // the same, because the peer shuts down
	JobStonith     JobKind = "stonith"           // reset Node; it may go on beside other jobs
	JobScript      JobKind = "script"            // harc with the message
)

// Job is a piece of resource work for a worker.
type Job struct {
	ID     int
	Kind   JobKind
	Node   string         // of JobStonith: the dead node
	What   Hold           // of JobRelease, JobAcquire and the prepare jobs, as this node sees it
	Linger time.Duration  // to wait before it begins
	Script *hamsg.Message // of JobScript: its type names the script, its fields the environment
	End    *hamsg.Message // the machine sends it to the cluster when the job is done; may be nil

	NiceFailback bool              // auto_failback on or off: HA_NICEFAILBACK=yes
	DontAsk      bool              // no other node is active: HA_DONTASK=yes
	Status       string            // our own status: HA_OSTATUS of scripts
	Shared       map[string]string // digest -> owner of groups that two nodes claim (shared.go)
	Probe        bool              // ask the wire before an address is taken
}

// String returns the trace line of a job.
func (j Job) String() string {
	switch j.Kind {
	case JobScript:
		return fmt.Sprintf("#%d script %s", j.ID, brief(j.Script))
	case JobStonith:
		return fmt.Sprintf("#%d %s %s", j.ID, j.Kind, j.Node)
	case JobAcquire, JobRelease, JobPrepare, JobPrepareStop:
		return fmt.Sprintf("#%d %s %s", j.ID, j.Kind, j.What)
	}
	return fmt.Sprintf("#%d %s", j.ID, j.Kind)
}

// jobTable is the work that is going on, and the scripts that wait for it.
type jobTable struct {
	next   int
	active []Job
	queue  []*hamsg.Message
}

func (t *jobTable) running() int { return len(t.active) }

func (t *jobTable) has(kind JobKind) bool {
	return slices.ContainsFunc(t.active, func(j Job) bool { return j.Kind == kind })
}

// hands says whether a job is at work whose end would be taken for that of an exchange.
func (t *jobTable) hands() bool {
	return slices.ContainsFunc(t.active, func(j Job) bool { return j.End != nil && j.End.Type() == "ask_resources" })
}

// run starts a job at once; jobs of the daemon itself may overlap.
func (m *Machine) run(j Job) {
	m.jobs.next++
	j.ID = m.jobs.next
	j.NiceFailback = m.nice()
	if len(m.shared) > 0 {
		j.Shared = m.sharedOwners()
	}
	m.jobs.active = append(m.jobs.active, j)
	m.do(Run{j})
}

// queueScript hands a message to the scripts of rc.d. They run one at a time, and only while
// no other resource work is going on.
func (m *Machine) queueScript(msg *hamsg.Message) {
	if m.cfg.NoResources {
		return
	}
	if msg.Type() == "ip-request-resp" && !strings.EqualFold(msg.Get("dest"), m.cfg.Node) {
		return
	}
	m.jobs.queue = append(m.jobs.queue, msg)
}

// nextScript starts the first waiting script if nothing else is running.
func (m *Machine) nextScript() {
	if m.jobs.running() > 0 || len(m.jobs.queue) == 0 || m.shut.begun() {
		return
	}
	msg := m.jobs.queue[0]
	m.jobs.queue = m.jobs.queue[1:]
	m.run(Job{Kind: JobScript, Script: msg, Status: string(m.self.status), Probe: m.mustProbe(msg)})
}

// mustProbe says whether an address should be looked for on the wire before it is taken: when
// we take our own groups beside a peer that cannot tell us that it claims the same ones.
func (m *Machine) mustProbe(msg *hamsg.Message) bool {
	if m.cfg.Options.NoProbe || msg.Type() != "ip-request-resp" || msg.Get("src") != m.cfg.Node {
		return false
	}
	for _, n := range m.peers() {
		if n.alive() && !n.peer.systole {
			return true
		}
	}
	return false
}

// jobDone notes the end of a job and goes on with what waited for it.
func (m *Machine) jobDone(e JobDone) {
	i := slices.IndexFunc(m.jobs.active, func(j Job) bool { return j.ID == e.ID })
	if i < 0 {
		return
	}
	j := m.jobs.active[i]
	m.jobs.active = slices.Delete(m.jobs.active, i, i+1)
	switch j.Kind {
	case JobPrepare:
		m.prepared(j, e.Code == 0)
		return
	case JobPrepareStop:
		m.preparedForStop(j)
		return
	case JobStonith:
		m.fenced(j.Node, e.Code == 0)
		return
	}
	if e.Code != 0 && j.Kind != JobScript {
		m.log(Error, fmt.Sprintf("%s exited with return code %d", j.Kind, e.Code))
	}
	if j.End != nil {
		m.send(j.End)
	}
	m.jobEnded(j)
}

// jobEnded is for the legacy mode, where the end of a job is all that tells how far we are.
func (m *Machine) jobEnded(j Job) {
	if !m.nice() && j.Kind == JobRequestOwn {
		m.done(HoldAll, "req_our_resources")
	}
}
