package hbapi

import (
	"strconv"
	"strings"

	"systole/pkg/halog"
	"systole/pkg/hamsg"
)

// Kind is what the daemon made of a message; a client's filter is the set of kinds it gets.
type Kind uint8

// The kinds, with the bits of setfilter.
const (
	Keep       Kind = 1 << iota // to be acted upon: the default filter
	NoChange                    // a status that changes nothing
	Dropped                     // refused by the sequence or generation checks
	Duplicate                   // received before
	APIRequest                  // a request of a client of this node
	Protocol                    // between daemons only
	allKinds   = Keep | NoChange | Dropped | Duplicate | APIRequest | Protocol
)

// daemonTypes are between daemons: clients see them only with the filter bit of Protocol.
var daemonTypes = map[string]bool{
	typeQuery: true, "addnode": true, "setweight": true, "setsite": true, "reqnodes": true, "repnodes": true,
	"NS_rexmit": true, "NS_nak_rexmit": true, "NS_ackmsg": true,
}

// reserved are types that only a daemon may speak. The original sends whatever a client gives it,
// so that any client can declare its node dead to the peer.
var reserved = map[string]bool{
	"status": true, "reqnodes": true, "repnodes": true, "shutdone": true, "ifstat": true,
	typeRespond: true, typeResponse: true, typeClient: true,
}

// Deliver returns the replies that pass a message of the cluster on: to the client it is addressed
// to with to_id, otherwise to every client, as far as their filters let it through. The message
// must not be changed afterwards.
func (c *Core) Deliver(kind Kind, m *hamsg.Message) []Effect {
	c.deliver(kind, m)
	return c.take()
}

func (c *Core) deliver(kind Kind, m *hamsg.Message) {
	if kind == Keep && daemonTypes[m.Type()] {
		kind = Protocol
	}
	to, addressed := m.Lookup("to_id")
	for _, cl := range c.clients {
		if cl.id != "" && cl.filter&kind != 0 && (!addressed || to == cl.id) {
			c.reply(cl, m)
		}
	}
}

// AnswerQuery makes the respond-cstatus message for a query-cstatus of another node, or of a
// client of this one. It is to be sent to the cluster; ok is false for a query without sender.
func (c *Core) AnswerQuery(query *hamsg.Message) (answer *hamsg.Message, ok bool) {
	id, asker := query.Get("cn"), query.Get("src")
	if asker == "" {
		return nil, false
	}
	return hamsg.New("t", typeRespond, "dest", asker, "result", resultOK, "cn", id,
		"to_id", query.Get("from_id"), "cs", c.presence(id)), true
}

// send passes a message of a client to the cluster, marked so that only its namesakes get it.
func (c *Core) send(v View, cl *client, m *hamsg.Message) {
	kind := m.Type()
	switch {
	case cl.casual:
		c.logf(halog.Info, "api_process_request: general message from casual client!")
		c.remove(v, cl, "badclient")
		c.emit(Close{cl.conn, "badclient"})
	case kind == "" || reserved[kind] || strings.HasPrefix(kind, "NS_"):
		c.logf(halog.Warn, "client API: message of type %q from client %s refused", printable(kind), cl.id)
	default:
		m.Set("from_id", cl.id)
		m.Set("to_id", cl.id)
		m.Set("client_gen", strconv.Itoa(cl.generation))
		c.emit(Broadcast{cl.id, m})
	}
}
