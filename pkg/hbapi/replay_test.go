package hbapi

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"systole/pkg/hamsg"
)

// recording is one line of a recorded session that means something.
type recording struct {
	kind  string // C, S, connect, close, closed (by the server), first
	bytes []byte
	cred  Credentials
}

var connectLine = regexp.MustCompile(`^# -- connect \S+register(?: pid=(\d+) uid=(\d+) gid=(\d+))?$`)

func readSession(t testing.TB, path string) []recording {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var lines []recording
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\n")
		switch {
		case strings.HasPrefix(line, "C "), strings.HasPrefix(line, "S "):
			b, err := hex.DecodeString(line[2:])
			if err != nil {
				t.Fatal(err)
			}
			lines = append(lines, recording{kind: line[:1], bytes: b})
		case connectLine.MatchString(line):
			n := connectLine.FindStringSubmatch(line)
			lines = append(lines, recording{kind: "connect", cred: credentials(n[1:])})
		case line == "# -- client close", line == "# -- close":
			lines = append(lines, recording{kind: "close"})
		case line == "# -- server closed":
			lines = append(lines, recording{kind: "closed"})
		case strings.Contains(line, "on the first connection"):
			lines = append(lines, recording{kind: "first"})
		}
	}
	return lines
}

// recordedBytes is all that the clients of a session sent.
func recordedBytes(t testing.TB, path string) []byte {
	var all []byte
	for _, l := range readSession(t, path) {
		if l.kind == "C" {
			all = append(all, l.bytes...)
		}
	}
	return all
}

func credentials(text []string) Credentials {
	pid, _ := strconv.Atoi(text[0])
	uid, _ := strconv.ParseUint(text[1], 10, 32)
	gid, _ := strconv.ParseUint(text[2], 10, 32)
	return Credentials{PID: pid, UID: uint32(uid), GID: uint32(gid)}
}

// difference is what is meant to differ from the recording.
type difference struct {
	extra  int      // answers that the original did not give
	masked []string // fields
}

var differences = map[string]difference{
	"60-probe-wrong-from-id.txt":       {extra: 1}, // we go by connection, not by the pid and name in a request
	"60-probe-same-pid-twice.txt":      {extra: 1}, // likewise
	"60-probe-name-longer-than-31.txt": {masked: []string{"from_id", "to_id"}},
}

// residents are clients that were signed on already.
var residents = map[string][]string{
	"12-cl_status-clientstatus.txt": {"ipfail"},
	"60-probe-ipfail-as-root.txt":   {"ipfail"},
	"60-probe-ccm-as-root.txt":      {"ccm"},
	"60-probe-named-messages.txt":   {"ipfail"},
}

var volatile = []string{"seq", "hg", "ts", "ld", "auth", "srcuuid", "destuuid"}

// TestReplay gives the core what clients sent to the real daemon, and compares what it answers.
func TestReplay(t *testing.T) {
	files, err := filepath.Glob("testdata/sessions/*.txt")
	if err != nil || len(files) < 50 {
		t.Fatalf("%d sessions, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			newReplay(t, filepath.Base(file), readSession(t, file)).run()
		})
	}
}

// replay is a core with a cluster around it that says what the recorded one said.
type replay struct {
	t       *testing.T
	name    string
	lines   []recording
	at      int
	view    *fakeView
	core    *Core
	open    []Conn // the last one is talking
	next    Conn
	in      map[Conn][]byte
	answers map[Conn][]*hamsg.Message // not yet found in the recording
	closed  map[Conn]bool
}

func newReplay(t *testing.T, name string, lines []recording) *replay {
	r := &replay{t: t, name: name, lines: lines, next: 1, in: map[Conn][]byte{},
		answers: map[Conn][]*hamsg.Message{}, closed: map[Conn]bool{}}
	r.view = recordedView(lines)
	r.core = NewCore(recordedConfig())
	for _, id := range residents[name] {
		r.do(r.core.Step(r.view, Opened{900, Credentials{PID: 90, UID: 103, GID: 106}}))
		r.do(r.core.Step(r.view, Frame{900, hamsg.New("t", "hbapi-req", "reqtype", "signon", "pid", "90",
			"from_id", id, "uid", "103", "gid", "106")}))
	}
	r.answers[900] = nil
	r.core.generation = r.firstGeneration()
	return r
}

func recordedConfig() Config {
	return Config{
		Version:     "3.0.6 (node: 958e11be8686759f1b99204c17812f2c2633b169)",
		Keepalive:   time.Second,
		Deadtime:    5 * time.Second,
		LogFacility: -1,
		Alive:       func(pid int) bool { return pid != 99999 },
		Access: Access{
			{Client: "ipfail", UIDs: []uint32{103}, GIDs: []uint32{106}}, {Client: "ccm", UIDs: []uint32{103}},
			{Client: "dopd", UIDs: []uint32{103}, GIDs: []uint32{106}}, {Client: "ping", UIDs: []uint32{0}, GIDs: []uint32{106}},
			{Client: "probe", UIDs: []uint32{0, 65534}}, {Client: "probe2", UIDs: []uint32{0}},
			{Client: "anon", UIDs: []uint32{0}, GIDs: []uint32{106}},
		},
	}
}

// firstGeneration is the number of the first client of the recording.
func (r *replay) firstGeneration() int {
	for _, l := range r.lines {
		if l.kind != "S" {
			continue
		}
		m := r.parse(l.bytes)
		if m.Get("src") == r.view.node && m.Get("client_gen") != "" {
			n, _ := strconv.Atoi(m.Get("client_gen"))
			return n
		}
	}
	return 0
}

func (r *replay) parse(frame []byte) *hamsg.Message {
	r.t.Helper()
	body, n, err := DecodeFrame(frame)
	if err != nil || n != len(frame) {
		r.t.Fatalf("recorded frame: %d of %d bytes, %v", n, len(frame), err)
	}
	m, err := ParseBody(body)
	if err != nil {
		// the original put garbage into one frame; its id is not compared
		if m, _, err = hamsg.ParseText(bytes.ReplaceAll(body, []byte{2}, []byte("?"))); err != nil {
			r.t.Fatalf("recorded frame: %v", err)
		}
	}
	return m
}

func (r *replay) run() {
	for r.at = range r.lines {
		switch l := r.lines[r.at]; l.kind {
		case "connect":
			r.connect(l.cred)
		case "first":
			slices.Reverse(r.open)
		case "C":
			r.client(l.bytes)
		case "S":
			r.expect(r.parse(l.bytes))
		case "closed":
			if !r.closed[r.current()] {
				r.t.Errorf("line %d: not closed", r.at)
			}
		case "close":
			r.do(r.core.Step(r.view, Gone{Conn: r.current(), Reason: "EOF"}))
			r.open = r.open[:len(r.open)-1]
		}
	}
	r.leftovers()
}

func (r *replay) current() Conn { return r.open[len(r.open)-1] }

func (r *replay) connect(cred Credentials) {
	if cred.PID == 0 { // not recorded: what the client will say
		for _, l := range r.lines[r.at:] {
			if l.kind == "C" {
				m := r.parse(l.bytes)
				cred = credentials([]string{m.Get("pid"), m.Get("uid"), m.Get("gid")})
				break
			}
		}
	}
	r.open = append(r.open, r.next)
	r.do(r.core.Step(r.view, Opened{r.next, cred}))
	r.next++
}

// client takes bytes of the client and steps once per whole frame.
func (r *replay) client(b []byte) {
	conn := r.current()
	r.in[conn] = append(r.in[conn], b...)
	for {
		body, n, err := DecodeFrame(r.in[conn])
		if err != nil {
			r.do(r.core.Step(r.view, Gone{Conn: conn, Reason: "EOF", Err: err}))
			r.closed[conn] = true
			r.in[conn] = nil
			return
		}
		if n == 0 {
			return
		}
		m, err := ParseBody(body)
		if err != nil {
			m = nil
		} else {
			r.foresee(m)
		}
		r.in[conn] = r.in[conn][n:]
		r.do(r.core.Step(r.view, Frame{conn, m}))
	}
}

// foresee sets the states that changed during the recording to what the answer will say.
func (r *replay) foresee(request *hamsg.Message) {
	for _, l := range r.lines[r.at+1:] {
		if l.kind != "S" {
			continue
		}
		m := r.parse(l.bytes)
		if m.Type() != typeResponse || m.Get("reqtype") != request.Get("reqtype") {
			continue
		}
		if state, ok := m.Lookup("rsc_hold"); ok {
			r.view.resources = state
		}
		for i := range r.view.nodes {
			if n := &r.view.nodes[i]; n.Name == m.Get("node") && m.Get("st") != "" {
				n.Status = m.Get("st")
			}
		}
		if m.Get("result") != resultMore {
			return
		}
	}
}

// do performs effects as a daemon would, with a cluster that stamps and loops back.
func (r *replay) do(effects []Effect) {
	for _, e := range effects {
		switch e := e.(type) {
		case Reply:
			r.answers[e.Conn] = append(r.answers[e.Conn], e.Msg)
		case Close:
			r.closed[e.Conn] = true
		case ClusterNote:
			r.cluster(e.Msg)
		case Broadcast:
			r.cluster(e.Msg)
		}
	}
}

func (r *replay) cluster(m *hamsg.Message) {
	if dest := m.Get("dest"); dest != "" {
		m.SetBinary("destuuid", "")
	}
	m.Set("src", r.view.node)
	m.SetBinary("srcuuid", "")
	for _, name := range []string{"seq", "hg", "ts", "ld"} {
		m.Set(name, "1")
	}
	m.Set("ttl", "4")
	m.Set("auth", "1 0")
	if dest := m.Get("dest"); dest != "" && dest != r.view.node {
		return
	}
	if m.Type() == typeQuery {
		if answer, ok := r.core.AnswerQuery(m); ok {
			r.cluster(answer)
		}
	}
	r.do(r.core.Deliver(Keep, m))
}

// expect finds a recorded frame among the answers. One that is none came from the cluster, so it
// is delivered now. Answers must come in order.
func (r *replay) expect(want *hamsg.Message) {
	conn := r.current()
	text := r.masked(want)
	pending := r.answers[conn]
	i := slices.IndexFunc(pending, func(m *hamsg.Message) bool { return r.masked(m) == text })
	if i < 0 && r.foreign(want) {
		before := len(pending)
		r.do(r.core.Deliver(Keep, want))
		pending = r.answers[conn]
		if len(pending) == before+1 {
			r.answers[conn] = pending[:before]
			return
		}
	}
	if i < 0 {
		r.t.Fatalf("line %d: recorded %s\nhave %s", r.at, text, r.list(pending))
	}
	for _, m := range pending[:i] {
		if m.Type() == typeResponse {
			r.t.Errorf("line %d: %s\ncomes before %s", r.at, r.masked(m), text)
		}
	}
	r.answers[conn] = slices.Delete(pending, i, i+1)
}

// foreign says whether a message comes from the peer or from our own daemon's cluster side, not
// from what the core makes.
func (r *replay) foreign(m *hamsg.Message) bool {
	ownTypes := []string{"status", "NS_st", "ifstat", "resource", "starting", "stonith", "ip-request-resp", "shutdone", "ask_resources"}
	src := m.Get("src")
	return src != "" && src != r.view.node && m.Type() != typeResponse || slices.Contains(ownTypes, m.Type())
}

// leftovers are answers nobody recorded: the goodbye that a client did not wait for, and the
// differences meant.
func (r *replay) leftovers() {
	extra := 0
	for conn := Conn(1); conn < r.next; conn++ {
		for _, m := range r.answers[conn] {
			switch {
			case m.Type() == typeClient && m.Get("st") == "leave":
			case m.Type() == typeResponse && extra < differences[r.name].extra:
				extra++
			default:
				r.t.Errorf("connection %d: not recorded: %s", conn, r.masked(m))
			}
		}
	}
}

func (r *replay) masked(m *hamsg.Message) string {
	c := m.Clone()
	for i := range c.Fields {
		if slices.Contains(volatile, c.Fields[i].Name) || slices.Contains(differences[r.name].masked, c.Fields[i].Name) {
			c.Fields[i].Value = ""
		}
	}
	return oneLine(c)
}

func (r *replay) list(messages []*hamsg.Message) string {
	var b strings.Builder
	for _, m := range messages {
		fmt.Fprintf(&b, "\n  %s", r.masked(m))
	}
	return b.String()
}
