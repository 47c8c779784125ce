package main

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"

	"systole/compat/lab"
)

// step is a part of the walk. Do returns what went wrong.
type step struct {
	name string
	do   func(*demo, context.Context) error
}

func steps() []step {
	return []step{
		{"start heartbeat on both", (*demo).startBoth},
		{"clients ask the service", (*demo).firstClients},
		{"web1 dies", (*demo).webDies},
		{"web1 returns", (*demo).webReturns},
		{"stop heartbeat on the active", (*demo).stopActive},
		{"start it again: failback", (*demo).startActive},
		{"the active loses the ping node", (*demo).loseGateway},
		{"the ping node answers again", (*demo).findGateway},
		{"power cut of the active", (*demo).powerCut},
	}
}

// outcome is a step that was done.
type outcome struct {
	name     string
	from, to time.Time
	err      error // what went wrong
}

// patience is how long the demo waits for one thing. Times are not judged; this
// only ends a wait that would be for ever. It is ample for the original in
// User-Mode Linux.
const patience = 90 * time.Second

// walk does all steps, also those after one that went wrong. The error is not a
// step's: the walk was interrupted.
func (d *demo) walk(ctx context.Context) ([]outcome, error) {
	var done []outcome
	for i, s := range steps() {
		d.out.head(i+1, s.name)
		o := outcome{name: s.name, from: time.Now()}
		o.err = s.do(d, ctx)
		o.to = time.Now()
		if ctx.Err() != nil {
			return done, errInterrupted
		}
		if o.err != nil {
			d.out.wrong(o.err)
			d.lastLines()
		}
		done = append(done, o)
	}
	return done, nil
}

func (d *demo) startBoth(ctx context.Context) error {
	marks := d.marks()
	var g errgroup.Group
	for _, h := range []*lab.Host{d.active, d.standby} {
		g.Go(func() error { return d.run(ctx, h, "service", "heartbeat", "start") })
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return inTurn(
		func() error { return d.inService(ctx, d.active, d.standby) },
		func() error { return d.logged(ctx, marks, d.active, `Initial resource acquisition complete`) },
		func() error { return d.showAddrs(ctx) },
		func() error { return d.run(ctx, d.active, "ipvsadm", "-Ln") },
	)
}

func (d *demo) firstClients(ctx context.Context) error {
	d.clients.start()
	d.out.note("%d client addresses ask http://%s/gunnm.lvs every %s", clientAddrs, service.Addr(), d.clients.every)
	return d.bothAnswer(ctx)
}

func (d *demo) webDies(ctx context.Context) error {
	d.out.command("web1", "kill -9 httpd")
	if err := d.server.Signal(unix.SIGKILL); err != nil {
		return err
	}
	d.out.waits("for ldirectord's next check (checkinterval 10)")
	return inTurn(
		func() error { return d.table(ctx, d.active, web2) },
		func() error { return d.answered(ctx) },
		func() error { return d.run(ctx, d.active, "ipvsadm", "-Ln") },
	)
}

func (d *demo) webReturns(ctx context.Context) error {
	d.out.command("web1", "httpd")
	var err error
	if d.server, err = d.serve(ctx, d.web1); err != nil {
		return err
	}
	d.out.waits("for ldirectord's next check (checkinterval 10)")
	if err := d.table(ctx, d.active, web1, web2); err != nil {
		return err
	}
	d.out.note("clients stay with web2 all the same: the service is persistent=3600")
	return d.answered(ctx)
}

func (d *demo) stopActive(ctx context.Context) error {
	marks := d.marks()
	return inTurn(
		func() error { return d.run(ctx, d.active, "service", "heartbeat", "stop") },
		func() error { return d.inService(ctx, d.standby, d.active) },
		func() error { return d.bothAnswer(ctx) },
		func() error { return d.logged(ctx, marks, d.standby, `mach_down takeover complete\.`) },
		func() error { return d.showAddrs(ctx) },
	)
}

func (d *demo) startActive(ctx context.Context) error {
	marks := d.marks()
	return inTurn(
		func() error { return d.run(ctx, d.active, "service", "heartbeat", "start") },
		func() error { return d.inService(ctx, d.active, d.standby) },
		func() error { return d.answered(ctx) },
		func() error { return d.logged(ctx, marks, d.standby, `Other node completed standby takeover`) },
	)
}

func (d *demo) loseGateway(ctx context.Context) error {
	marks := d.marks()
	if err := d.active.Deafen("eth0", d.gateway); err != nil {
		return err
	}
	d.out.note("%s hears nothing from %s any more: no echo replies, and no clients", active.short(), gateway.Addr())
	d.out.waits("until it takes the ping node for dead (deadtime 10), then ipfail acts")
	return inTurn(
		func() error { return d.inService(ctx, d.standby, d.active) },
		func() error { return d.answered(ctx) },
		func() error { return d.logged(ctx, marks, d.active, `Other node completed standby takeover`) },
	)
}

func (d *demo) findGateway(ctx context.Context) error {
	marks := d.marks()
	if err := d.active.Heal("eth0"); err != nil {
		return err
	}
	d.out.note("%s hears %s again", active.short(), gateway.Addr())
	return inTurn(
		func() error { return d.inService(ctx, d.active, d.standby) },
		func() error { return d.answered(ctx) },
		func() error { return d.logged(ctx, marks, d.standby, `Other node completed standby takeover`) },
	)
}

func (d *demo) powerCut(ctx context.Context) error {
	marks := d.marks()
	d.active.Kill()
	d.out.note("%s is off", active.short())
	d.out.waits("until the standby takes it for dead (deadtime 10)")
	return inTurn(
		func() error { return d.inService(ctx, d.standby, d.active) },
		func() error { return d.answered(ctx) },
		func() error { return d.logged(ctx, marks, d.standby, `mach_down takeover complete\.`) },
		func() error { return d.run(ctx, d.standby, "ipvsadm", "-Ln") },
	)
}

// inTurn does one thing after the other until one goes wrong.
func inTurn(things ...func() error) error {
	for _, do := range things {
		if err := do(); err != nil {
			return err
		}
	}
	return nil
}
