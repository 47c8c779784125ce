package live

import (
	"strings"
	"testing"

	"systole/compat/lab"
	"systole/pkg/state"
)

// logged waits for a line of the daemon's log after what was there before.
func logged(t *testing.T, h *lab.Host, before int, line string) {
	t.Helper()
	patience.Until(t, h.Name+": "+line, func() bool {
		text, _ := h.ReadFile("/var/log/ha.log")
		return strings.Contains(string(text[min(before, len(text)):]), line)
	})
}

// edit replaces a text in a file of /etc/ha.d, has the daemon read it with HUP, and waits for its word.
func edit(t *testing.T, h *lab.Host, file, old, with, line string) {
	t.Helper()
	before, err := h.ReadFile("/var/log/ha.log")
	if err != nil {
		t.Fatal(err)
	}
	text, err := h.ReadFile("/etc/ha.d/" + file)
	if err != nil || !strings.Contains(string(text), old) {
		t.Fatalf("%s has no %q: %v\n%s", file, old, err, text)
	}
	if err := h.WriteFile("/etc/ha.d/"+file, []byte(strings.Replace(string(text), old, with, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	lab.OK(h.Check(patience.For(t), "sh", "-c", "kill -HUP $(cat /run/heartbeat.pid)"))(t)
	logged(t, h, len(before), line)
}

// The daemon says at its start what works until it is needed. A reload with an error, in whatever file,
// keeps what runs; the next good one is taken.
func TestReload(t *testing.T) {
	t.Parallel()
	l := lab.Test(t)
	lan := lab.OK(l.Switch("lan"))(t)
	h := newNode(t, l, lan, first, "192.0.2.1", "192.0.2.2")
	lab.OK(h.Check(patience.For(t), "sh", "-c", "sed -i 's/^initdead.*/initdead 5/' /etc/ha.d/ha.cf"))(t)
	lab.OK(h.Check(patience.For(t), "service", "heartbeat", "start"))(t)
	logged(t, h, 0, "info: /etc/ha.d/ha.cf:5: HA-120: initdead is 5s")
	began, _ := until(t, h, "holds all", holds("all"))

	edit(t, h, "ha.cf", "deadtime 2", "deadtime soon", "ERROR: The new configuration cannot be used: keeping the old one.")
	if r := lab.OK(h.Run(patience.For(t), "/usr/libexec/heartbeat/heartbeat", "-r"))(t); r.Code != 1 || !strings.Contains(r.Stderr, "NOT restarted") {
		t.Errorf("reload of a broken ha.cf: exit code %d, %s%s", r.Code, r.Stdout, r.Stderr)
	}
	edit(t, h, "haresources", "node1 ", "stranger ", "ERROR: The new resources cannot be used: keeping the old ones.")
	edit(t, h, "haresources", "stranger ", "node1 ", "ERROR: The new configuration cannot be used: keeping the old one.")
	edit(t, h, "authkeys", "sha1", "rot13", "ERROR: The new configuration cannot be used: keeping the old one.")
	edit(t, h, "authkeys", "rot13", "sha1", "ERROR: The new configuration cannot be used: keeping the old one.")
	now, _ := until(t, h, "holds all", holds("all"))
	if now.Daemon.Generation != began.Daemon.Generation || now.Daemon.PID != began.Daemon.PID || now.Resources.Groups[0].Owner != first {
		t.Errorf("it was %+v and is %+v", began.Daemon, now.Daemon)
	}

	edit(t, h, "ha.cf", "deadtime soon", "deadtime 500ms", "HA-118: deadtime 500ms is less than three times keepalive 200ms")
	until(t, h, "a new life that holds all", func(d *state.Document) bool {
		return d.Resources.State == "all" && d.Daemon.Generation > began.Daemon.Generation
	})
}
