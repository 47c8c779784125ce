package hbapi

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"systole/pkg/halog"
	"systole/pkg/hamsg"
)

// maxID is the longest name of a client in bytes. The original reads beyond its buffer for more.
const maxID = 31

// applicant is what a sign-on request says, beside what the kernel says.
type applicant struct {
	pid    int
	id     string
	casual bool
	uid    string
	gid    string
	cred   Credentials
}

// refusal is a reason not to let a client in, and who says so.
type refusal struct {
	reason    string
	leave     string // info of the leave message that follows, if not the reason
	anonymous bool   // the leave message names nobody, as in the original
	applies   func(*Core, applicant) bool
}

// refusals are the checks in their order (tools spec 8.4).
var refusals = []refusal{
	{reason: "bad pid", leave: "died", anonymous: true, applies: func(c *Core, a applicant) bool {
		return a.pid <= 0 || c.cfg.Alive != nil && !c.cfg.Alive(a.pid)
	}},
	{reason: "duplicate add request", anonymous: true, applies: func(c *Core, a applicant) bool {
		return c.byID(a.id) != nil
	}},
	{reason: "invalid id info", applies: func(_ *Core, a applicant) bool {
		return !isNumber(a.uid) || !isNumber(a.gid)
	}},
	{reason: "incorrect/false credentials", applies: func(_ *Core, a applicant) bool {
		return !equalsNumber(a.uid, a.cred.UID) || !equalsNumber(a.gid, a.cred.GID)
	}},
	{reason: "no default client auth", applies: func(c *Core, a applicant) bool {
		_, found := c.cfg.Access.rule(a.id, a.casual)
		return !found
	}},
	{reason: "client failed authorization", applies: func(c *Core, a applicant) bool {
		rule, _ := c.cfg.Access.rule(a.id, a.casual)
		return !rule.allows(a.cred)
	}},
	{reason: "pid mismatch", applies: func(_ *Core, a applicant) bool { return a.pid != a.cred.PID }},
	{reason: "cannot add client", applies: func(_ *Core, a applicant) bool { return !goodID(a.id) }},
}

func isNumber(s string) bool {
	_, err := strconv.ParseUint(s, 10, 32)
	return err == nil
}

func equalsNumber(s string, want uint32) bool {
	n, err := strconv.ParseUint(s, 10, 32)
	return err == nil && uint32(n) == want
}

// goodID refuses names that other nodes, logs or scripts could misread.
func goodID(id string) bool {
	return len(id) <= maxID && !strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r > '~' })
}

// register handles what comes before a client has signed on. Only a sign-on counts.
func (c *Core) register(v View, cl *client, m *hamsg.Message) {
	a, ok := readApplicant(m, cl.cred)
	if m.Type() != typeRequest || m.Get("reqtype") != "signon" || !ok {
		c.logf(halog.Error, "api_process_registration_msg: bad message")
		c.dump(m)
		c.count(v, cl)
		return
	}
	generation := c.generation
	c.generation++
	for _, r := range refusals {
		if r.applies(c, a) {
			c.refuse(v, cl, a, r, generation)
			return
		}
	}
	cl.id, cl.casual, cl.generation, cl.bad = a.id, a.casual, generation, 0
	if !cl.casual {
		c.emit(ClusterNote{clientNote(v, "join", cl.id, "signon", generation)})
	}
	c.reply(cl, c.welcome(v, ""))
}

// readApplicant reads a sign-on request. A client that names itself by its pid, or not at all, is
// casual; ok is false if it gives neither.
func readApplicant(m *hamsg.Message, cred Credentials) (a applicant, ok bool) {
	from := m.Get("from_id")
	a = applicant{id: from, uid: m.Get("uid"), gid: m.Get("gid"), cred: cred}
	a.pid, _ = strconv.Atoi(m.Get("pid")) // an unreadable pid is 0, which is refused
	number, err := strconv.Atoi(from)
	if from == "" || err == nil && number == a.pid {
		a.id, a.casual = strconv.Itoa(a.pid), true
	}
	return a, from != "" || m.Get("pid") != ""
}

// refuse answers, says goodbye to a client that gave a name, and closes. Unlike the original it
// tells the cluster nothing, since nobody had joined (tools spec 12).
func (c *Core) refuse(v View, cl *client, a applicant, r refusal, generation int) {
	c.logf(halog.Warn, "client API: pid %d (uid %d, gid %d) refused as %q: %s",
		a.cred.PID, a.cred.UID, a.cred.GID, a.id[:min(len(a.id), maxID)], r.reason)
	c.reply(cl, c.welcome(v, r.reason))
	if !a.casual {
		id, leave := a.id[:min(len(a.id), maxID)], r.reason
		if r.anonymous {
			id = ""
		}
		if r.leave != "" {
			leave = r.leave
		}
		c.reply(cl, clientNote(v, "leave", id, leave, generation))
	}
	c.remove(v, cl, r.reason)
	c.emit(Close{cl.conn, r.reason})
}

// welcome is the answer to a sign-on, a refusal if there is a reason.
func (c *Core) welcome(v View, reason string) *hamsg.Message {
	m := hamsg.New("t", typeResponse, "reqtype", "signon")
	if reason == "" {
		m.Add("result", resultOK)
	} else {
		m.Add("info", reason)
		m.Add("result", resultBad)
	}
	pacemaker, ok := v.Param("pacemaker")
	if !ok {
		pacemaker = "false"
	}
	m.Add("deadtime", hexMillis(c.cfg.Deadtime))
	m.Add("keepalive", hexMillis(c.cfg.Keepalive))
	m.Add("node", v.Node())
	m.Add("hbversion", c.cfg.Version)
	m.Add("pacemaker", pacemaker)
	m.Add("logfacility", strconv.Itoa(c.cfg.LogFacility))
	return m
}

func hexMillis(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 16) }

// Limits of a dump, so that one message of a client fills at most a screen of the log.
const (
	maxDumpFields = 30
	maxDumpValue  = 200
)

// dump logs a message field by field as the original does.
func (c *Core) dump(m *hamsg.Message) {
	c.logf(halog.Error, "MSG: Dumping message with %d fields", len(m.Fields))
	for i, f := range m.Fields[:min(len(m.Fields), maxDumpFields)] {
		kind := ""
		if f.Type != hamsg.String {
			kind = fmt.Sprintf("(%d)", f.Type)
		}
		c.logf(halog.Error, "MSG[%d] : [%s%s=%s]", i, kind, printable(f.Name), printable(f.Value))
	}
}

// printable keeps what a client sent on one line of the log.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, s[:min(len(s), maxDumpValue)])
}
