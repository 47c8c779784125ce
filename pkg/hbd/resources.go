package hbd

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"systole/pkg/agent"
	"systole/pkg/cluster"
	"systole/pkg/halog"
	"systole/pkg/hamsg"
	"systole/pkg/haresources"
	"systole/pkg/netif"
	"systole/pkg/resmgr"
)

// resources does the jobs of the machine, one after the other, with ResourceManager's means.
type resources struct {
	d      *beatDaemon
	net    *netif.Handle
	runner *agent.Runner
	harc   resmgr.Harc

	scripted map[string]bool // message types that are handed to scripts

	preparing bool // the job in hand starts groups beside their holder
}

// newResources makes the worker's tools. What it logs looks as if scripts had written it.
func newResources(d *beatDaemon) (*resources, error) {
	net, err := netif.Open()
	if err != nil {
		return nil, fmt.Errorf("netlink: %w", err)
	}
	r := &resources{d: d, net: net}
	logs := func(name, instance string) agent.Log {
		return scriptLog{d.log.Script(halog.ScriptTag(name, instance, os.Getpid()), d.debug.Load() > 0), d}
	}
	r.runner = agent.New(net, logs)
	r.runner.Dirs = []string{d.paths.HADir + "resource.d", d.paths.InitDir}
	r.runner.Env = agent.ScriptEnv(d.environ)
	r.runner.DebugLog = d.logs.Debugfile
	r.runner.Ran = d.ran
	if r.runner.Announce.Claimed = r.claimed; d.cfg.Systole.NoAnnounce {
		r.runner.Announce = agent.Announcing{}
	}
	mgr := resmgr.New(r.runner, d.cfg.Node, logs, resmgr.Effects{Standby: r.standbyLater, Reboot: rebootNow})
	mgr.File = d.paths.HADir + "haresources"
	mgr.Foreign = d.cfg.Systole.NoFailedKind
	if n, err := strconv.Atoi(os.Getenv("HA_STOPRETRYMAX")); err == nil {
		mgr.StopRetries = n
	}
	r.harc = resmgr.Harc{Manager: mgr, Dir: d.paths.File("rc.d")}
	r.scripted = scripted(&r.harc)
	return r, nil
}

// scripted lists the message types that have a script when the daemon starts (failover spec 1):
// about others nothing is said. Without those named here no group is ever taken, so that their
// absence must not pass in silence.
func scripted(h *resmgr.Harc) map[string]bool {
	types := map[string]bool{"status": true, "ip-request": true, "ip-request-resp": true}
	for _, kind := range h.Types() {
		types[kind] = true
	}
	return types
}

// Close ends the announcing of addresses.
func (r *resources) Close() {
	r.runner.Close()
	r.net.Close()
}

// work does jobs until this life ends.
func (d *beatDaemon) work() {
	for {
		select {
		case <-d.ctx.Done():
			return
		case job := <-d.jobs:
			msgs, code := d.resources.do(d.ctx, job)
			for _, msg := range msgs {
				d.post(d.ctx, func() { d.step(cluster.Local{Msg: msg}) })
			}
			d.post(d.ctx, func() { d.step(cluster.JobDone{ID: job.ID, Code: code}) })
		}
	}
}

// do does one job and returns the messages that it sends, and its exit code.
func (r *resources) do(ctx context.Context, job cluster.Job) (msgs []*hamsg.Message, code int) {
	linger(ctx, job.Linger)
	r.harc.Shared, r.harc.Probe = job.Shared, job.Probe
	r.runner.Env = r.environment(job)
	switch job.Kind {
	case cluster.JobRequestOwn:
		return r.requestOwn(ctx, job), 0
	case cluster.JobPrepare, cluster.JobPrepareStop:
		return nil, r.prepare(ctx, job.What)
	case cluster.JobAcquire:
		r.each(ctx, job.What, "acquire %s HA resources (standby).", "%s HA resource acquisition completed (standby).", r.take)
	case cluster.JobRelease:
		r.each(ctx, job.What, "give up %s HA resources (standby).", "%s HA resource release completed (standby).", r.give)
	case cluster.JobGiveUpAll:
		r.giveUpAll(ctx)
	case cluster.JobScript:
		if !r.scripted[job.Script.Type()] {
			return nil, 0
		}
		return r.harc.Handle(ctx, job.Script, resmgr.Context{Nice: job.NiceFailback, Status: job.Status}), 0
	}
	return nil, 0
}

func linger(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// environment is what scripts of a job get besides the usual.
func (r *resources) environment(job cluster.Job) []string {
	env := agent.ScriptEnv(r.d.environ)
	if job.NiceFailback {
		env = append(env, "HA_NICEFAILBACK=yes")
	}
	if job.DontAsk {
		env = append(env, "HA_DONTASK=yes")
	}
	return append(env, resmgr.SharedEnv(job.Shared)...)
}

// requestOwn asks for each of our groups (failover spec 8, req_our_resources).
func (r *resources) requestOwn(ctx context.Context, job cluster.Job) []*hamsg.Message {
	keys := r.harc.ListKeys(r.d.cfg.Node)
	if len(keys) == 0 {
		r.d.log.Log(halog.Info, fmt.Sprintf("No local resources [%s/ResourceManager listkeys %s] to acquire.",
			r.d.paths.ShareDir, r.d.cfg.Node))
		return nil
	}
	var msgs []*hamsg.Message
	for _, key := range keys {
		msgs = append(msgs, r.harc.Request(ctx, key, !job.NiceFailback && !job.DontAsk)...)
	}
	r.d.log.Log(halog.Info, "Local Resource acquisition completed.")
	return msgs
}

// prepare takes the groups of a kind that may run here and on the peer for a moment, and says
// whether all of them started.
func (r *resources) prepare(ctx context.Context, what cluster.Hold) (code int) {
	r.preparing = true
	defer func() { r.preparing = false }()
	for _, key := range r.harc.Keys(what.String()) {
		if r.mayOverlap(key) && !r.harc.Take(ctx, key) {
			code = 1
		}
	}
	return code
}

func (r *resources) mayOverlap(key string) bool {
	groups, err := r.harc.Groups()
	if err != nil {
		return false
	}
	g, ok := haresources.FindGroup(groups, key)
	for _, res := range g.Resources {
		ok = ok && r.runner.MayOverlap(res.Name, res.Args...)
	}
	return ok
}

// adopt looks at everything that a former life has left running, so that it is announced on.
func (r *resources) adopt(hold cluster.Hold) {
	groups, err := r.harc.Groups()
	if err != nil {
		return
	}
	for _, key := range r.harc.Keys(hold.String()) {
		g, _ := haresources.FindGroup(groups, key)
		for _, res := range g.Resources {
			if r.runner.IsNative(res.Name) {
				r.harc.Status(r.d.ctx, res.Word)
			}
		}
	}
}

func (r *resources) take(ctx context.Context, key string) { r.harc.Take(ctx, key) }
func (r *resources) give(ctx context.Context, key string) { r.harc.Give(ctx, key) }

// each does something with every group of a kind, between two lines of the log.
func (r *resources) each(ctx context.Context, what cluster.Hold, before, after string, do func(context.Context, string)) {
	r.d.log.Logf(halog.Info, before, what)
	for _, key := range r.harc.Keys(what.String()) {
		do(ctx, key)
	}
	r.d.log.Logf(halog.Info, after, what)
}

func (r *resources) giveUpAll(ctx context.Context) {
	r.d.log.Log(halog.Info, "Giving up all HA resources.")
	for _, key := range r.harc.AllKeys() {
		r.give(ctx, key)
	}
	r.d.log.Log(halog.Info, "All HA resources relinquished.")
}

// standbyLater hands over what holds a group that could not be started, half a minute later as
// the original does.
func (r *resources) standbyLater(what, resource string) {
	if r.preparing {
		return // the holder keeps what we could not start
	}
	d := r.d
	d.workers.Go(func() {
		select {
		case <-d.ctx.Done():
		case <-time.After(resmgr.StandbyDelay):
			if msg, ok := r.harc.Standby(what); ok {
				msg.Add(cluster.FieldWhy, cluster.WhyFailed+resource)
				d.post(d.ctx, func() { d.step(cluster.Local{Msg: msg}) })
			}
		}
	})
}

// claimed is told when another machine claims an address that we announce.
// While a peer takes over by agreement it may claim what we still hold.
func (r *resources) claimed(c agent.Claim) {
	d := r.d
	d.post(d.ctx, func() {
		if d.machine.HandingOver() {
			return
		}
		d.log.Logf(halog.Error, "Duplicate address: %s claims %s, which is held here on %s", c.MAC, c.IP, c.Interface)
		r.runner.Again(c.IP)
	})
}

// Announce tells the network again of every address that we hold.
func (r *resources) Announce() {
	if !r.d.cfg.Systole.NoAnnounce {
		r.runner.Again(netip.Addr{})
	}
}

// rebootNow brings this machine down because a resource cannot be stopped: the peer may start it
// only when we are gone. It returns only if nothing worked; then at least our heartbeats end.
func rebootNow() error {
	err := unix.Reboot(unix.LINUX_REBOOT_CMD_RESTART)
	for _, command := range [][]string{{"/sbin/reboot", "-nf"}, {"/sbin/init", "6"}} {
		if exec.Command(command[0], command[1:]...).Run() == nil {
			return nil
		}
	}
	return err
}
