package hbapi

import (
	"fmt"
	"strings"

	"systole/pkg/halog"
	"systole/pkg/hamsg"
)

// Conn names a connection. A Server counts them from 1 and uses no number twice.
type Conn uint64

// Credentials are what the kernel says about the process that made a connection (SO_PEERCRED).
type Credentials struct {
	PID int
	UID uint32
	GID uint32 // the primary group; supplementary groups do not count
}

// Event is something that happened to a connection: Opened, then any number of Frames, then Gone.
type Event interface{ event() }

// Opened is a new connection.
type Opened struct {
	Conn Conn
	Cred Credentials
}

// Frame is a frame received. Msg is nil if its body was not a message.
type Frame struct {
	Conn Conn
	Msg  *hamsg.Message
}

// Gone is the end of a connection.
type Gone struct {
	Conn   Conn
	Reason string // a word of tools spec 8.8: EOF, sendfail
	Err    error  // what was wrong with the stream, if anything
}

func (Opened) event() {}
func (Frame) event()  {}
func (Gone) event()   {}

// Effect is something to be done, in the order of the list a step returned. Reply, Close, Drain,
// QueueLen and Signal are for Server.Do; Broadcast, ClusterNote, QueryClientStatus and Log are for
// the daemon.
type Effect interface {
	effect()
	String() string // the line of traces
}

// Reply sends a message to a client: an answer, or a message of the cluster.
type Reply struct {
	Conn Conn
	Msg  *hamsg.Message
}

// Close ends a connection after what was sent before.
type Close struct {
	Conn   Conn
	Reason string
}

// Drain reads what a client has sent before it died, then ends the connection.
type Drain struct{ Conn Conn }

// QueueLen sets how many messages may wait for a client.
type QueueLen struct {
	Conn Conn
	Len  int
}

// Signal is to be sent to the client's process: it has a message now (setsignal).
type Signal struct {
	Conn   Conn
	Signal int
}

// Broadcast is a message of a client for the cluster, from_id, to_id and client_gen set; the
// cluster adds its own fields and delivers a copy here too, unless dest is another node. It must
// never make a script run (tools spec 8.6).
type Broadcast struct {
	Client string
	Msg    *hamsg.Message
}

// ClusterNote tells the cluster that a named client joined or left: an hbapi-clstat message, to be
// sent and delivered here before the next effect.
type ClusterNote struct{ Msg *hamsg.Message }

// QueryClientStatus asks another node whether it has a client: a query-cstatus message. The
// answer, respond-cstatus, goes to the asking client by its to_id.
type QueryClientStatus struct{ Msg *hamsg.Message }

// Log is a line for the daemon's log.
type Log struct {
	Level halog.Level
	Text  string
}

func (Reply) effect()             {}
func (Close) effect()             {}
func (Drain) effect()             {}
func (QueueLen) effect()          {}
func (Signal) effect()            {}
func (Broadcast) effect()         {}
func (ClusterNote) effect()       {}
func (QueryClientStatus) effect() {}
func (Log) effect()               {}

func (e Reply) String() string             { return fmt.Sprintf("reply %d %s", e.Conn, oneLine(e.Msg)) }
func (e Close) String() string             { return fmt.Sprintf("close %d %s", e.Conn, e.Reason) }
func (e Drain) String() string             { return fmt.Sprintf("drain %d", e.Conn) }
func (e QueueLen) String() string          { return fmt.Sprintf("queue %d %d", e.Conn, e.Len) }
func (e Signal) String() string            { return fmt.Sprintf("signal %d %d", e.Conn, e.Signal) }
func (e Broadcast) String() string         { return "send " + oneLine(e.Msg) }
func (e ClusterNote) String() string       { return "note " + oneLine(e.Msg) }
func (e QueryClientStatus) String() string { return "query " + oneLine(e.Msg) }
func (e Log) String() string               { return fmt.Sprintf("log %s: %s", e.Level, e.Text) }

// oneLine shows a message as its lines of the text form, one blank between them.
func oneLine(m *hamsg.Message) string {
	text := strings.TrimRight(string(hamsg.AppendText(nil, m)), "\n")
	return strings.Join(strings.Split(text, "\n"), " ")
}
