package hbd

import (
	"context"
	"os"
	"strings"
	"time"

	"systole/pkg/cluster"
	"systole/pkg/hamsg"
	"systole/pkg/medium"
)

// inbox is where everything that happens outside the loop comes in. Datagrams have a channel of
// their own, so that they are all read before a timer is believed.
type inbox struct {
	datagrams chan received
	work      chan func()
	signals   chan os.Signal
}

// received is a datagram that was authenticated by the reader of its medium.
type received struct {
	link int
	msg  *hamsg.Message
	at   time.Time
	ping bool
}

func newInbox() inbox {
	return inbox{datagrams: make(chan received, 256), work: make(chan func(), 64), signals: make(chan os.Signal, 8)}
}

// post hands the loop something to do, unless it has ended.
func (d *beatDaemon) post(ctx context.Context, do func()) {
	select {
	case d.in.work <- do:
	case <-ctx.Done():
	}
}

// loop runs the machine until it says Exit.
func (d *beatDaemon) loop(ctx context.Context) cluster.Exit {
	timer := time.NewTimer(0)
	defer timer.Stop()
	load := time.NewTicker(5 * time.Second)
	defer load.Stop()
	d.step(cluster.Load{Text: loadAverage()})
	d.step(cluster.Start{})
	for d.exit == nil {
		d.arm(timer)
		select {
		case r := <-d.in.datagrams:
			d.received(r)
		case do := <-d.in.work:
			do()
		case sig := <-d.in.signals:
			d.signal(sig)
		case <-load.C:
			d.step(cluster.Load{Text: loadAverage()})
		case <-timer.C:
			d.drain()
			d.step(cluster.Tick{})
		case <-ctx.Done():
			return cluster.Exit{}
		}
	}
	return *d.exit
}

// arm sets the timer to the machine's next deadline.
func (d *beatDaemon) arm(timer *time.Timer) {
	at, ok := d.machine.Next()
	if !ok {
		timer.Stop()
		return
	}
	timer.Reset(time.Until(at))
}

// drain reads every datagram that is waiting: a peer must not die of a late reader.
func (d *beatDaemon) drain() {
	for {
		select {
		case r := <-d.in.datagrams:
			d.received(r)
		default:
			return
		}
	}
}

func (d *beatDaemon) received(r received) {
	link := d.cfg.Media[r.link].Name()
	if r.ping {
		d.story.heard(d.cfg.AllNodes, link, link, r.at)
		d.step(cluster.PingReply{Link: r.link, Msg: r.msg, At: r.at})
		return
	}
	if r.msg.Type() == "status" {
		from := strings.ToLower(r.msg.Get("src"))
		d.story.heard(d.cfg.Nodes, from, link, r.at)
		d.story.sees(d.cfg.Nodes, from, r.msg)
	}
	d.step(cluster.Recv{Link: r.link, Msg: r.msg, At: r.at})
}

// step tells the machine and carries out its answer. Steps that an action sets off come after
// the actions before it.
func (d *beatDaemon) step(ev cluster.Event) {
	d.pending = append(d.pending, ev)
	if len(d.pending) > 1 {
		return // an outer step is carrying out actions and will see it
	}
	for len(d.pending) > 0 {
		now := time.Now()
		d.before(now, d.pending[0])
		var jobs []cluster.Action // after the lines of the step: what they log comes later
		for _, a := range d.machine.Step(now, d.pending[0]) {
			d.after(now, a)
			if _, job := a.(cluster.Run); job {
				jobs = append(jobs, a)
				continue
			}
			d.carryOut(a)
		}
		for _, a := range jobs {
			d.carryOut(a)
		}
		d.settled(now)
		d.pending = d.pending[1:]
	}
}

// accept authenticates a datagram in the goroutine of its medium and queues it for the loop.
// A full queue makes the reader wait and the kernel drop, which retransmission mends.
func (d *beatDaemon) accept(ctx context.Context, dg medium.Datagram) {
	msg, err := hamsg.Open(dg.Data, d.keys.Load())
	if err != nil {
		d.badPacket(dg, err)
		return
	}
	if d.losses.Load().loseReceived(msg) {
		return
	}
	ping := d.cfg.Media[dg.Link].IsPing()
	if ping && !d.ourPing(dg.Link, msg) {
		return
	}
	select {
	case d.in.datagrams <- received{dg.Link, msg, dg.At, ping}:
	case <-ctx.Done():
	}
}

// ourPing says whether the payload of an echo reply is one that we sent over this medium.
func (d *beatDaemon) ourPing(link int, msg *hamsg.Message) bool {
	return msg.Type() == "NS_st" && msg.Get("src") == d.cfg.Node && msg.Get("info") == string(d.cfg.Media[link].Kind)
}
