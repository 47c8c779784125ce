// Package apitest is a daemon for tests of API clients: the real socket and the real protocol of
// package hbapi around a cluster that the test plays.
//
//	d := apitest.Start(t, apitest.Pair())
//	c, err := hbapi.Dial(ctx, d.Socket)
//	…
//	d.Tell(hamsg.New("t", "status", "st", "dead", "src", apitest.Peer))
package apitest

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"systole/pkg/hamsg"
	"systole/pkg/hbapi"
)

// The nodes of Pair.
const (
	Node = "lvsactive.gunnm.xyz"
	Peer = "lvsstandby.gunnm.xyz"
	Ping = "121.254.175.65"
)

// Version is what the daemon calls itself.
const Version = "3.0.6 (node: 958e11be8686759f1b99204c17812f2c2633b169)"

// View is what the daemon says about the cluster. Change one in use only within Daemon.Do.
type View struct {
	NodeList  []hbapi.NodeInfo
	Params    map[string]string
	Resources string
	Keepalive time.Duration // told at sign-on; fixed once the daemon has started
}

// Pair is a view of two active nodes and a ping node.
func Pair() *View {
	link := func(name, status string) []hbapi.LinkInfo { return []hbapi.LinkInfo{{Name: name, Status: status}} }
	return &View{
		NodeList: []hbapi.NodeInfo{
			{Name: Node, Type: hbapi.NormalNode, Status: "active", Weight: 100, UUID: [16]byte{1, 2, 3}, Links: link("eth0", "dead")},
			{Name: Peer, Type: hbapi.NormalNode, Status: "active", Weight: 100, Links: link("eth0", "up")},
			{Name: Ping, Type: hbapi.PingNode, Status: "ping", Weight: 100, Links: link(Ping, "up")},
		},
		Params:    map[string]string{"deadtime": "5", "keepalive": "1", "auto_failback": "on", "pacemaker": "false"},
		Resources: "local",
		Keepalive: time.Second,
	}
}

// Node returns Node.
func (*View) Node() string { return Node }

// Nodes returns the node list.
func (v *View) Nodes() []hbapi.NodeInfo { return v.NodeList }

// Param returns a parameter.
func (v *View) Param(name string) (string, bool) { s, ok := v.Params[name]; return s, ok }

// ResourceState returns the word of the view.
func (v *View) ResourceState() string { return v.Resources }

// Status sets the status of a node.
func (v *View) Status(node, status string) {
	for i := range v.NodeList {
		if v.NodeList[i].Name == node {
			v.NodeList[i].Status = status
		}
	}
}

// Daemon serves clients until the test ends.
type Daemon struct {
	Socket string
	Sent   chan *hamsg.Message // what clients sent to other nodes
	Logged chan hbapi.Log
	Remote func(query *hamsg.Message) *hamsg.Message // answers for other nodes; nil: never
	Stop   func()                                    // ends it before the test does

	view   *View
	core   *hbapi.Core
	server *hbapi.Server
	work   chan func()
	ctx    context.Context
}

// Access lets the user who runs the test sign on by any name.
func Access() hbapi.Access {
	me := []uint32{uint32(os.Geteuid())}
	return hbapi.Access{{Client: "anon", UIDs: me}, {Client: "default", UIDs: me}}
}

// Start starts a daemon that lets the test's user in.
func Start(t testing.TB, view *View) *Daemon { return StartAccess(t, view, Access()) }

// StartAccess starts a daemon with an access list of the test's choice.
func StartAccess(t testing.TB, view *View, access hbapi.Access) *Daemon {
	t.Helper()
	d := &Daemon{
		Socket: filepath.Join(t.TempDir(), "register"),
		Sent:   make(chan *hamsg.Message, 100),
		Logged: make(chan hbapi.Log, 1000),
		view:   view,
		work:   make(chan func()),
	}
	d.core = hbapi.NewCore(hbapi.Config{Version: Version, Keepalive: view.Keepalive, Deadtime: 5 * time.Second,
		LogFacility: -1, Access: access, DaemonUID: uint32(os.Geteuid())})
	var err error
	if d.server, err = hbapi.Listen(d.Socket); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	d.ctx = ctx
	var running sync.WaitGroup
	running.Go(func() {
		d.server.Serve(ctx, func(e hbapi.Event) { d.post(func() { d.perform(d.core.Step(view, e)) }) })
	})
	running.Go(d.loop)
	d.Stop = func() { cancel(); running.Wait() }
	t.Cleanup(d.Stop)
	return d
}

func (d *Daemon) loop() {
	for {
		select {
		case f := <-d.work:
			f()
		case <-d.ctx.Done():
			return
		}
	}
}

func (d *Daemon) post(f func()) {
	select {
	case d.work <- f:
	case <-d.ctx.Done():
	}
}

// Do runs f in the daemon's loop, where it may change the view.
func (d *Daemon) Do(f func(*View)) {
	done := make(chan struct{})
	d.post(func() { f(d.view); close(done) })
	select {
	case <-done:
	case <-d.ctx.Done():
	}
}

// Tell delivers a message of the cluster.
func (d *Daemon) Tell(m *hamsg.Message) {
	d.post(func() { d.perform(d.core.Deliver(hbapi.Keep, m)) })
}

// Died tells that a process started by the daemon has ended.
func (d *Daemon) Died(pid int) { d.post(func() { d.perform(d.core.Died(pid)) }) }

func (d *Daemon) perform(effects []hbapi.Effect) {
	for _, e := range effects {
		if d.server.Do(e) {
			continue
		}
		switch e := e.(type) {
		case hbapi.Broadcast:
			d.cluster(e.Msg)
		case hbapi.ClusterNote:
			d.cluster(e.Msg)
		case hbapi.QueryClientStatus:
			d.query(e.Msg)
		case hbapi.Log:
			select {
			case d.Logged <- e:
			default:
			}
		}
	}
}

// cluster sends a message and delivers the copy that comes back.
func (d *Daemon) cluster(m *hamsg.Message) {
	dest := m.Get("dest")
	m.Set("src", Node)
	if dest != Node {
		select {
		case d.Sent <- m.Clone():
		default:
		}
	}
	if dest != "" && dest != Node {
		return
	}
	if answer, ok := d.core.AnswerQuery(m); ok && m.Type() == "query-cstatus" {
		d.cluster(answer)
	}
	d.perform(d.core.Deliver(hbapi.Keep, m))
}

func (d *Daemon) query(m *hamsg.Message) {
	m.Set("src", Node)
	if d.Remote == nil {
		return
	}
	if answer := d.Remote(m); answer != nil {
		d.perform(d.core.Deliver(hbapi.Keep, answer))
	}
}
