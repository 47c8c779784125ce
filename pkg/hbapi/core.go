package hbapi

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"systole/pkg/halog"
	"systole/pkg/hamsg"
)

// Message types and words of the protocol.
const (
	typeRequest  = "hbapi-req"
	typeResponse = "hbapi-resp"
	typeClient   = "hbapi-clstat" // a named client joined or left
	typeQuery    = "query-cstatus"
	typeRespond  = "respond-cstatus"

	resultOK   = "OK"
	resultMore = "ok/more"
	resultBad  = "badreq"
)

// maxBad is the number of unreadable bodies in a row, or of messages before a sign-on, that
// removes a client.
const maxBad = 10

// Config is what a Core is told once; a daemon that rereads its configuration makes a new one.
type Config struct {
	Version     string        // hbversion of the sign-on answer
	Keepalive   time.Duration // told at sign-on in milliseconds
	Deadtime    time.Duration
	LogFacility int // number as in syslog.h with its shift (local0 is 128), -1 for none
	Access      Access
	DaemonUID   uint32             // may use every filter, as root may
	Alive       func(pid int) bool // whether there is such a process; nil: always
}

// Core is the client table and the decisions of the client API. It is for one goroutine.
type Core struct {
	cfg        Config
	clients    []*client // in the order of their connections
	generation int       // of the next registration
	effects    []Effect  // of the step being made
}

// client is one connection, signed on once id is set.
type client struct {
	conn       Conn
	cred       Credentials
	id         string // own name, or the pid of a casual client
	casual     bool   // may ask and listen, not send
	generation int
	filter     Kind
	signal     int // sent to the process after each message; 0: none
	bad        int // messages in a row that were none, or came too early
	died       bool
}

// NewCore makes a Core without clients.
func NewCore(cfg Config) *Core { return &Core{cfg: cfg} }

// Step takes one event and returns what is to be done, in order. Events of connections it does
// not know, or no longer knows, are ignored.
func (c *Core) Step(v View, e Event) []Effect {
	switch e := e.(type) {
	case Opened:
		c.clients = append(c.clients, &client{conn: e.Conn, cred: e.Cred, filter: Keep})
	case Frame:
		if cl := c.byConn(e.Conn); cl != nil {
			c.frame(v, cl, e.Msg)
		}
	case Gone:
		if cl := c.byConn(e.Conn); cl != nil {
			c.gone(v, cl, e)
		}
	}
	return c.take()
}

// Died tells that a process started by the daemon has ended. What its clients had sent is still
// read; then they leave the cluster with the reason "died".
func (c *Core) Died(pid int) []Effect {
	for _, cl := range c.clients {
		if cl.cred.PID == pid {
			cl.died = true
			c.emit(Drain{cl.conn})
		}
	}
	return c.take()
}

// ClientInfo is one signed-on client.
type ClientInfo struct {
	ID         string
	Casual     bool
	Generation int
	Cred       Credentials
}

// Clients lists the signed-on clients in the order of their connections.
func (c *Core) Clients() []ClientInfo {
	var list []ClientInfo
	for _, cl := range c.clients {
		if cl.id != "" {
			list = append(list, ClientInfo{cl.id, cl.casual, cl.generation, cl.cred})
		}
	}
	return list
}

// Online says whether a client of that name is signed on here.
func (c *Core) Online(id string) bool { return id != "" && c.byID(id) != nil }

func (c *Core) frame(v View, cl *client, m *hamsg.Message) {
	switch {
	case m == nil:
		c.logf(halog.Info, "No message from pid %d", cl.cred.PID)
		c.count(v, cl)
	case cl.id == "":
		c.register(v, cl, m)
	case m.Type() == typeRequest:
		cl.bad = 0
		c.request(v, cl, m)
	default:
		cl.bad = 0
		c.send(v, cl, m)
	}
}

// count removes a client that sends nothing sensible. The original counts only unreadable
// bodies, so that a stranger could fill its log with readable ones.
func (c *Core) count(v View, cl *client) {
	cl.bad++
	if cl.bad >= maxBad {
		c.logf(halog.Error, "Removing client pid %d", cl.cred.PID)
		c.remove(v, cl, "badclient")
		c.emit(Close{cl.conn, "badclient"})
	}
}

func (c *Core) gone(v View, cl *client, e Gone) {
	if e.Err != nil {
		c.logf(halog.Warn, "client API: connection of pid %d closed: %v", cl.cred.PID, e.Err)
	}
	reason := e.Reason
	if cl.died {
		reason = "died"
	}
	c.remove(v, cl, reason)
}

// remove takes a client from the table and tells the cluster if it had joined.
func (c *Core) remove(v View, cl *client, reason string) {
	c.clients = slices.DeleteFunc(c.clients, func(other *client) bool { return other == cl })
	if cl.id != "" && !cl.casual {
		c.emit(ClusterNote{clientNote(v, "leave", cl.id, reason, cl.generation)})
	}
}

// clientNote is the message about the coming or going of a named client; only its namesakes see
// it. The cluster adds its fields when it is sent.
func clientNote(v View, status, id, reason string, generation int) *hamsg.Message {
	return hamsg.New("t", typeClient, "st", status, "from_id", id, "to_id", id, "src", v.Node(),
		"info", reason, "client_gen", strconv.Itoa(generation))
}

func (c *Core) byConn(conn Conn) *client {
	return c.find(func(cl *client) bool { return cl.conn == conn })
}

func (c *Core) byID(id string) *client {
	return c.find(func(cl *client) bool { return cl.id == id })
}

func (c *Core) find(match func(*client) bool) *client {
	if i := slices.IndexFunc(c.clients, match); i >= 0 {
		return c.clients[i]
	}
	return nil
}

// reply sends a message to one client, and the signal it asked for.
func (c *Core) reply(cl *client, m *hamsg.Message) {
	c.emit(Reply{cl.conn, m})
	if cl.signal > 0 {
		c.emit(Signal{cl.conn, cl.signal})
	}
}

func (c *Core) emit(e Effect) { c.effects = append(c.effects, e) }

func (c *Core) logf(level halog.Level, format string, args ...any) {
	c.emit(Log{level, fmt.Sprintf(format, args...)})
}

func (c *Core) take() []Effect {
	effects := c.effects
	c.effects = nil
	return effects
}
