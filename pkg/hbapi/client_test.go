package hbapi_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"testing"
	"time"

	"systole/pkg/hamsg"
	"systole/pkg/hbapi"
	"systole/pkg/hbapi/apitest"
)

// TestClientRequests asks for everything.
func TestClientRequests(t *testing.T) {
	view := apitest.Pair()
	view.NodeList[0].Site = "paris"
	d := apitest.Start(t, view)
	c := dial(t, d, "probe")
	ctx := within(t)
	show := func(values ...any) string { return fmt.Sprint(values...) }
	for name, got := range map[string]string{
		"[{lvsactive.gunnm.xyz normal active} {lvsstandby.gunnm.xyz normal active} {121.254.175.65 ping ping}] <nil>": show(c.NodeList(ctx)),
		"active<nil>":       show(c.NodeStatus(ctx, apitest.Peer)),
		"ping<nil>":         show(c.NodeType(ctx, apitest.Ping)),
		"paris<nil>":        show(c.NodeSite(ctx, apitest.Node)),
		"100 <nil>":         show(c.NodeWeight(ctx, apitest.Node)),
		"2 <nil>":           show(c.NumNodes(ctx)),
		"[{eth0 up}] <nil>": show(c.LinkList(ctx, apitest.Peer)),
		"dead<nil>":         show(c.LinkStatus(ctx, apitest.Node, "eth0")),
		"online<nil>":       show(c.ClientStatus(ctx, apitest.Node, "probe")),
		"5true <nil>":       show(first3(c.Param(ctx, "deadtime"))),
		"false <nil>":       show(first3(c.Param(ctx, "nosuch"))),
		"local<nil>":        show(c.ResourceState(ctx)),
		"[1 2 3 0 0 0 0 0 0 0 0 0 0 0 0 0]true <nil>":  show(first3(c.UUID(ctx, apitest.Node))),
		"[0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0]false <nil>": show(first3(c.UUID(ctx, apitest.Peer))),
		"lvsactive.gunnm.xyztrue <nil>":                show(first3(c.NodeName(ctx, [16]byte{1, 2, 3}))),
		"0 nodeweight: bad request: EINVAL":            show(c.NodeWeight(ctx, "nosuch")),
		"[] iflist: bad request: EINVAL":               show(c.LinkList(ctx, "nosuch")),
		"setsignal: bad request: EINVAL":               show(c.SetSignal(ctx, 9)),
		"setfilter: bad request: EINVAL":               show(c.SetFilter(ctx, 0)),
		"<nil>":                                        show(c.SetFilter(ctx, hbapi.Keep)),
	} {
		if got != name {
			t.Errorf("%q, want %q", got, name)
		}
	}
	if err := c.SignOff(ctx); err != nil {
		t.Error(err)
	}
	note(t, d, "leave", "probe", "signoff")
	if _, err := c.NumNodes(ctx); err == nil {
		t.Error("answers after signing off")
	}
}

func first3(a any, b bool, err error) string {
	return fmt.Sprint(fmt.Sprint(a)+fmt.Sprint(b), " ", err)
}

func TestWelcome(t *testing.T) {
	d := apitest.Start(t, apitest.Pair())
	c, err := hbapi.Dial(within(t), d.Socket)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	got, err := c.SignOn(within(t), "")
	want := hbapi.Welcome{Node: apitest.Node, Version: apitest.Version, Pacemaker: "false", Keepalive: time.Second, Deadtime: 5 * time.Second, LogFacility: -1}
	if err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestDialErrors(t *testing.T) {
	if _, err := hbapi.Dial(within(t), filepath.Join(t.TempDir(), "none")); !errors.Is(err, hbapi.ErrConnect) {
		t.Errorf("no daemon: %v", err)
	}
	d := apitest.StartAccess(t, apitest.Pair(), nil)
	c, err := hbapi.Dial(within(t), d.Socket)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var refused *hbapi.RefusedError
	if _, err := c.SignOn(within(t), "probe"); !errors.As(err, &refused) || refused.Reason != "no default client auth" {
		t.Errorf("refused: %v", err)
	}
	m, err := c.Receive(within(t))
	if err != nil || m.Get("st") != "leave" {
		t.Errorf("goodbye: %v, %v", m, err)
	}
	if _, err := c.Receive(within(t)); err != io.EOF {
		t.Errorf("end: %v", err)
	}
}

// TestMessages: messages that come between a request and its answer are kept, in order.
func TestMessages(t *testing.T) {
	d := apitest.Start(t, apitest.Pair())
	c := dial(t, d, "probe")
	if err := c.Send(within(t), hamsg.New("t", "one")); err != nil {
		t.Fatal(err)
	}
	if _, err := c.NumNodes(within(t)); err != nil {
		t.Fatal(err)
	}
	d.Tell(hamsg.New("t", "two", "to_id", "other"))
	d.Tell(hamsg.New("t", "three"))
	var got []string
	for m, err := range c.Messages(within(t)) {
		if err != nil {
			t.Fatal(err)
		}
		if got = append(got, m.Type()); len(got) == 3 {
			break
		}
	}
	if fmt.Sprint(got) != "[hbapi-clstat one three]" {
		t.Errorf("%v", got)
	}
	d.Stop()
	for m, err := range c.Messages(within(t)) {
		if err != io.EOF {
			t.Errorf("%v, %v", m, err)
		}
	}
}

// TestRemoteClient asks for clients of another node: the answer is a message, or never comes.
func TestRemoteClient(t *testing.T) {
	d := apitest.Start(t, apitest.Pair())
	d.Remote = func(q *hamsg.Message) *hamsg.Message {
		if q.Get("cn") == "silent" {
			return nil
		}
		return hamsg.New("t", "respond-cstatus", "dest", apitest.Node, "result", "OK", "cn", q.Get("cn"),
			"to_id", q.Get("from_id"), "cs", "online", "src", apitest.Peer)
	}
	c := dial(t, d, "")
	if got, err := c.ClientStatus(within(t), apitest.Peer, "ipfail"); got != "online" || err != nil {
		t.Errorf("%s, %v", got, err)
	}
	short, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	if _, err := c.ClientStatus(short, apitest.Peer, "silent"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("silent: %v", err)
	}
	if n, err := c.NumNodes(within(t)); n != 2 || err != nil {
		t.Errorf("afterwards: %d, %v", n, err)
	}
}

// TestLateAnswer: an answer to a request given up before is not taken for the next one's.
func TestLateAnswer(t *testing.T) {
	ours, theirs := pipe(t)
	daemon := hbapi.NewReader(theirs)
	answers := make(chan struct{})
	go func() {
		for i := range 3 {
			if _, err := daemon.Next(); err != nil {
				return
			}
			if i == 0 { // the first request is answered with the second
				<-answers
				continue
			}
			if i == 1 {
				reply(theirs, "getrsc", "rsc_hold", "all")
				reply(theirs, "numnodes", "numnodes", "7")
			}
		}
	}()
	short, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	if _, err := ours.ResourceState(short); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("%v", err)
	}
	close(answers)
	if n, err := ours.NumNodes(within(t)); n != 7 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
}

// TestOldDaemon: before 3.0.6 the lists have names only, and the rest is asked for.
func TestOldDaemon(t *testing.T) {
	ours, theirs := pipe(t)
	go func() {
		daemon := hbapi.NewReader(theirs)
		for {
			body, err := daemon.Next()
			if err != nil {
				return
			}
			m, _ := hbapi.ParseBody(body)
			switch kind := m.Get("reqtype"); kind {
			case "nodelist":
				reply(theirs, kind, "node", "alpha")
			case "nodetype":
				reply(theirs, kind, "nodetype", "normal")
			case "nodestatus", "ifstatus":
				reply(theirs, kind, "st", "up")
			case "iflist":
				reply(theirs, kind, "ifname", "eth0")
			}
		}
	}()
	if nodes, err := ours.NodeList(within(t)); fmt.Sprint(nodes, err) != "[{alpha normal up}] <nil>" {
		t.Errorf("%v, %v", nodes, err)
	}
	if links, err := ours.LinkList(within(t), "alpha"); fmt.Sprint(links, err) != "[{eth0 up}] <nil>" {
		t.Errorf("%v, %v", links, err)
	}
}

// pipe is a client and the socket of a daemon the test plays.
func pipe(t *testing.T) (*hbapi.Client, net.Conn) {
	path := filepath.Join(t.TempDir(), "register")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := hbapi.Dial(within(t), path)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); theirs.Close() })
	return c, theirs
}

func reply(to net.Conn, kind string, fields ...string) {
	m := hamsg.New("t", "hbapi-resp", "reqtype", kind)
	m.Fields = append(m.Fields, hamsg.New(fields...).Fields...)
	m.Add("result", "OK")
	frame, _ := hbapi.AppendFrame(nil, m)
	to.Write(frame)
}
