package resmgr

import (
	"context"
	"errors"
	"strings"
	"testing"

	"systole/pkg/haresources"

	"github.com/google/go-cmp/cmp"
)

func expect(t *testing.T, what string, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got)\n%s", what, d)
	}
}

func TestTakeAndGive(t *testing.T) {
	h := newHost(t)
	for _, s := range []string{"a", "b", "c"} {
		h.service(s)
	}
	h.haresources(us+" a::1 b c::x::y", "other a::2")
	ctx := context.Background()
	if !h.Take(ctx, "a::1") {
		t.Error("not taken")
	}
	expect(t, "starts", h.calls(), []string{"a 1 start", "b start", "c x y start"})
	expect(t, "stat", h.Stat(ctx, "a::1"), StatAll)
	h.script("b", "#!/bin/sh\necho stopped")
	expect(t, "stat", h.Stat(ctx, "a::1"), StatSome)
	h.log.Take()
	if !h.Take(ctx, "a::1") {
		t.Error("not taken again")
	}
	expect(t, "log", h.log.Take(), []string{
		"ResourceManager(default): info: Acquiring resource group: " + us + " a::1 b c::x::y",
		"ResourceManager(default): info: Running " + h.resources + "/b  start",
	})
	h.service("b")
	expect(t, "code", h.Give(ctx, "a::1"), 0)
	expect(t, "stops", h.calls(), []string{"c x y stop", "b stop", "a 1 stop"})
	expect(t, "stat", h.Stat(ctx, "a::1"), StatNone)
	h.log.Take()
	if !h.Take(ctx, "nosuch") || h.Give(ctx, "nosuch") != 0 || len(h.log.Take()) != 0 {
		t.Error("a key without group does something")
	}
}

// A key is a word, no pattern.
func TestLiteralKeys(t *testing.T) {
	h := newHost(t)
	h.service("a")
	h.haresources(us + " a::1.2")
	h.Take(context.Background(), "a::1x2")
	h.Take(context.Background(), "a.*")
	expect(t, "starts", h.calls(), []string(nil))
	h.Take(context.Background(), "a::1.2")
	expect(t, "starts", h.calls(), []string{"a 1.2 start"})
}

func TestKeys(t *testing.T) {
	h := newHost(t)
	h.haresources("LVSactive.gunnm.xyz a b", "other c", us+" d", "third e f", "# nothing", us)
	expect(t, "ours", h.ListKeys(us), []string{"a", "d"})
	expect(t, "other", h.ListKeys("OTHER"), []string{"c"})
	expect(t, "pattern", h.ListKeys(".*"), []string(nil))
	expect(t, "all", h.AllKeys(), []string{"a", "c", "d", "e"})
	expect(t, "local", h.Keys(Local), []string{"a", "d"})
	expect(t, "foreign", h.Keys(Foreign), []string{"c", "e"})
	expect(t, "all of standby", h.Keys(All), []string{"a", "c", "d", "e"})
	h.File = h.dir + "/missing"
	expect(t, "without file", h.AllKeys(), []string(nil))
	if log := h.log.Take(); len(log) != 1 || !strings.Contains(log[0], "ERROR: read resource groups") {
		t.Errorf("log %q", log)
	}
}

// A group that both nodes call their own belongs to the node they agreed on.
func TestShared(t *testing.T) {
	h := newHost(t)
	h.service("a")
	h.haresources(us+" a::1", us+" b", "other c")
	groups, err := h.Groups()
	if err != nil {
		t.Fatal(err)
	}
	h.Shared = map[string]string{
		haresources.Digest(groups[0]): "Other",
		haresources.Digest(groups[2]): us, // not ours: no say
	}
	expect(t, "local", h.Keys(Local), []string{"b"})
	expect(t, "foreign", h.Keys(Foreign), []string{"a::1", "c"})
	expect(t, "of the other", h.ListKeys("other"), []string{"a::1", "c"})
	name, value, _ := strings.Cut(strings.Join(SharedEnv(h.Shared), "\n"), "=")
	expect(t, "variable", name, SharedVariable)
	expect(t, "round trip", ParseShared(value), h.Shared)
	if !h.Take(context.Background(), "a::1") {
		t.Error("not taken")
	}
	expect(t, "starts", h.calls(), []string{"a 1 start"})
}

// A failed start gives the whole group up and asks for a standby of the type that holds it.
func TestFailedStart(t *testing.T) {
	h := newHost(t)
	h.service("a")
	h.service("c")
	h.script("bad", "#!/bin/sh\n[ $1 = stop ] || exit 5")
	h.haresources(us+" a bad c", "other c bad")
	if h.Take(context.Background(), "a") || h.Take(context.Background(), "c") {
		t.Error("taken")
	}
	expect(t, "standby", h.standby, []string{Local, Foreign})
	h.Foreign = true
	h.Take(context.Background(), "a")
	expect(t, "standby as the original", h.standby, []string{Local, Foreign, Foreign})
	expect(t, "calls", h.calls(), []string{"a start", "c stop", "a stop", "c start", "c stop", "a start", "c stop", "a stop"})
	if log := strings.Join(h.log.Take(), "\n"); !strings.Contains(log, "ERROR: Return code 5 from "+h.resources+"/bad\nResourceManager(default): CRIT: Giving up resources due to failure of bad\nResourceManager(default): info: Releasing resource group: "+us+" a bad c\n") {
		t.Errorf("log:\n%s", log)
	}
}

// A resource that is held and cannot be stopped ends the machine, after all retries.
func TestStopFails(t *testing.T) {
	h := newHost(t)
	h.service("a")
	h.script("stuck", "#!/bin/sh\n[ $1 = status ] && echo running\nexit 9")
	h.haresources(us + " a stuck")
	if code := h.Give(context.Background(), "a"); code != 9 {
		t.Errorf("code %d", code)
	}
	expect(t, "reboots", h.reboots, 1)
	expect(t, "calls", h.calls(), []string(nil))
	log := h.log.Take()
	if n := strings.Count(strings.Join(log, "\n"), "Retrying failed stop operation [stuck]"); n != StopRetries {
		t.Errorf("%d retries", n)
	}
	expect(t, "end", log[len(log)-2:], []string{
		"ResourceManager(default): CRIT: Resource STOP failure. Reboot required!",
		"ResourceManager(default): CRIT: Killing heartbeat ungracefully!",
	})
	h.Effects.Reboot = func() error { return errStillHere }
	h.Give(context.Background(), "a")
	log = h.log.Take()
	expect(t, "last", log[len(log)-1], "ResourceManager(default): CRIT: Unable to force reboot.")
}

// With no limit the stop is retried until the context ends.
func TestStopRetriedForever(t *testing.T) {
	h := newHost(t)
	ctx, cancel := context.WithCancel(context.Background())
	h.StopRetries = 0
	h.script("stuck", "#!/bin/sh\necho x >>"+h.dir+"/tries\nexit 1")
	h.haresources(us + " stuck")
	n := 0
	h.Logs = countdown(&n, 20, cancel)
	if code := h.Give(ctx, "stuck"); code == 0 {
		t.Error("code 0")
	}
	expect(t, "reboots", h.reboots, 0)
	if n < 20 {
		t.Errorf("%d lines", n)
	}
}

func TestTakeEndsWithContext(t *testing.T) {
	h := newHost(t)
	h.service("a")
	h.haresources(us + " a")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if h.Take(ctx, "a") {
		t.Error("taken")
	}
	expect(t, "calls", h.calls(), []string(nil))
	expect(t, "standby", h.standby, []string(nil))
}

// verifyallidle looks at the first resource of each group only.
func TestVerifyIdle(t *testing.T) {
	h := newHost(t)
	h.script("up", "#!/bin/sh\necho OK")
	h.script("down", "#!/bin/sh\necho stopped")
	h.haresources(us+" up::1 down", "other down up", "other up")
	var stderr strings.Builder
	expect(t, "active", h.VerifyIdle(context.Background(), &stderr), 2)
	one := func(key, the string) []string {
		return []string{
			"CRITICAL: Resource " + key + " is active, and should not be!",
			"CRITICAL: Non-idle resources can affect data integrity!",
			"info: If you don't know what this means, then get help!",
			"info: Read the docs and/or " + the + "source to /usr/share/heartbeat/ResourceManager for more details.",
		}
	}
	expect(t, "stderr", lines(stderr.String()), append(one("up::1", "the "), one("up", "the ")...))
	want := append(append(one("up::1", ""), one("up", "")...),
		"CRITICAL: Non-idle resources will affect resource takeback!",
		"CRITICAL: Non-idle resources may affect data integrity!")
	for i := range want {
		want[i] = "ResourceManager(default): " + want[i]
	}
	expect(t, "log", h.log.Take(), want)
}

func TestForceReboot(t *testing.T) {
	kills := []string{"pkill -9 -x heartbeat", "pkill -9 -x ipfail", "pkill -9 -x ccm"}
	cases := []struct {
		works string
		want  []string
		fails bool
	}{
		{"/sbin/reboot", []string{"/sbin/reboot -nf"}, false},
		{"/sbin/init", []string{"/sbin/reboot -nf", "/sbin/init 6"}, false},
		{"nothing", []string{"/sbin/reboot -nf", "/sbin/init 6"}, true},
	}
	for _, c := range cases {
		var ran []string
		err := ForceReboot(func(name string, args ...string) error {
			ran = append(ran, name+" "+strings.Join(args, " "))
			if name == c.works {
				return nil
			}
			return errors.New("no")
		})
		expect(t, c.works, ran, append(append([]string(nil), kills...), c.want...))
		if (err != nil) != c.fails {
			t.Errorf("%s: %v", c.works, err)
		}
	}
}
