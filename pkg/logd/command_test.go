package logd

import (
	"bytes"
	"encoding/hex"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestRecord has the first frame of testdata/ha_logger.txt, which the original sent.
func TestRecord(t *testing.T) {
	text, err := os.ReadFile("testdata/ha_logger.txt")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "\nC ")
	line, _, _ := strings.Cut(rest, "\n")
	want, err := hex.DecodeString(line)
	if err != nil {
		t.Fatal(err)
	}
	r := Record{Level: LevelInfo, PID: 31, Entity: "mytag", Text: "hello", Time: time.Unix(1795217489, 0)}
	if got := r.Append(nil); !bytes.Equal(got, want) {
		t.Errorf("%x\nwant %x", got, want)
	}
}

// serve returns where a daemon listens, and what it hears until a client has gone.
func serve(t *testing.T) (socket string, heard func() string) {
	t.Helper()
	socket = filepath.Join(t.TempDir(), "log_daemon")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	got := make(chan string, 1)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		b, _ := io.ReadAll(conn)
		got <- string(b)
	}()
	return socket, func() string { return <-got }
}

// lines takes the frames of a stream apart: "entity level text".
func lines(t *testing.T, b string) []string {
	t.Helper()
	var out []string
	for len(b) > 0 {
		if len(b) < 8+headerSize {
			t.Fatalf("rest of %d bytes", len(b))
		}
		size := int(b[0]) | int(b[1])<<8
		entity, _, _ := strings.Cut(b[32:96], "\x00")
		out = append(out, entity+" "+string('0'+b[16])+" "+strings.TrimSuffix(b[8+headerSize:8+size], "\x00"))
		b = b[8+size:]
	}
	return out
}

// TestMessages: the original sent the same for each (seen on its socket).
func TestMessages(t *testing.T) {
	long := strings.Repeat("x", MaxText)
	for _, c := range []struct {
		args  string
		stdin string
		want  []string
	}{
		{args: "-t mytag hello world", want: []string{"mytag 6 hello", "mytag 6 world"}},
		{args: "hello", want: []string{"cluster 6 hello"}},
		{args: "a -t b", want: []string{"b 6 a"}},
		{args: "-tb a", want: []string{"b 6 a"}},
		{args: "-- -x", want: []string{"cluster 6 -x"}},
		{args: "-D ha-debug y", want: []string{"cluster 7 y"}},
		{args: "-D ha-log y", want: []string{"cluster 6 y"}},
		{args: "-t " + strings.Repeat("n", 70) + " z", want: []string{strings.Repeat("n", 63) + " 6 z"}},
		{stdin: "one\n\ntwo", want: []string{"cluster 6 one", "cluster 6 ", "cluster 6 two"}},
		{stdin: ""},
		{args: long + "yz", want: []string{"cluster 6 " + long, "cluster 6 yz"}},
	} {
		socket, heard := serve(t)
		var out, errs bytes.Buffer
		l := logger{socket: socket, stdin: strings.NewReader(c.stdin), stdout: &out, stderr: &errs, tag: defaultTag, level: LevelInfo}
		if code := l.run(strings.Fields(c.args)); code != 0 || out.Len()+errs.Len() > 0 {
			t.Errorf("%s: %d %s%s", c.args, code, &out, &errs)
		}
		if got := lines(t, heard()); strings.Join(got, "\n") != strings.Join(c.want, "\n") {
			t.Errorf("%s: %q, want %q", c.args, got, c.want)
		}
	}
}
