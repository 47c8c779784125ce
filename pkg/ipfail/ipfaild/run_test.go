package ipfaild

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"systole/pkg/halog"
	"systole/pkg/hamsg"
	"systole/pkg/hbapi"
	"systole/pkg/hbapi/apitest"
)

// patience bounds the wait for something that comes at once.
const patience = 10 * time.Second

// world is an ipfail at a daemon.
type world struct {
	t      *testing.T
	daemon *apitest.Daemon
	log    chan string
	exit   chan int
	stop   context.CancelFunc
}

func startWorld(t *testing.T, view *apitest.View) *world {
	w := &world{t: t, daemon: apitest.Start(t, view), log: make(chan string, 1000), exit: make(chan int, 1)}
	w.run(w.daemon.Socket)
	return w
}

func (w *world) run(socket string) {
	ctx, cancel := context.WithCancel(context.Background())
	w.stop = cancel
	w.t.Cleanup(cancel)
	go func() {
		w.exit <- run(ctx, socket, func(level halog.Level, text string) { w.log <- string(level) + ": " + text })
	}()
}

func (w *world) logged(text string) {
	w.t.Helper()
	timeout := time.After(patience)
	for {
		select {
		case line := <-w.log:
			if line == text {
				return
			}
		case <-timeout:
			w.t.Fatalf("never logged: %s", text)
		}
	}
}

func (w *world) sent(want string) {
	w.t.Helper()
	timeout := time.After(patience)
	for {
		select {
		case m := <-w.daemon.Sent:
			if got := m.Type() + " " + m.Get("dest") + m.Get("rsc_hold") + m.Get("num_ping"); got == want {
				return
			}
		case <-timeout:
			w.t.Fatalf("never sent: %s", want)
		}
	}
}

func (w *world) ended(code int) {
	w.t.Helper()
	select {
	case got := <-w.exit:
		if got != code {
			w.t.Errorf("exit %d, want %d", got, code)
		}
	case <-time.After(patience):
		w.t.Fatal("does not end")
	}
}

func quick() *apitest.View {
	v := apitest.Pair()
	v.Keepalive = 10 * time.Millisecond
	return v
}

func fromPeer(kind string, fields ...string) *hamsg.Message {
	m := hamsg.New("t", kind, "src", apitest.Peer, "dest", apitest.Node, "from_id", "ipfail", "to_id", "ipfail")
	m.Fields = append(m.Fields, hamsg.New(fields...).Fields...)
	return m
}

// TestPingLost: the ping node is lost, the peer still sees it: the resources are given up.
func TestPingLost(t *testing.T) {
	w := startWorld(t, quick())
	w.logged("debug: Waiting for messages...")
	w.daemon.Do(func(v *apitest.View) { v.Status(apitest.Ping, "dead") })
	w.daemon.Tell(hamsg.New("t", "status", "seq", "1", "ts", "1", "src", apitest.Ping, "st", "dead", "info", "ping"))
	w.daemon.Tell(hamsg.New("t", "ifstat", "node", apitest.Ping, "ifname", apitest.Ping, "st", "dead"))
	w.logged("info: Status update: Node 121.254.175.65 now has status dead")
	w.logged("info: NS: We are dead. :<")
	w.sent("num_ping_nodes lvsstandby.gunnm.xyz0")
	w.daemon.Tell(fromPeer("you_are_dead"))
	w.sent("ask_resources all")
	w.stop()
	w.ended(exitOK)
	left := false
	for !left {
		select {
		case m := <-w.daemon.Sent:
			left = m.Type() == "hbapi-clstat" && m.Get("st") == "leave" && m.Get("info") == "signoff"
		case <-time.After(patience):
			t.Fatal("left without a word")
		}
	}
}

// TestAbort: a giveup is called off by the peer before its time.
func TestAbort(t *testing.T) {
	view := apitest.Pair()
	view.Keepalive = time.Hour
	w := startWorld(t, view)
	w.logged("debug: Waiting for messages...")
	w.daemon.Tell(fromPeer("you_are_dead"))
	w.logged("info: Delayed giveup in 7200 seconds.")
	w.daemon.Tell(fromPeer("num_ping_nodes", "num_ping", "1"))
	w.sent("abort_giveup lvsstandby.gunnm.xyz")
	w.logged("info: Aborted delayed giveup (3)")
}

func TestExitForGood(t *testing.T) {
	view := quick()
	view.Params["auto_failback"] = "legacy"
	w := startWorld(t, view)
	w.logged("ERROR: auto_failback set to incompatible legacy option.")
	w.ended(100)
}

func TestNoDaemon(t *testing.T) {
	w := &world{t: t, log: make(chan string, 10), exit: make(chan int, 1)}
	w.run(filepath.Join(t.TempDir(), "register"))
	w.logged("ERROR: Cannot sign on with heartbeat")
	w.logged("ERROR: REASON: hb_api_signon: Can't initiate connection to heartbeat")
	w.ended(exitSignOn)
}

func TestRefused(t *testing.T) {
	w := &world{t: t, daemon: apitest.StartAccess(t, quick(), hbapi.Access{{Client: "ipfail"}}),
		log: make(chan string, 10), exit: make(chan int, 1)}
	w.run(w.daemon.Socket)
	w.logged("ERROR: REASON: client failed authorization")
	w.ended(exitSignOn)
}

// TestDaemonEnds: ipfail ends with the daemon and is to be started again.
func TestDaemonEnds(t *testing.T) {
	w := startWorld(t, quick())
	w.logged("debug: Waiting for messages...")
	w.daemon.Stop()
	w.ended(exitRequest)
}
