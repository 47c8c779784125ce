package ldird

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"time"

	"systole/pkg/check"
	"systole/pkg/connector"
	"systole/pkg/diag"
	"systole/pkg/director"
	"systole/pkg/findings/source"
	"systole/pkg/ipvs"
	"systole/pkg/ldirectorcf"
)

const (
	kernelLimit = 30 * time.Second // of one read or one batch of changes
	shellLimit  = 60 * time.Second // of a callback or fallback command; the original waits for ever
)

// do carries out an action. None of the cases blocks.
func (d *daemon) do(a director.Action) {
	switch a := a.(type) {
	case director.Log:
		d.p.log.line(a.Text)
		d.story.logged(time.Now(), a.Text)
		return
	case director.Monitor:
		d.p.log.monitors.add(a.File, a.Text)
	case director.ReadTable, director.Apply:
		d.kernel <- a
	case director.StartCheck:
		d.startCheck(a)
	case director.CancelCheck:
		if r := d.checks[a.ID]; r.seq == a.Seq && r.cancel != nil {
			r.cancel()
		}
	case director.Mail:
		d.mail.add(a)
	case director.RunFallbackCommand:
		d.shells.run(a.Service+" "+a.Protocol, a.Line())
	case director.Callback:
		d.callback(a)
	case director.RunInstance:
		d.instances.Go(d.shells.after("instance "+a.Name, func() { d.instance(a) }))
	case director.KeepOrders:
		d.orders.keep(a.Orders)
	case director.Instructed:
		d.answer(a)
	case director.LoadConfig:
		go d.loadConfig()
	case director.Ready:
		go d.ready(a.Problems)
	case director.Exit:
		d.ended, d.code, d.text = true, a.Code, a.Text
	}
	d.p.log.trace(a)
}

// ready lets start return, when the log has all that was said until now.
func (d *daemon) ready(problems []string) {
	d.p.log.flush()
	d.ask(func() { report(0, strings.Join(problems, "\n")) })
}

// serveKernel talks to the kernel: the machine asks one thing at a time.
func (d *daemon) serveKernel() {
	var k Kernel
	defer func() {
		if k != nil {
			_ = k.Close()
		}
	}()
	for {
		select {
		case <-d.ctx.Done():
			return
		case a := <-d.kernel:
			d.send(d.askKernel(&k, a))
		case answer := <-d.counts:
			answer <- d.readCounters(k)
		}
	}
}

func (d *daemon) askKernel(k *Kernel, a director.Action) director.Event {
	ctx, cancel := context.WithTimeout(d.ctx, kernelLimit)
	defer cancel()
	if *k == nil {
		opened, err := d.p.Open(ctx)
		if err != nil {
			return director.TableRead{Err: err}
		}
		*k = opened
	}
	if apply, ok := a.(director.Apply); ok {
		errs := (*k).Apply(ctx, apply.Changes)
		for i, c := range apply.Changes {
			errs[i] = withoutChange(errs[i], c)
		}
		return director.Applied{Errs: errs}
	}
	table, err := (*k).Read(ctx)
	return director.TableRead{Table: table, Err: err}
}

// withoutChange removes the change from the front of an error's text: the log line has it already.
func withoutChange(err error, c ipvs.Change) error {
	if err == nil {
		return nil
	}
	return shortError{err, strings.TrimPrefix(err.Error(), c.String()+": ")}
}

type shortError struct {
	error
	text string
}

func (e shortError) Error() string { return e.text }
func (e shortError) Unwrap() error { return e.error }

// startCheck runs a check beside the loop. The machine never asks for a second one of the same
// identity before the first is over.
func (d *daemon) startCheck(a director.StartCheck) {
	t, ok := d.targets[a.ID]
	if !ok {
		var err error
		if t, err = d.prepare.New(a.Virtual, a.Real); err != nil {
			go d.send(director.CheckResult{ID: a.ID, Seq: a.Seq, Message: err.Error()})
			return
		}
		d.targets[a.ID] = t
	}
	t.Kind = a.Kind
	if to, only := t.Connection(); only && !a.Virtual.PathCheck {
		d.connect(a, to)
		return
	}
	ctx, cancel := context.WithTimeout(d.ctx, a.Limit)
	d.checks[a.ID] = running{a.Seq, cancel}
	go func() {
		defer cancel()
		began := time.Now()
		path := d.walk(ctx, a)
		r := check.Run(ctx, d.env, t)
		took := time.Since(began)
		ev := director.CheckResult{ID: a.ID, Seq: a.Seq, Up: r.Up, Message: r.Message, Logs: r.Logs, Path: path(r.Up)}
		d.checked(ev, took, ctx.Err())
	}()
}

// connect runs a check that is a connection and nothing more. There may be thousands a second.
func (d *daemon) connect(a director.StartCheck, to netip.AddrPort) {
	attempt := &connector.Attempt{To: to, Limit: a.Limit, Done: func(took time.Duration, err error) {
		d.checked(director.CheckResult{ID: a.ID, Seq: a.Seq, Up: err == nil}, took, err)
	}}
	d.checks[a.ID] = running{a.Seq, func() { d.env.Connector.Cancel(attempt) }}
	d.env.Connector.Begin(attempt)
}

// checked has the loop take the outcome of a check. One that was cancelled tells nothing of the server.
func (d *daemon) checked(ev director.CheckResult, took time.Duration, ended error) {
	at, cancelled := time.Now(), errors.Is(ended, context.Canceled)
	d.ask(func() {
		if !cancelled {
			d.story.checked(ev, at, took)
		}
		d.step(ev)
	})
}

// loadConfig reads the file again. Names are looked up in it, so it may take a while.
func (d *daemon) loadConfig() {
	cf, diags := readConfig(d.path, d.p.hostname)
	for i := range diags {
		diags[i].File = d.p.path
	}
	ev := director.Reloaded{Lines: lines(diags, os.Getpid())}
	if !diag.Failed(diags) {
		cf.Path = d.p.path
		ev.Config = cf
		d.maint.use(cf)
		d.send(d.maint.look())
	}
	d.send(ev)
	if ev.Config == nil {
		return
	}
	for _, text := range source.Director(d.path) { // reads it all again: no reload waits for advice
		d.ask(func() { d.do(director.Log{Text: text}) })
	}
}

// adopt follows a new configuration with everything that is not the machine's.
func (d *daemon) adopt(cf *ldirectorcf.Config) {
	d.targets, d.prepare = map[string]check.Target{}, check.Targets{}
	fitRuntime(cf)
	d.pace = paceOf(cf)
	d.story.adopt(cf)
	d.usePaths(cf)
	d.useObservers(cf.Global)
	d.watch.forget()
	d.p.log.to(cf.Global)
}

// callback runs the command if it is executable, as the original does.
func (d *daemon) callback(a director.Callback) {
	st, err := os.Stat(a.Command)
	if err != nil || !st.Mode().IsRegular() || st.Mode()&0o111 == 0 {
		return
	}
	d.shells.run("callback", a.Command+" "+a.Path)
}

func (d *daemon) instance(a director.RunInstance) {
	code := d.p.runInstance(a.Name, a.Word, nil, nil)
	if a.Word == "reload" && code != 0 {
		d.p.runInstance(a.Name, "start", nil, nil)
	}
}

// shells runs commands beside the loop, those of one key one after another.
type shells struct{ last map[string]chan struct{} }

// run starts a command. It outlives the daemon if need be.
func (s *shells) run(key, line string) {
	go s.after(key, func() {
		ctx, cancel := context.WithTimeout(context.Background(), shellLimit)
		defer cancel()
		cmd := exec.CommandContext(ctx, "/bin/sh", "-c", line)
		cmd.WaitDelay = time.Second
		_ = cmd.Run()
	})()
}

// after returns a function that does f when all earlier ones of the key are done.
func (s *shells) after(key string, f func()) func() {
	if s.last == nil {
		s.last = map[string]chan struct{}{}
	}
	before, done := s.last[key], make(chan struct{})
	s.last[key] = done
	return func() {
		defer close(done)
		if before != nil {
			<-before
		}
		f()
	}
}
