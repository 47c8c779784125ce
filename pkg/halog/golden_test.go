package halog

import (
	"bytes"
	"context"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// clock is a Now that tests set.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func (c *clock) set(t *testing.T, layout, value string) {
	t.Helper()
	at, err := time.ParseInLocation(layout, value, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	c.at = at
}

func finish(t *testing.T, log interface{ Close(context.Context) error }) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := log.Close(ctx); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// eachLine matches every line of a captured file.
func eachLine(t *testing.T, file, pattern string, use func(m []string)) string {
	t.Helper()
	text := read(t, "testdata/"+file)
	re := regexp.MustCompile("^" + pattern + "$")
	for line := range strings.Lines(text) {
		m := re.FindStringSubmatch(strings.TrimSuffix(line, "\n"))
		if m == nil {
			t.Fatalf("%s: captured line not understood: %s", file, line)
		}
		use(m)
	}
	return text
}

func number(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func same(t *testing.T, got, want string) {
	t.Helper()
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range w {
		if i >= len(g) || g[i] != w[i] {
			t.Fatalf("line %d\n got %q\nwant %q", i+1, append(g, "(none)")[min(i, len(g))], w[i])
		}
	}
	if len(g) != len(w) {
		t.Fatalf("%d lines, want %d", len(g), len(w))
	}
}

func TestDaemonLines(t *testing.T) {
	for _, c := range []struct {
		file, pattern, layout string
		plain                 bool
	}{
		{"daemon.log", `(\w{3} \d\d \S+) (\S+) (\w+): \[(\d+)\]: (\w+): (.*)`, "Jan 02 15:04:05", false},
		{"plain.log", `()()(\w+)\[(\d+)\]: (\S+ )?(.*)`, "2006/01/02_15:04:05", true},
	} {
		t.Run(c.file, func(t *testing.T) {
			var now clock
			logs := map[string]*bytes.Buffer{}
			var got strings.Builder
			want := eachLine(t, c.file, c.pattern, func(m []string) {
				date, level, text := m[1], m[5], m[6]
				if c.plain {
					date = strings.TrimSpace(m[5])
					level, text, _ = strings.Cut(m[6], ": ")
				}
				now.set(t, c.layout, date)
				var out bytes.Buffer
				logs[m[3]] = &out
				path := filepath.Join(t.TempDir(), "ha.log")
				d := NewDaemon(DaemonConfig{Entity: m[3], Host: m[2], PID: number(t, m[4]), Stderr: &out, Now: now.now,
					Targets: Targets{Logfile: path, Plain: c.plain}})
				d.Log(Level(level), text)
				finish(t, d)
				if written := read(t, path); written != out.String() {
					t.Errorf("file %q, stderr %q", written, out.String())
				}
				got.WriteString(out.String())
			})
			same(t, got.String(), want)
		})
	}
}

func TestScriptLines(t *testing.T) {
	var now clock
	dir := t.TempDir()
	logfile, debugfile := filepath.Join(dir, "ha.log"), filepath.Join(dir, "debug.log")
	d := NewDaemon(DaemonConfig{Entity: "heartbeat", Now: now.now, Targets: Targets{Logfile: logfile, Debugfile: debugfile}})
	want := eachLine(t, "script.log", `(\S+)  (\S+):    (.*)`, func(m []string) {
		now.set(t, "2006/01/02_15:04:05", m[1])
		d.Script(m[2], false).Log(m[3])
	})
	finish(t, d)
	same(t, read(t, logfile), want)

	now = clock{}
	d = NewDaemon(DaemonConfig{Entity: "heartbeat", Now: now.now, Targets: Targets{Logfile: logfile + "2", Debugfile: debugfile + "2"}})
	want = eachLine(t, "script-debug.log", `(\S+):\t(\S+) (.*)`, func(m []string) {
		now.set(t, "2006/01/02_15:04:05", m[2])
		d.Script(m[1], false).Log(m[3])
	})
	finish(t, d)
	same(t, read(t, debugfile+"2"), want)
}

func TestDirectorLines(t *testing.T) {
	var now clock
	path := filepath.Join(t.TempDir(), "ldirectord.log")
	d := NewDirector(DirectorConfig{Instance: "ldirectord.cf", Target: path, Now: now.now})
	want := eachLine(t, "ldirectord.log", `\[([^|]*)\|ldirectord.cf\|(\d+)\] (.*)`, func(m []string) {
		now.set(t, time.ANSIC, m[1])
		d.SetPID(number(t, m[2]))
		d.Log(m[3])
	})
	finish(t, d)
	same(t, read(t, path), want)
}

// listen is a syslog daemon.
func listen(t *testing.T, path string) *net.UnixConn {
	t.Helper()
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func receive(t *testing.T, conn *net.UnixConn) string {
	t.Helper()
	if err := conn.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 8192)
	n, err := conn.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	return string(buf[:n])
}

func TestSyslogDatagrams(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "log")
	server := listen(t, socket)
	var now clock
	eachLine(t, "syslog.txt", `<(\d+)>(\w{3} \d\d \S+) ([^ ]+): (.*)`, func(m []string) {
		now.set(t, "Jan 02 15:04:05", m[2])
		facility := map[int]string{16: "local0", 3: "daemon"}[number(t, m[1])>>3]
		if m[3] == "heartbeat" {
			sub := regexp.MustCompile(`^\[(\d+)\]: (\w+): (.*)$`).FindStringSubmatch(m[4])
			d := NewDaemon(DaemonConfig{Entity: m[3], PID: number(t, sub[1]), Now: now.now, SyslogPath: socket, Targets: Targets{Facility: facility}})
			d.Log(Level(sub[2]), sub[3])
			finish(t, d)
		} else {
			s := ScriptFromEnv(ScriptConfig{Getenv: env("HA_LOGFACILITY", facility), Name: "ResourceManager", PID: 17, Now: now.now, SyslogPath: socket})
			s.Log(m[4])
			finish(t, s)
		}
		if got := receive(t, server); got != m[0] {
			t.Errorf("got %q\nwant %q", got, m[0])
		}
	})
	now.set(t, "Jan 02 15:04:05", "Nov 06 23:31:06")
	d := NewDirector(DirectorConfig{Instance: "x", PID: 7, Target: "local4", Now: now.now, SyslogPath: socket})
	d.Log("Added virtual server: 10.0.0.1:80")
	finish(t, d)
	if got, want := receive(t, server), "<166>Nov  6 23:31:06 ldirectord[7]: Added virtual server: 10.0.0.1:80"; got != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

func env(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}
