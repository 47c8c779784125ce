package cluster

import (
	"time"

	"systole/pkg/hacf"
)

// Config is everything a machine needs to know before its first event.
type Config struct {
	Node       string   // own name, lower case
	PID        int      // of the daemon, for the log
	UUID       [16]byte // own uuid, from /var/lib/heartbeat/hb_uuid
	Generation uint64   // hg of this life, already written to hb_generation
	Nodes      []string // normal nodes in ha.cf order, own name included
	Links      []Link   // one per medium, in ha.cf order; the index is the link number of Recv
	Clients    []Client // respawn and failfast lines in file order

	Keepalive      time.Duration
	Deadtime       time.Duration
	Warntime       time.Duration
	Initdead       time.Duration
	Deadping       time.Duration
	MaxRexmitDelay time.Duration

	Failback    hacf.Failback
	HopFudge    int
	NoResources bool    // heartbeat -M: resources are somebody else's
	Stonith     bool    // there is a device that resets dead nodes (stonith.go)
	Resume      *Hold   // restarted with resources in place (heartbeat -R -C)
	Groups      []Group // own groups that a peer may also claim (shared.go)
	Options     hacf.SystoleOptions

	// Seed makes the machine's random choices (ack triggers, first retransmit delays).
	// Equal seeds and events give equal actions.
	Seed uint64
}

// Link is a communication medium as the machine sees it.
type Link struct {
	Name string // interface name; several media on one interface are one link
	Ping string // the ping node that the medium reaches, or ""
}

// Client is a program that the daemon keeps running.
type Client struct {
	Command  string // as logged and run
	UID, GID int
	FailFast bool
}

// Group is a resource group of which this node's haresources says that this node owns it.
type Group struct {
	Digest string // over the resources, without the owner
	Words  string // the resources, for the log
}

// The fixed times of the original (failover spec 17, wire spec 5).
const (
	extraDeadtime     = 2 * time.Second  // announced on top of deadtime while young or starting clients
	restartDeadtime   = 30 * time.Second // announced before a restart that pauses
	reloadDeadtime    = 4 * time.Second  // before one that does not; the original announces 30 s here too
	youth             = 5 * time.Second  // how long a node counts as young
	resourceWait      = 10 * time.Second // from the first resource message to Stable at a cold start
	standbyReply      = 10 * time.Second // for the first answer of a standby exchange
	standbyWork       = time.Hour        // for the later ones: scripts may be slow
	abandonedAfter    = 2 * time.Second  // an exchange that a settled peer knows nothing of
	failbackRetry     = time.Second
	stonithRetry      = 5 * time.Second
	nodeListRetry     = time.Second
	partitionRestart  = 2 * time.Second
	clientKillDelay   = time.Second // own shutdone to clients, clients to the end
	emergencyShutdown = time.Hour
	shortLife         = 30 * time.Second // a client that ends sooner counts as failing
	clientPause       = time.Second      // before such a client is started again
	maxShortLives     = 10
	historySize       = 500
	requestPace       = 20 * time.Millisecond // between two requests for something missing, on average
	maxMissing        = 250                   // more lost at once: give up asking
	maxRexmitBurst    = 50
)
