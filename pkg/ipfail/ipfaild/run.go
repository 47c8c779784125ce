// Package ipfaild is the program ipfail: the machine of package ipfail as a client of the daemon.
//
//	daemon ── status, ifstat, num_ping_nodes, … ──► hbapi.Client ──► ipfail.Machine
//	daemon ◄── nodelist, getrsc, ask_resources, … ── run ◄── actions ──┘
//
// The daemon starts it (respawn hacluster /usr/libexec/heartbeat/ipfail) and starts it again
// whenever it ends, unless with exit code 100. It logs where the daemon does, told by the
// environment, under its own name.
//
// One goroutine does everything: it waits for a message or for the machine's next deadline, and
// answers the machine's questions by asking the daemon.
package ipfaild

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"systole/pkg/halog"
	"systole/pkg/hbapi"
	"systole/pkg/ipfail"
)

// The exit codes. 1 and 100 are the original's; it has others for each way the API can fail.
const (
	exitOK      = 0
	exitSignOn  = 1
	exitRequest = 2 // the daemon refused a request or ended
)

// farewell is how long to wait for the daemon when signing off.
const farewell = time.Second

// drain is how long to look for messages when a deadline has passed already: one that came in time
// and calls a giveup off must win over its timer, also when this process was stalled.
const drain = time.Millisecond

// program is a running ipfail.
type program struct {
	log     hbapi.Logger
	client  *hbapi.Client
	machine ipfail.Machine
	exit    int // the machine wants to end with this code if done
	done    bool
}

// run signs on at the socket and works until the context ends, then signs off and returns 0, or
// until something fails.
func run(ctx context.Context, socket string, log hbapi.Logger) int {
	p := program{log: log}
	p.debugf("PID=%d", os.Getpid())
	p.debugf("Signing in with heartbeat")
	welcome, err := p.signOn(ctx, socket)
	if err != nil {
		if ctx.Err() != nil {
			return exitOK
		}
		log(halog.Error, "Cannot sign on with heartbeat")
		log(halog.Error, "REASON: "+reason(err))
		return exitSignOn
	}
	defer p.client.Close()
	if err = p.start(ctx, welcome); err == nil {
		err = p.serve(ctx)
	}
	switch {
	case ctx.Err() != nil:
		p.signOff()
		return exitOK
	case err != nil:
		log(halog.Warn, fmt.Sprintf("Lost heartbeat: %v", err))
		return exitRequest
	}
	p.signOff()
	return p.exit
}

func (p *program) debugf(format string, args ...any) {
	p.log(halog.Debug, fmt.Sprintf(format, args...))
}

func (p *program) signOn(ctx context.Context, socket string) (hbapi.Welcome, error) {
	client, err := hbapi.Dial(ctx, socket)
	if err != nil {
		return hbapi.Welcome{}, err
	}
	welcome, err := client.SignOn(ctx, ipfail.Client)
	if err != nil {
		return hbapi.Welcome{}, errors.Join(err, client.Close())
	}
	p.client = client
	return welcome, nil
}

// reason is why a sign-on failed in the original library's words.
func reason(err error) string {
	var refused *hbapi.RefusedError
	switch {
	case errors.Is(err, hbapi.ErrConnect):
		return string(hbapi.ErrConnect)
	case errors.As(err, &refused):
		return refused.Reason
	}
	return err.Error()
}

func (p *program) signOff() {
	ctx, cancel := context.WithTimeout(context.Background(), farewell)
	defer cancel()
	if err := p.client.SignOff(ctx); err != nil {
		p.debugf("signing off: %v", err)
	}
}

// start asks what the machine needs to know, in the order of the original.
func (p *program) start(ctx context.Context, w hbapi.Welcome) error {
	e := ipfail.SignedOn{Node: w.Node, Keepalive: w.Keepalive}
	_, err := p.client.ResourceState(ctx)
	var refused *hbapi.RequestError
	e.Managed = !errors.As(err, &refused)
	if err != nil && e.Managed {
		return err
	}
	if e.Failback, e.FailbackSet, err = p.client.Param(ctx, "auto_failback"); err != nil {
		return err
	}
	if err := p.client.SetFilter(ctx, hbapi.Keep); err != nil {
		return err
	}
	if e.Nodes, err = p.nodes(ctx); err != nil {
		return err
	}
	if err := p.client.SetSignal(ctx, 0); err != nil {
		return err
	}
	return p.step(ctx, e)
}

// serve waits for messages and deadlines until the machine, the context or the daemon ends it.
func (p *program) serve(ctx context.Context) error {
	for !p.done {
		e, err := p.next(ctx)
		if err != nil {
			return err
		}
		if e == nil {
			continue
		}
		if err := p.step(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// next waits for the next event, nil if a message is of no interest.
func (p *program) next(ctx context.Context) (ipfail.Event, error) {
	wait, cancel := ctx, context.CancelFunc(func() {})
	if due, ok := p.machine.Next(); ok {
		wait, cancel = context.WithDeadline(ctx, later(due, time.Now().Add(drain)))
	}
	defer cancel()
	m, err := p.client.Receive(wait)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, context.DeadlineExceeded):
		return ipfail.Tick{}, nil
	case err != nil:
		return nil, err
	}
	e, _ := ipfail.Heard(m)
	return e, nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// step steps the machine and does what it says.
func (p *program) step(ctx context.Context, e ipfail.Event) error {
	for _, a := range p.machine.Step(time.Now(), e) {
		if err := p.perform(ctx, a); err != nil {
			return err
		}
	}
	return nil
}

func (p *program) perform(ctx context.Context, a ipfail.Action) error {
	switch a := a.(type) {
	case ipfail.AskNodeList:
		nodes, err := p.nodes(ctx)
		if err != nil {
			return err
		}
		return p.step(ctx, ipfail.NodeList{Nodes: nodes})
	case ipfail.AskResources:
		state, err := p.client.ResourceState(ctx)
		if err != nil {
			return err
		}
		return p.step(ctx, ipfail.Resources{State: state})
	case ipfail.Send:
		return p.client.Send(ctx, a.Msg)
	case ipfail.Log:
		p.log(halog.Level(a.Level), a.Text)
	case ipfail.Exit:
		p.exit, p.done = a.Code, true
	}
	return nil
}

func (p *program) nodes(ctx context.Context) ([]ipfail.Node, error) {
	list, err := p.client.NodeList(ctx)
	nodes := make([]ipfail.Node, len(list))
	for i, n := range list {
		nodes[i] = ipfail.Node{Name: n.Name, Ping: n.Type == hbapi.PingNode, Status: n.Status}
	}
	return nodes, err
}
