package hbd

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"

	"systole/pkg/authkeys"
	"systole/pkg/cluster"
	"systole/pkg/hacf"
	"systole/pkg/halog"
	"systole/pkg/hamsg"
	"systole/pkg/haresources"
	"systole/pkg/hbapi"
	"systole/pkg/medium"
	"systole/pkg/proc"
)

// daemonTitle is the argv[0] of the daemon: what ps shows, and what scripts look for.
const daemonTitle = "heartbeat: master control process"

// daemonMark tells this program that it was started as the daemon.
const daemonMark = "SYSTOLE_HEARTBEAT_DAEMON"

// beatDaemon is one life of the daemon: every part, and what the loop keeps.
type beatDaemon struct {
	paths   Paths
	cfg     *hacf.Config
	logs    hacf.Logs
	account Account
	environ []string // of scripts and clients
	log     *halog.Daemon

	machine    *cluster.Machine
	keys       atomic.Pointer[authkeys.Keyring]
	media      []medium.Medium
	fifo       *hbapi.FIFO
	api        *hbapi.Server
	core       *hbapi.Core
	resources  *resources
	identities []identity
	files      fileTimes
	groups     []haresources.Group
	story      *chronicle

	ctx     context.Context // ends with the loop
	in      inbox
	jobs    chan cluster.Job
	workers sync.WaitGroup

	watchdog *proc.Watchdog
	realtime *proc.Realtime // nil: not wanted, or not to be had
	losses   atomic.Pointer[losses]
	debug    atomic.Int32 // level; SIGUSR1 and SIGUSR2 change it

	pending  []cluster.Event
	exit     *cluster.Exit
	lastSaid map[string]time.Time
	bad      complaints
}

// daemon is the life of the daemon, from its pid file to its exit code.
func (c *command) daemon(l loaded) int {
	if l.failed {
		c.report(l.lines)
		return refusal(l, exitNotConfigured)
	}
	// A small live heap that is collected early: the daemon allocates little.
	debug.SetGCPercent(50)
	d := &beatDaemon{paths: c.paths, cfg: l.cfg, logs: l.logs, account: lookupAccount(), in: newInbox(), groups: l.groups, story: newChronicle(l.cfg.Node),
		jobs: make(chan cluster.Job, 256), lastSaid: map[string]time.Time{}}
	d.log = newLog(d.logs, "heartbeat", nil)
	d.keys.Store(l.keys)
	d.debug.Store(int32(d.cfg.Debug + c.opts.set['d']))
	exit, err := d.live(c, l)
	if err != nil {
		d.log.Log(halog.Error, err.Error())
		closeLog(d.log)
		fmt.Fprintf(c.stderr, "%s: %v\n", c.program, err)
		proc.Ready(daemonMark, exitGeneric, fmt.Sprintf("%s: %v\n", c.program, err))
		proc.RemovePIDFile(c.paths.PIDFile)
		return exitGeneric
	}
	closeLog(d.log)
	if exit.Restart {
		return c.reincarnate(exit)
	}
	proc.RemovePIDFile(c.paths.PIDFile)
	return exitOK
}

// live makes every part, joins them, and runs the loop until the machine ends this life.
func (d *beatDaemon) live(c *command, l loaded) (exit cluster.Exit, err error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer d.workers.Wait()
	defer cancel()
	d.ctx = ctx
	d.files = timesOf(d.paths)

	d.limitCores()
	if err := d.claim(); err != nil {
		return exit, err
	}
	signal.Notify(d.in.signals, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGUSR2)
	signal.Ignore(syscall.SIGINT, syscall.SIGPIPE)
	defer signal.Stop(d.in.signals)
	d.log.Log(halog.Info, "heartbeat: version "+hacf.Version)

	d.readLosses()
	config, err := d.machineConfig(c, l)
	if err != nil {
		return exit, err
	}
	d.machine = cluster.New(config)
	if err := d.openFIFO(); err != nil {
		return exit, err
	}
	defer d.closeMedia()
	if err := d.openMedia(); err != nil {
		return exit, err
	}
	if err := d.openAPI(); err != nil {
		return exit, err
	}
	if d.resources, err = newResources(d); err != nil {
		return exit, err
	}
	defer d.resources.Close()
	if config.Resume != nil {
		d.resources.adopt(*config.Resume)
	}
	d.workers.Go(d.work)
	d.workers.Go(d.watchStonith)
	d.workers.Go(d.tellSystemd)
	d.openWatchdog()
	defer d.closeWatchdog()
	d.openState()
	defer d.openRecords()()
	defer d.openObservers()()

	proc.Ready(daemonMark, exitOK, "")
	daemon.SdNotify(false, daemon.SdNotifyReady)
	defer daemon.SdNotify(false, daemon.SdNotifyStopping)
	d.prioritise(c)
	return d.loop(ctx), nil
}

// claim makes the directories and takes the pid file.
func (d *beatDaemon) claim() error {
	syscall.Umask(0o022)
	if err := makeDirs(d.paths, d.account); err != nil {
		return err
	}
	if err := proc.TakePIDFile(d.paths.PIDFile, "heartbeat"); err != nil {
		return fmt.Errorf("cannot take pid file: %w", err)
	}
	return d.enterCores()
}

// machineConfig brings together what the machine has to know; the generation is on disk
// before anything is sent.
func (d *beatDaemon) machineConfig(c *command, l loaded) (cluster.Config, error) {
	cfg := d.cfg
	config := cluster.Config{Node: cfg.Node, PID: os.Getpid(), Nodes: cfg.Nodes, Keepalive: cfg.Keepalive,
		Deadtime: cfg.Deadtime, Warntime: cfg.Warntime, Initdead: cfg.Initdead, Deadping: cfg.Deadping,
		MaxRexmitDelay: cfg.MaxRexmitDelay, Failback: cfg.AutoFailback, HopFudge: cfg.HopFudge,
		NoResources: c.opts.has('M'), Resume: c.resume(), Groups: ownGroups(l.groups, cfg.Node),
		Options: cfg.Systole, Seed: randomSeed()}
	for _, m := range cfg.Media {
		link := cluster.Link{Name: m.Name()}
		if m.IsPing() {
			link.Ping = m.Node
		}
		config.Links = append(config.Links, link)
	}
	var err, err2, err3 error
	_, config.Stonith = d.stonithDevice()
	config.Clients, d.identities, err = clientConfigs(cfg)
	config.Generation, err2 = d.newGeneration()
	config.UUID, err3 = d.newUUID()
	d.environ = d.scriptEnvironment()
	return config, errors.Join(err, err2, err3)
}

func (d *beatDaemon) newGeneration() (uint64, error) {
	if d.cfg.GenMethodTime {
		return uint64(time.Now().Unix()), nil
	}
	gen, err := nextGeneration(d.paths.generation(), time.Now(), d.log.Log)
	if err == nil {
		d.log.Log(halog.Info, fmt.Sprintf("Heartbeat generation: %d", gen))
	}
	return gen, err
}

func (d *beatDaemon) newUUID() ([16]byte, error) {
	if d.cfg.UUIDFromName {
		uuid, seed := uuidFromName(d.cfg.Node)
		d.log.Log(halog.Info, fmt.Sprintf("seed is %d", seed))
		return uuid, nil
	}
	return ownUUID(d.paths.uuid(), d.log.Log)
}

func randomSeed() uint64 {
	var b [8]byte
	rand.Read(b[:])
	return binary.LittleEndian.Uint64(b[:])
}

func (d *beatDaemon) openFIFO() (err error) {
	if d.fifo, err = hbapi.OpenFIFO(d.paths.fifo(), d.log.Log); err != nil {
		return err
	}
	d.workers.Go(func() {
		d.fifo.Serve(d.ctx, func(msg *hamsg.Message) {
			d.post(d.ctx, func() { d.local(msg) })
		}, d.log.Log)
	})
	return nil
}

func (d *beatDaemon) openMedia() error {
	for i, m := range d.cfg.Media {
		open, err := medium.Open(d.ctx, m, i, func(dg medium.Datagram) { d.accept(d.ctx, dg) }, d.log.Log)
		if err != nil {
			return fmt.Errorf("make_io_childpair: cannot open %s %s: %w", m.Kind, m.Name(), err)
		}
		d.media = append(d.media, open)
	}
	return nil
}

func (d *beatDaemon) closeMedia() {
	for _, m := range d.media {
		m.Close()
	}
}

// openAPI opens the socket for clients at once. The original does so when communication is
// up; until then clients hear that the node is up and resources are in transition.
func (d *beatDaemon) openAPI() error {
	access, err := hbapi.ResolveAccess(d.cfg.APIAuth)
	if err != nil {
		d.log.Log(halog.Warn, fmt.Sprintf("apiauth: %v", err))
	}
	d.core = hbapi.NewCore(hbapi.Config{Version: longVersion, Keepalive: d.cfg.Keepalive, Deadtime: d.cfg.Deadtime, Access: access})
	if d.api, err = hbapi.Listen(d.paths.socket()); err != nil {
		return err
	}
	d.api.Netstring = !d.cfg.MsgFmtClassic
	d.workers.Go(func() {
		d.api.Serve(d.ctx, func(ev hbapi.Event) {
			d.post(d.ctx, func() { d.doAPI(d.core.Step(view{d}, ev)) })
		})
	})
	return nil
}

// reincarnate executes this program again under the same pid.
func (c *command) reincarnate(exit cluster.Exit) int {
	time.Sleep(exit.Pause)
	args := append([]string{daemonTitle, "-R"}, c.daemonArgs()...)
	if c.opts.has('f') {
		args = append(args, "-f")
	}
	if exit.KeepResources {
		args = append(args, "-C", exit.Hold.String())
	}
	err := syscall.Exec("/proc/self/exe", args, os.Environ())
	fmt.Fprintf(c.stderr, "restart: %v\n", err)
	return exitGeneric
}
