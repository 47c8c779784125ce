package steer

import (
	"os"
	"strings"
	"testing"

	"systole/compat/lab"
)

// steady is the same service with the way to each server checked, and a slow start. The check itself
// asks the server's own address.
const steady = config + "\tsystole_path_check=yes\n\tsystole_slow_start=20\n\tsystole_rise=2\n"

// TestPath takes the virtual address from a server's lo: its check still succeeds, and all that is sent to it
// is lost. Without the path check the other half of the clients would find nobody.
func TestPath(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	s := newStage(t, steady)
	patience.Until(s, "both serve", func() bool { return s.told(first).Weight > 0 && s.told(second).Weight > 0 })
	s.both() // the director has the virtual address itself, so answers for it are martians there
	real := s.reals[first]
	lab.OK(real.Check(patience.For(t), "ip", "addr", "del", vip+"/32", "dev", "lo"))(t)
	patience.Until(s, "it is found out", func() bool { r := s.told(first); return r.State == "down" && !r.Listed })
	if r := s.told(first); !strings.Contains(r.Path, "no answer for "+service) {
		t.Errorf("%+v", r)
	}
	if text := s.scraped(); !strings.Contains(text, isOne("ldirectord_real_path_fault")) {
		t.Errorf("not told:\n%s", text)
	}
	for range 4 {
		if c := s.connect(); c.server != second {
			t.Errorf("a connection went to %s", c.server)
		}
	}
	lab.OK(real.Check(patience.For(t), "ip", "addr", "add", vip+"/32", "dev", "lo"))(t)
	patience.Until(s, "it is back with a part of its weight", func() bool {
		r := s.told(first)
		return r.Growing && r.Weight < 5 && r.Weight > 0 && strings.Contains(s.scraped(), isOne("ldirectord_real_slow_start"))
	})
	patience.Until(s, "it has all of its weight", func() bool { r := s.told(first); return !r.Growing && r.Weight == 5 && r.Path == "" })
	s.both()
	log := string(lab.OK(s.director.ReadFile("/var/log/ldirectord.log"))(t))
	for _, line := range []string{"Path broken real server: " + first + ":7", "Path good real server: " + first + ":7",
		"Soft success real server: " + first + ":7 (tcp:" + service + ") success 1/2", "Slow start real server: " + first + ":7"} {
		if !strings.Contains(log, line) {
			t.Errorf("the log has no %q:\n%s", line, log)
		}
	}
}

// isOne is the line of a scrape that says a thing of the first server.
func isOne(metric string) string {
	return metric + `{real="` + first + `:7",virtual="tcp:` + service + `"} 1` + "\n"
}
