package hbapi

import (
	"strconv"
	"strings"

	"systole/pkg/halog"
	"systole/pkg/hamsg"
)

// Reasons in answers.
const (
	errInvalid    = "EINVAL"
	errForbidden  = "EPERM"
	errNoQuery    = "no query node name found"
	errNoPingLink = "UhOh"
)

// ask is a request of a client.
type ask struct {
	view   View
	client *client
	msg    *hamsg.Message
}

// requests are the kinds of requests (tools spec 8.5).
var requests = []struct {
	name   string
	handle func(*Core, ask)
}{
	{"signoff", (*Core).signOff},
	{"setfilter", (*Core).setFilter},
	{"setsignal", (*Core).setSignal},
	{"set_sendqlen", (*Core).setQueueLen},
	{"nodelist", (*Core).nodeList},
	{"numnodes", (*Core).numNodes},
	{"nodestatus", nodeField("st", func(n NodeInfo) string { return n.Status })},
	{"nodeweight", nodeField("weight", func(n NodeInfo) string { return strconv.Itoa(n.Weight) })},
	{"nodesite", nodeField("site", func(n NodeInfo) string { return n.Site })},
	{"nodetype", nodeField("nodetype", func(n NodeInfo) string { return n.Type })},
	{"iflist", (*Core).linkList},
	{"ifstatus", (*Core).linkStatus},
	{"clientstatus", (*Core).clientStatus},
	{"getparm", (*Core).param},
	{"getrsc", (*Core).resourceState},
	{"getuuid", (*Core).uuid},
	{"getnodename", (*Core).nodeName},
}

// request answers a request of a signed-on client. The original looks the client up by the pid
// and name in the message, which confuses it when a process has two connections; here the
// connection alone tells who asks.
func (c *Core) request(v View, cl *client, m *hamsg.Message) {
	c.deliver(APIRequest, m)
	name := m.Get("reqtype")
	for _, r := range requests {
		if r.name == name {
			r.handle(c, ask{v, cl, m})
			return
		}
	}
	if name != "signon" { // a second one is only refused
		c.logf(halog.Error, "Unknown API request")
	}
	c.refuseRequest(ask{v, cl, m}, "")
}

// ok answers a request: the given fields, then the result.
func (c *Core) ok(q ask, fields ...string) {
	m := response(q)
	m.Fields = append(m.Fields, hamsg.New(fields...).Fields...)
	m.Add("result", resultOK)
	c.reply(q.client, m)
}

// each answers a request with one message per item; all but the last say that more follows.
func (c *Core) each(q ask, items [][]string) {
	for i, fields := range items {
		m := response(q)
		m.Fields = append(m.Fields, hamsg.New(fields...).Fields...)
		result := resultMore
		if i == len(items)-1 {
			result = resultOK
		}
		m.Add("result", result)
		c.reply(q.client, m)
	}
}

// refuseRequest answers that a request is bad, with a reason if there is one, and logs it.
func (c *Core) refuseRequest(q ask, reason string) {
	m := response(q)
	m.Add("result", resultBad)
	if reason != "" {
		m.Add("info", reason)
	}
	c.reply(q.client, m)
	c.logf(halog.Error, "api_process_request: bad request [%s]", printable(q.msg.Get("reqtype")))
	c.dump(q.msg)
}

func response(q ask) *hamsg.Message {
	return hamsg.New("t", typeResponse, "reqtype", q.msg.Get("reqtype"))
}

func (c *Core) signOff(q ask) {
	if !q.client.casual {
		c.reply(q.client, clientNote(q.view, "leave", q.client.id, "signoff", q.client.generation))
	}
	c.remove(q.view, q.client, "signoff")
	c.emit(Close{q.client.conn, "signoff"})
}

// setFilter chooses the kinds of messages delivered. All but the default kind are for root and
// for the daemon's own user.
func (c *Core) setFilter(q ask) {
	mask, err := strconv.ParseUint(q.msg.Get("fmask"), 16, 32)
	kinds := Kind(mask & uint64(allKinds))
	uid := q.client.cred.UID
	switch {
	case err != nil || kinds == 0:
		c.refuseRequest(q, errInvalid)
	case kinds != Keep && uid != 0 && uid != c.cfg.DaemonUID:
		c.refuseRequest(q, errForbidden)
	default:
		q.client.filter = kinds
		c.ok(q)
	}
}

// The signals nobody can catch, and the first that is none of the classic ones.
const (
	sigKill  = 9
	sigStop  = 19
	sigLimit = 32
)

func (c *Core) setSignal(q ask) {
	text, found := q.msg.Lookup("signal")
	n, err := strconv.Atoi(text)
	switch {
	case !found:
		c.refuseRequest(q, "")
	case err != nil || n < 0 || n == sigKill || n == sigStop || n >= sigLimit:
		c.refuseRequest(q, errInvalid)
	default:
		q.client.signal = n
		c.ok(q)
	}
}

// setQueueLen is the one request without an answer.
func (c *Core) setQueueLen(q ask) {
	n, _ := strconv.Atoi(q.msg.Get("sendqlen"))
	if n <= 0 {
		c.logf(halog.Error, "api_set_sendqlen: invalid length value(%d)", n)
		return
	}
	c.logf(halog.Info, "the send queue length from heartbeat to client %s is set to %d", q.client.id, n)
	c.emit(QueueLen{q.client.conn, n})
}

func (c *Core) nodeList(q ask) {
	var items [][]string
	for _, n := range q.view.Nodes() {
		items = append(items, []string{"node", n.Name, "nodetype", n.Type, "st", n.Status})
	}
	if items == nil {
		c.refuseRequest(q, errInvalid)
		return
	}
	c.each(q, items)
}

func (c *Core) numNodes(q ask) {
	count := 0
	for _, n := range q.view.Nodes() {
		if n.Type == NormalNode {
			count++
		}
	}
	c.ok(q, "numnodes", strconv.Itoa(count))
}

// nodeField makes the handler of a request for one fact about a node.
func nodeField(field string, value func(NodeInfo) string) func(*Core, ask) {
	return func(c *Core, q ask) {
		n, found := findNode(q.view, q.msg.Get("node"))
		if !found {
			c.refuseRequest(q, errInvalid)
			return
		}
		c.ok(q, field, value(n))
	}
}

func (c *Core) linkList(q ask) {
	n, found := findNode(q.view, q.msg.Get("node"))
	var items [][]string
	for _, l := range n.Links {
		items = append(items, []string{"ifname", l.Name, "st", l.Status})
	}
	switch {
	case !found:
		c.refuseRequest(q, errInvalid)
	case items == nil:
		c.refuseRequest(q, errNoPingLink)
	default:
		c.each(q, items)
	}
}

func (c *Core) linkStatus(q ask) {
	n, _ := findNode(q.view, q.msg.Get("node"))
	for _, l := range n.Links {
		if l.Name == q.msg.Get("ifname") {
			c.ok(q, "st", l.Status)
			return
		}
	}
	c.refuseRequest(q, errInvalid)
}

// clientStatus answers for this node and for nodes that cannot have clients now. Another active
// node is asked; its answer goes to the client as a message of its own.
func (c *Core) clientStatus(q ask) {
	id, hasID := q.msg.Lookup("cn")
	n, found := findNode(q.view, q.msg.Get("node"))
	switch {
	case !found || !hasID:
		c.refuseRequest(q, errInvalid)
	case n.Name == q.view.Node():
		c.ok(q, "subt", typeRespond, "cs", c.presence(id))
	case n.Type == PingNode || n.Status != "active":
		c.ok(q, "subt", typeRespond, "cs", "offline")
	default:
		c.emit(QueryClientStatus{hamsg.New("t", typeQuery, "dest", n.Name, "cn", id, "from_id", q.client.id)})
	}
}

func (c *Core) presence(id string) string {
	if c.Online(id) {
		return "online"
	}
	return "offline"
}

// param answers with a parameter. The value of crm is that of pacemaker.
func (c *Core) param(q ask) {
	name, found := q.msg.Lookup("pname")
	if !found {
		c.refuseRequest(q, errInvalid)
		return
	}
	if name == "crm" {
		name = "pacemaker"
	}
	value, set := q.view.Param(name)
	if !set && name == "hbversion" {
		value, _, _ = strings.Cut(c.cfg.Version, " ")
		set = true
	}
	if !set {
		c.ok(q)
		return
	}
	c.ok(q, "pvalue", value)
}

func (c *Core) resourceState(q ask) { c.ok(q, "rsc_hold", q.view.ResourceState()) }

func (c *Core) uuid(q ask) {
	name, asked := q.msg.Lookup("queryname")
	n, _ := findNode(q.view, name)
	switch {
	case !asked:
		c.refuseRequest(q, errNoQuery)
	case n.UUID == [16]byte{}:
		c.ok(q)
	default:
		m := response(q)
		m.SetBinary("queryuuid", string(n.UUID[:]))
		m.Add("result", resultOK)
		c.reply(q.client, m)
	}
}

func (c *Core) nodeName(q ask) {
	uuid, asked := q.msg.Lookup("queryuuid")
	if !asked {
		c.refuseRequest(q, errNoQuery)
		return
	}
	for _, n := range q.view.Nodes() {
		if n.UUID != [16]byte{} && string(n.UUID[:]) == uuid {
			c.ok(q, "queryname", n.Name)
			return
		}
	}
	c.ok(q)
}
