package hbapi

import (
	"fmt"
	"strings"
	"testing"

	"systole/pkg/hacf"
	"systole/pkg/hamsg"
)

// bench is a core and what it did last.
type bench struct {
	t    *testing.T
	core *Core
	view *fakeView
}

func newBench(t *testing.T) *bench {
	return &bench{t, NewCore(recordedConfig()), pairView(active)}
}

func trace(effects []Effect) string {
	var lines []string
	for _, e := range effects {
		lines = append(lines, e.String())
	}
	return strings.Join(lines, "\n")
}

func (b *bench) open(conn Conn, cred Credentials) { b.core.Step(b.view, Opened{conn, cred}) }

func (b *bench) frame(conn Conn, pairs ...string) string {
	return trace(b.core.Step(b.view, Frame{conn, hamsg.New(pairs...)}))
}

// signOn opens a connection of root and signs on; an empty id is a casual client.
func (b *bench) signOn(conn Conn, id string) string {
	pid := fmt.Sprint(500 + conn)
	b.open(conn, Credentials{PID: 500 + int(conn)})
	if id == "" {
		id = pid
	}
	return b.frame(conn, "t", typeRequest, "reqtype", "signon", "pid", pid, "from_id", id, "uid", "0", "gid", "0")
}

func (b *bench) wants(got, want string) {
	b.t.Helper()
	if got != want {
		b.t.Errorf("have\n%s\nwant\n%s", got, want)
	}
}

const welcomeTail = "deadtime=1388 keepalive=3e8 node=lvsactive.gunnm.xyz hbversion=3.0.6 (node: 958e11be8686759f1b99204c17812f2c2633b169) pacemaker=false logfacility=-1 <<<"

func TestSignOnEffects(t *testing.T) {
	b := newBench(t)
	b.wants(b.signOn(1, "probe"),
		"note >>> t=hbapi-clstat st=join from_id=probe to_id=probe src=lvsactive.gunnm.xyz info=signon client_gen=0 <<<\n"+
			"reply 1 >>> t=hbapi-resp reqtype=signon result=OK "+welcomeTail)
	b.wants(b.signOn(2, ""), "reply 2 >>> t=hbapi-resp reqtype=signon result=OK "+welcomeTail)
	b.open(3, Credentials{PID: 503, UID: 7, GID: 7})
	b.wants(b.frame(3, "t", typeRequest, "reqtype", "signon", "pid", "503", "from_id", "probe2", "uid", "7", "gid", "7"),
		"log WARN: client API: pid 503 (uid 7, gid 7) refused as \"probe2\": client failed authorization\n"+
			"reply 3 >>> t=hbapi-resp reqtype=signon info=client failed authorization result=badreq "+welcomeTail+"\n"+
			"reply 3 >>> t=hbapi-clstat st=leave from_id=probe2 to_id=probe2 src=lvsactive.gunnm.xyz info=client failed authorization client_gen=2 <<<\n"+
			"close 3 client failed authorization")
	if got := fmt.Sprint(b.core.Clients()); got != "[{probe false 0 {501 0 0}} {502 true 1 {502 0 0}}]" {
		t.Errorf("clients %s", got)
	}
	if !b.core.Online("probe") || !b.core.Online("502") || b.core.Online("probe2") || b.core.Online("") {
		t.Error("who is online")
	}
}

// TestRefusals sends sign-ons that are wrong in one way, and in the next way too, so that the
// first reason wins.
func TestRefusals(t *testing.T) {
	good := map[string]string{"pid": "510", "from_id": "probe", "uid": "0", "gid": "0"}
	cred := Credentials{PID: 510}
	for _, c := range []struct {
		name   string
		change map[string]string
		cred   Credentials
		want   string
	}{
		{"good", nil, cred, ""},
		{"pid 0", map[string]string{"pid": "0", "from_id": "taken"}, cred, "bad pid"},
		{"pid negative", map[string]string{"pid": "-5"}, cred, "bad pid"},
		{"pid no number", map[string]string{"pid": "5x"}, cred, "bad pid"},
		{"pid missing", map[string]string{"pid": ""}, cred, "bad pid"},
		{"dead pid", map[string]string{"pid": "99999"}, cred, "bad pid"},
		{"name taken", map[string]string{"from_id": "taken", "uid": ""}, cred, "duplicate add request"},
		{"uid missing", map[string]string{"uid": "", "gid": "1"}, cred, "invalid id info"},
		{"gid no number", map[string]string{"gid": "x"}, cred, "invalid id info"},
		{"uid negative", map[string]string{"uid": "-1"}, cred, "invalid id info"},
		{"other uid", map[string]string{"uid": "1", "from_id": "nobodys"}, cred, "incorrect/false credentials"},
		{"other gid", map[string]string{"gid": "1"}, cred, "incorrect/false credentials"},
		{"unlisted", map[string]string{"from_id": "nobodys", "pid": "511"}, cred, "no default client auth"},
		{"not allowed", map[string]string{"from_id": "ccm", "pid": "511"}, cred, "client failed authorization"},
		{"other pid", map[string]string{"pid": "511"}, cred, "pid mismatch"},
		{"casual, other pid", map[string]string{"pid": "511", "from_id": "511"}, cred, "pid mismatch"},
		{"casual, not allowed", map[string]string{"from_id": "", "uid": "9", "gid": "9"}, Credentials{510, 9, 9}, "client failed authorization"},
	} {
		b := newBench(t)
		b.core.cfg.Access = append(b.core.cfg.Access, Rule{Client: "taken", UIDs: []uint32{0}})
		b.signOn(1, "taken")
		fields := []string{"t", typeRequest, "reqtype", "signon"}
		for _, name := range []string{"pid", "from_id", "uid", "gid"} {
			value := good[name]
			if changed, ok := c.change[name]; ok {
				value = changed
			}
			fields = append(fields, name, value)
		}
		b.open(2, c.cred)
		effects := b.core.Step(b.view, Frame{2, hamsg.New(fields...)})
		if got := refusalOf(effects); got != c.want {
			t.Errorf("%s: refused with %q, want %q", c.name, got, c.want)
		}
	}
}

func refusalOf(effects []Effect) string {
	for _, e := range effects {
		if r, ok := e.(Reply); ok && r.Msg.Get("result") == resultBad {
			return r.Msg.Get("info")
		}
	}
	return ""
}

// TestBadNames: names that could be misread by logs, scripts or the original's buffers.
func TestBadNames(t *testing.T) {
	for _, id := range []string{strings.Repeat("x", 32), "a b", "a\nb", "a\x01", "ä"} {
		b := newBench(t)
		b.core.cfg.Access = append(b.core.cfg.Access, Rule{Client: anyClient, UIDs: []uint32{0}})
		if got := b.signOn(1, id); !strings.Contains(got, "info=cannot add client result=badreq") {
			t.Errorf("%q: %s", id, got)
		}
	}
	b := newBench(t)
	b.core.cfg.Access = append(b.core.cfg.Access, Rule{Client: anyClient, UIDs: []uint32{0}})
	if got := b.signOn(1, strings.Repeat("x", 31)); !strings.Contains(got, "result=OK") {
		t.Errorf("31 bytes: %s", got)
	}
}

// TestBeforeSignOn: whatever a stranger sends is logged and not answered, ten times.
func TestBeforeSignOn(t *testing.T) {
	for name, m := range map[string]*hamsg.Message{
		"no message": nil, "empty": {}, "cluster message": hamsg.New("t", "status", "st", "dead"),
		"request":              hamsg.New("t", typeRequest, "reqtype", "nodelist", "pid", "501"),
		"nameless sign-on":     hamsg.New("t", typeRequest, "reqtype", "signon", "uid", "0"),
		"sign-on as an answer": hamsg.New("t", typeResponse, "reqtype", "signon", "pid", "501", "from_id", "x"),
	} {
		b := newBench(t)
		b.open(1, Credentials{PID: 501})
		for i := range maxBad {
			got := trace(b.core.Step(b.view, Frame{1, m}))
			closed := strings.HasSuffix(got, "close 1 badclient")
			if strings.Contains(got, "reply") || closed != (i == maxBad-1) {
				t.Fatalf("%s, number %d: %s", name, i, got)
			}
		}
		if b.core.Step(b.view, Frame{1, m}) != nil {
			t.Errorf("%s: heard after close", name)
		}
	}
}

func TestUnreadable(t *testing.T) {
	b := newBench(t)
	b.signOn(1, "probe")
	b.wants(trace(b.core.Step(b.view, Frame{1, nil})), "log info: No message from pid 501")
	for range 2 * maxBad { // never ten in a row
		for range maxBad - 2 {
			b.core.Step(b.view, Frame{1, nil})
		}
		b.frame(1, "t", typeRequest, "reqtype", "numnodes")
	}
	for range maxBad - 1 {
		b.core.Step(b.view, Frame{1, nil})
	}
	b.wants(trace(b.core.Step(b.view, Frame{1, nil})), "log info: No message from pid 501\nlog ERROR: Removing client pid 501\n"+
		"note >>> t=hbapi-clstat st=leave from_id=probe to_id=probe src=lvsactive.gunnm.xyz info=badclient client_gen=0 <<<\n"+
		"close 1 badclient")
}

func TestRequestErrors(t *testing.T) {
	b := newBench(t)
	b.signOn(1, "probe")
	for _, c := range []struct{ request, want string }{
		{"setfilter", "EINVAL"}, {"setfilter fmask=", "EINVAL"}, {"setfilter fmask=0", "EINVAL"}, {"setfilter fmask=40", "EINVAL"},
		{"setfilter fmask=xyz", "EINVAL"}, {"setfilter fmask=-1", "EINVAL"}, {"setfilter fmask=123456789", "EINVAL"},
		{"setsignal", "-"}, {"setsignal signal=9", "EINVAL"}, {"setsignal signal=19", "EINVAL"}, {"setsignal signal=32", "EINVAL"},
		{"setsignal signal=-1", "EINVAL"}, {"setsignal signal=x", "EINVAL"},
		{"nodestatus", "EINVAL"}, {"nodeweight node=x", "EINVAL"}, {"nodesite node=", "EINVAL"}, {"nodetype node=x", "EINVAL"},
		{"iflist", "EINVAL"}, {"ifstatus node=lvsactive.gunnm.xyz", "EINVAL"}, {"ifstatus node=x ifname=eth0", "EINVAL"},
		{"clientstatus node=lvsactive.gunnm.xyz", "EINVAL"}, {"clientstatus cn=x", "EINVAL"}, {"clientstatus node=x cn=x", "EINVAL"},
		{"getparm", "EINVAL"}, {"getuuid", errNoQuery}, {"getnodename", errNoQuery}, {"signon", "-"}, {"nonsense", "-"}, {"", "-"},
	} {
		words := strings.Fields("reqtype=" + c.request)
		fields := []string{"t", typeRequest}
		for _, w := range words {
			name, value, _ := strings.Cut(w, "=")
			fields = append(fields, name, value)
		}
		got := b.frame(1, fields...)
		want := "reply 1 >>> t=hbapi-resp " + words[0] + " result=badreq info=" + c.want + " <<<"
		if c.want == "-" {
			want = "reply 1 >>> t=hbapi-resp " + words[0] + " result=badreq <<<"
		}
		if !strings.Contains(got, want+"\n") || !strings.Contains(got, "log ERROR: api_process_request: bad request [") || strings.Count(got, "reply") != 1 {
			t.Errorf("%s: %s", c.request, got)
		}
	}
}

func TestRequestsWithoutError(t *testing.T) {
	b := newBench(t)
	b.view.nodes[2].Links = nil
	b.signOn(1, "probe")
	for request, want := range map[string]string{
		"getparm pname=crm":                      "reply 1 >>> t=hbapi-resp reqtype=getparm pvalue=false result=OK <<<",
		"getparm pname=hbversion":                "reply 1 >>> t=hbapi-resp reqtype=getparm pvalue=3.0.6 result=OK <<<",
		"getparm pname=nosuch":                   "reply 1 >>> t=hbapi-resp reqtype=getparm result=OK <<<",
		"getuuid queryname=" + standby:           "reply 1 >>> t=hbapi-resp reqtype=getuuid result=OK <<<",
		"getnodename queryuuid=":                 "reply 1 >>> t=hbapi-resp reqtype=getnodename result=OK <<<",
		"clientstatus cn=x node=" + gateway:      "reply 1 >>> t=hbapi-resp reqtype=clientstatus subt=respond-cstatus cs=offline result=OK <<<",
		"clientstatus cn=probe node=" + active:   "reply 1 >>> t=hbapi-resp reqtype=clientstatus subt=respond-cstatus cs=online result=OK <<<",
		"clientstatus cn=ipfail node=" + standby: "query >>> t=query-cstatus dest=lvsstandby.gunnm.xyz cn=ipfail from_id=probe <<<",
		"set_sendqlen sendqlen=1024":             "log info: the send queue length from heartbeat to client probe is set to 1024\nqueue 1 1024",
		"set_sendqlen sendqlen=0":                "log ERROR: api_set_sendqlen: invalid length value(0)",
		"set_sendqlen sendqlen=x":                "log ERROR: api_set_sendqlen: invalid length value(0)",
	} {
		fields := []string{"t", typeRequest}
		for _, w := range strings.Fields("reqtype=" + request) {
			name, value, _ := strings.Cut(w, "=")
			fields = append(fields, name, value)
		}
		b.wants(b.frame(1, fields...), want)
	}
	if got := b.frame(1, "t", typeRequest, "reqtype", "iflist", "node", gateway); !strings.Contains(got, "info=UhOh") {
		t.Errorf("no link: %s", got)
	}
	b.view.nodes[1].Status = "dead"
	b.wants(b.frame(1, "t", typeRequest, "reqtype", "clientstatus", "cn", "ipfail", "node", standby),
		"reply 1 >>> t=hbapi-resp reqtype=clientstatus subt=respond-cstatus cs=offline result=OK <<<")
	b.view.nodes = nil
	if got := b.frame(1, "t", typeRequest, "reqtype", "nodelist"); !strings.Contains(got, "info=EINVAL") {
		t.Errorf("no nodes: %s", got)
	}
}

// TestDeliver: who gets which message.
func TestDeliver(t *testing.T) {
	b := newBench(t)
	b.signOn(1, "probe")
	b.signOn(2, "")
	b.signOn(3, "probe2")
	b.open(4, Credentials{PID: 504})
	b.frame(3, "t", typeRequest, "reqtype", "setfilter", "fmask", "3f")
	for _, c := range []struct {
		kind   Kind
		fields string
		to     string
	}{
		{Keep, "status", "1 2 3"},
		{Keep, "anything", "1 2 3"},
		{Keep, "x to_id=probe", "1"},
		{Keep, "x to_id=502", "2"},
		{Keep, "x to_id=nobody", ""},
		{Keep, "x to_id=", ""},
		{NoChange, "status", "3"},
		{Dropped, "status", "3"},
		{Duplicate, "status to_id=probe", ""},
		{Keep, "query-cstatus", "3"},
		{Keep, "NS_rexmit", "3"},
		{Keep, "reqnodes", "3"},
		{Keep, "NS_st", "1 2 3"},
		{Keep, "delnode", "1 2 3"},
		{Protocol, "x", "3"},
	} {
		kind, rest, _ := strings.Cut(c.fields, " ")
		m := hamsg.New("t", kind)
		if name, value, ok := strings.Cut(rest, "="); ok {
			m.Add(name, value)
		}
		var to []string
		for _, e := range b.core.Deliver(c.kind, m) {
			to = append(to, fmt.Sprint(uint64(e.(Reply).Conn)))
		}
		if got := strings.Join(to, " "); got != c.to {
			t.Errorf("%s of kind %d: to %q, want %q", c.fields, c.kind, got, c.to)
		}
	}
}

func TestFilterRights(t *testing.T) {
	b := newBench(t)
	b.open(1, Credentials{PID: 501, UID: 65534, GID: 106})
	b.frame(1, "t", typeRequest, "reqtype", "signon", "pid", "501", "from_id", "501", "uid", "65534", "gid", "106")
	if got := b.frame(1, "t", typeRequest, "reqtype", "setfilter", "fmask", "d"); !strings.Contains(got, "info=EPERM") {
		t.Errorf("nobody: %s", got)
	}
	b.wants(b.frame(1, "t", typeRequest, "reqtype", "setfilter", "fmask", "1"), "reply 1 >>> t=hbapi-resp reqtype=setfilter result=OK <<<")
	b.core.cfg.DaemonUID = 65534
	b.wants(b.frame(1, "t", typeRequest, "reqtype", "setfilter", "fmask", "d"), "reply 1 >>> t=hbapi-resp reqtype=setfilter result=OK <<<")
}

// TestSend: what a client sends is marked with its own name, whatever it wrote itself.
func TestSend(t *testing.T) {
	b := newBench(t)
	b.signOn(1, "probe")
	b.wants(b.frame(1, "t", "hello", "x", "1"), "send >>> t=hello x=1 from_id=probe to_id=probe client_gen=0 <<<")
	b.wants(b.frame(1, "t", "hello", "to_id", "ipfail", "client_gen", "7", "from_id", "ipfail", "x", "1"),
		"send >>> t=hello to_id=probe client_gen=0 from_id=probe x=1 <<<")
	b.wants(b.frame(1, "t", "query-cstatus", "cn", "x"), "send >>> t=query-cstatus cn=x from_id=probe to_id=probe client_gen=0 <<<")
	for kind := range reserved {
		b.wants(b.frame(1, "t", kind, "st", "dead"), fmt.Sprintf("log WARN: client API: message of type %q from client probe refused", kind))
	}
	b.wants(b.frame(1, "t", "NS_rexmit"), `log WARN: client API: message of type "NS_rexmit" from client probe refused`)
	b.wants(b.frame(1, "x", "y"), `log WARN: client API: message of type "" from client probe refused`)
}

func TestAnswerQuery(t *testing.T) {
	b := newBench(t)
	b.signOn(1, "probe")
	for cn, status := range map[string]string{"probe": "online", "other": "offline", "": "offline"} {
		m, ok := b.core.AnswerQuery(hamsg.New("t", "query-cstatus", "cn", cn, "from_id", "632", "src", standby))
		if got := oneLine(m); !ok || got != ">>> t=respond-cstatus dest=lvsstandby.gunnm.xyz result=OK cn="+cn+" to_id=632 cs="+status+" <<<" {
			t.Errorf("%s: %s", cn, got)
		}
	}
	if _, ok := b.core.AnswerQuery(hamsg.New("t", "query-cstatus", "cn", "probe")); ok {
		t.Error("answers nobody")
	}
}

func TestLeaving(t *testing.T) {
	b := newBench(t)
	b.signOn(1, "probe")
	b.signOn(2, "")
	b.signOn(3, "probe2")
	b.wants(trace(b.core.Step(b.view, Gone{Conn: 1, Reason: "sendfail"})),
		"note >>> t=hbapi-clstat st=leave from_id=probe to_id=probe src=lvsactive.gunnm.xyz info=sendfail client_gen=0 <<<")
	b.wants(trace(b.core.Step(b.view, Gone{Conn: 2, Reason: "EOF"})), "")
	b.wants(trace(b.core.Died(503)), "drain 3")
	b.wants(b.frame(3, "t", "last words"), "send >>> t=last words from_id=probe2 to_id=probe2 client_gen=2 <<<")
	b.wants(trace(b.core.Step(b.view, Gone{Conn: 3, Reason: "EOF", Err: ErrMagic})),
		"log WARN: client API: connection of pid 503 closed: bad frame magic\n"+
			"note >>> t=hbapi-clstat st=leave from_id=probe2 to_id=probe2 src=lvsactive.gunnm.xyz info=died client_gen=2 <<<")
	b.wants(trace(b.core.Died(503)), "")
	b.wants(trace(b.core.Step(b.view, Gone{Conn: 3, Reason: "EOF"})), "")
}

// TestSignal: every message to a client that asked for a signal is followed by it.
func TestSignal(t *testing.T) {
	b := newBench(t)
	b.signOn(1, "probe")
	b.wants(b.frame(1, "t", typeRequest, "reqtype", "setsignal", "signal", "10"), "reply 1 >>> t=hbapi-resp reqtype=setsignal result=OK <<<\nsignal 1 10")
	b.wants(trace(b.core.Deliver(Keep, hamsg.New("t", "x"))), "reply 1 >>> t=x <<<\nsignal 1 10")
	b.wants(b.frame(1, "t", typeRequest, "reqtype", "setsignal", "signal", "0"), "reply 1 >>> t=hbapi-resp reqtype=setsignal result=OK <<<")
}

// TestDumpIsBounded: a huge message does not fill the log.
func TestDumpIsBounded(t *testing.T) {
	b := newBench(t)
	b.open(1, Credentials{PID: 501})
	var pairs []string
	for i := range 5000 {
		pairs = append(pairs, fmt.Sprintf("f%d", i), strings.Repeat("\n", 1000))
	}
	effects := b.core.Step(b.view, Frame{1, hamsg.New(pairs...)})
	if len(effects) != 2+maxDumpFields || len(trace(effects)) > 10000 {
		t.Errorf("%d lines, %d bytes", len(effects), len(trace(effects)))
	}
	if got := effects[1].String(); got != "log ERROR: MSG: Dumping message with 5000 fields" {
		t.Error(got)
	}
}

func TestResolveAccess(t *testing.T) {
	access, err := ResolveAccess([]hacf.APIAuth{
		{Client: "a", UIDs: []string{"root", "17"}, GIDs: []string{"root"}},
		{Client: "b", UIDs: []string{"no such user", "5"}, GIDs: []string{"no such group", "99999999999"}},
	})
	if got := fmt.Sprint(access); got != "[{a [0 17] [0]} {b [5] []}]" {
		t.Errorf("access %s", got)
	}
	if err == nil || strings.Count(err.Error(), "apiauth") != 3 {
		t.Errorf("error %v", err)
	}
}
