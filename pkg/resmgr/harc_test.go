package resmgr

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"systole/pkg/agent"
	"systole/pkg/hamsg"
)

// countdown returns logs that call end after so many lines.
func countdown(n *int, lines int, end func()) agent.Logs {
	return func(string, string) agent.Log {
		return logFunc(func(string) {
			if *n++; *n == lines {
				end()
			}
		})
	}
}

type logFunc func(string)

func (f logFunc) Log(text string) { f(text) }

// texts returns messages as their text lines.
func texts(messages []*hamsg.Message) []string {
	var all []string
	for _, m := range messages {
		all = append(all, strings.ReplaceAll(string(hamsg.AppendTextLines(nil, m)), "\n", " "))
	}
	return all
}

func (h *host) handle(nice bool, pairs ...string) []string {
	return texts(h.Handle(context.Background(), hamsg.New(pairs...), Context{Nice: nice, Status: "active"}))
}

func (h *host) harcLine(kind string) string {
	return fmt.Sprintf("harc(default): info: Running %s/%s %s", h.Dir, kind, kind)
}

// A node that died: its groups are taken over, the peer is told with auto_failback on or off.
func TestNodeDied(t *testing.T) {
	h := newHost(t)
	h.ship()
	h.service("a")
	h.service("b")
	h.haresources("other a::1", us+" b", "Other b::2")
	expect(t, "sent", h.handle(true, "t", "status", "st", "dead", "src", "other"),
		[]string{"t=resource rsc_hold=foreign info=mach_down "})
	expect(t, "starts", h.calls(), []string{"a 1 start", "b 2 start"})
	log := h.log.Take()
	log = slices.DeleteFunc(log, func(l string) bool { return strings.HasPrefix(l, "ResourceManager") })
	expect(t, "log", log, []string{
		h.harcLine("status"),
		"mach_down(default): info: Taking over resource group a::1",
		"mach_down(default): info: Taking over resource group b::2",
		"mach_down(default): info: /usr/share/heartbeat/mach_down: nice_failback: foreign resources acquired",
		"mach_down(default): info: mach_down takeover complete for node other.",
	})
	expect(t, "legacy", h.handle(false, "t", "status", "st", "dead", "src", "other"), []string(nil))
	log = h.log.Take()
	expect(t, "legacy log", log[len(log)-1], "mach_down(default): info: mach_down takeover complete for node other.")
}

// Other changes of status, other nodes: only harc is heard of.
func TestStatusWithoutTakeover(t *testing.T) {
	h := newHost(t)
	h.ship()
	h.service("a")
	h.haresources("other a", us+" b", "ping.gw a")
	for _, pairs := range [][]string{
		{"t", "status", "st", "active", "src", "other"},
		{"t", "status", "st", "dead", "src", strings.ToUpper(us)},
		{"t", "status", "st", "dead", "src", "ping.gw", "info", "ping"},
	} {
		expect(t, "sent", h.handle(true, pairs...), []string(nil))
		expect(t, "log", h.log.Take(), []string{h.harcLine("status")})
		expect(t, "calls", h.calls(), []string(nil))
	}
}

// Our own groups: the request is a message, its answer starts the group.
func TestRequest(t *testing.T) {
	h := newHost(t)
	h.ship()
	h.service("a")
	h.haresources(us + " a::1")
	ctx := context.Background()
	expect(t, "asked", texts(h.Request(ctx, "a::1", true)), []string{"t=ip-request ipaddr=a::1 "})
	sent := texts(h.Request(ctx, "a::1", false))
	expect(t, "own permission", sent, []string{"t=ip-request-resp dest=" + us + " ipaddr=a::1 weown=yes ok=OK "})
	h.log.Take()
	expect(t, "sent", h.handle(true, "t", "ip-request-resp", "dest", us, "ipaddr", "a::1", "weown", "yes", "ok", "OK"), []string(nil))
	expect(t, "starts", h.calls(), []string{"a 1 start"})
	expect(t, "log", h.log.Take()[:2], []string{h.harcLine("ip-request-resp"), "ip-request-resp(default): received ip-request-resp a::1 OK yes"})
	expect(t, "held", texts(h.Request(ctx, "a::1", false)), []string(nil))
	h.handle(true, "t", "ip-request-resp", "dest", us, "ipaddr", "a::1", "weown", "no", "ok", "no")
	expect(t, "refused", h.calls(), []string(nil))
}

// The peer asks, with auto_failback legacy: what we hold is given up.
func TestPeerAsks(t *testing.T) {
	h := newHost(t)
	h.ship()
	h.service("a")
	h.haresources("other a::1")
	write(t, h.Dir+"/local_giveip", "#!/bin/sh\necho \"give $HA_ipaddr\" >>"+h.dir+"/calls\n", 0o755)
	ask := func(src string) []string { return h.handle(false, "t", "ip-request", "src", src, "ipaddr", "a::1") }
	expect(t, "not held", ask("other"), []string{"t=ip-request-resp dest=other ipaddr=a::1 weown=no ok=OK "})
	h.Take(context.Background(), "a::1")
	h.calls()
	expect(t, "ourselves", ask(us), []string(nil))
	expect(t, "held", ask("other"), []string{"t=ip-request-resp dest=other ipaddr=a::1 weown=yes ok=OK "})
	expect(t, "calls", h.calls(), []string{"give a::1", "a 1 stop"})
}

func TestHbTakeover(t *testing.T) {
	h := newHost(t)
	h.ship()
	for what, want := range map[string]string{
		"all": "all", "local": "foreign", "foreign": "local", "failback": "all",
	} {
		sent := h.handle(true, "t", "hb_takeover", "src", "other", "rsc_hold", what)
		expect(t, what, sent, []string{"t=ask_resources rsc_hold=" + want + " info=me "})
		expect(t, "log", h.log.Take(), []string{h.harcLine("hb_takeover"), "hb_standby(default): Going standby [" + want + "]."})
	}
	expect(t, "our own", h.handle(true, "t", "hb_takeover", "src", us, "rsc_hold", "all"), []string(nil))
	expect(t, "nonsense", h.handle(true, "t", "hb_takeover", "src", "other", "rsc_hold", "x\ny"), []string(nil))
	expect(t, "standby", h.handle(true, "t", "ask_resources", "src", "other"), []string(nil))
}

// A script that is not as shipped is executed, with the message in its environment.
func TestForeignScript(t *testing.T) {
	h := newHost(t)
	h.ship()
	h.Runner.Env = []string{"PATH=/usr/bin:/bin", "HA_CURHOST=" + us}
	write(t, h.Dir+"/status", "#!/bin/sh\necho \"$1 st=$HA_st src=$HA_src nice=$HA_NICEFAILBACK own=$HA_OSTATUS node=$HA_CURHOST bad=$(env | grep -c 'odd')\"\n", 0o755)
	write(t, h.Dir+"/mytype", "#!/bin/sh\necho mine\nexit 3\n", 0o755)
	msg := hamsg.New("t", "status", "st", "dead", "src", "other", "CURHOST", "evil", "odd name", "odd", "z\x00", "odd")
	h.Handle(context.Background(), msg, Context{Nice: true, Status: "active"})
	h.handle(false, "t", "mytype")
	expect(t, "output", h.debugText(t), "status st=dead src=other nice=yes own=active node="+us+" bad=0\nmine\n")
	expect(t, "log", h.log.Take(), []string{h.harcLine("status"), h.harcLine("mytype"),
		"harc(default): ERROR: " + h.Dir + "/mytype exited with return code 3"})
	expect(t, "types", h.Types(), []string{"ask_resources", "hb_takeover", "ip-request", "ip-request-resp", "mytype", "status"})
}

// An edited harc, or an edited library that the scripts source, wins too.
func TestEdited(t *testing.T) {
	h := newHost(t)
	h.ship()
	h.Runner.Env = []string{"PATH=/usr/bin:/bin", "HA_FUNCS=" + h.dir + "/shellfuncs"}
	write(t, h.dir+"/shellfuncs", "echo \"my library for $0\"\nexit 0\n", 0o644)
	h.handle(true, "t", "hb_takeover", "src", "other", "rsc_hold", "all")
	expect(t, "output", h.debugText(t), "my library for "+h.Dir+"/hb_takeover\n")
	expect(t, "log", h.log.Take(), []string{h.harcLine("hb_takeover")})
	write(t, h.dir+"/harc", "#!/bin/sh\necho \"my harc $* of $HA_src\"\n", 0o755)
	h.handle(true, "t", "hb_takeover", "src", "other", "rsc_hold", "all")
	expect(t, "output", lines(h.debugText(t))[1], "my harc hb_takeover of other")
	expect(t, "log", h.log.Take(), []string(nil))
}

func TestNoScript(t *testing.T) {
	h := newHost(t)
	write(t, h.Dir+"/plain", "", 0o644)
	h.handle(true, "t", "plain")
	expect(t, "log", h.log.Take(), []string{"harc(default): ERROR: /etc/ha.d/harc: " + h.Dir + "/plain: not executable"})
	for _, kind := range []string{"", ".", "..", "../resource.d/x", "/bin/sh", ".hidden", "a\x00b"} {
		h.handle(true, "t", kind)
		expect(t, "log of "+kind, h.log.Take(), []string(nil))
	}
	if err := os.RemoveAll(h.Dir); err != nil {
		t.Fatal(err)
	}
	h.handle(true, "t", "status")
	expect(t, "log", h.log.Take(), []string{"harc(default): ERROR: /etc/ha.d/harc: " + h.Dir + " does not exist"})
	expect(t, "types", h.Types(), []string(nil))
}
