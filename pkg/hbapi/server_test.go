package hbapi_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"systole/pkg/hamsg"
	"systole/pkg/hbapi"
	"systole/pkg/hbapi/apitest"
)

// patience bounds the wait for something that comes at once.
const patience = 10 * time.Second

func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// dial signs a client on; an empty id is casual.
func dial(t *testing.T, d *apitest.Daemon, id string) *hbapi.Client {
	t.Helper()
	c, err := hbapi.Dial(within(t), d.Socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if _, err := c.SignOn(within(t), id); err != nil {
		t.Fatal(err)
	}
	return c
}

// raw connects without a client.
func raw(t *testing.T, d *apitest.Daemon) *net.UnixConn {
	t.Helper()
	c, err := net.Dial("unix", d.Socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(patience))
	return c.(*net.UnixConn)
}

// note waits for a message about a client.
func note(t *testing.T, d *apitest.Daemon, status, id, info string) {
	t.Helper()
	timeout := time.After(patience)
	for {
		select {
		case m := <-d.Sent:
			if m.Type() == "hbapi-clstat" && m.Get("st") == status && m.Get("from_id") == id && m.Get("info") == info {
				return
			}
		case <-timeout:
			t.Fatalf("no %s of %s with %q", status, id, info)
		}
	}
}

func logged(t *testing.T, d *apitest.Daemon, part string) {
	t.Helper()
	timeout := time.After(patience)
	for {
		select {
		case l := <-d.Logged:
			if strings.Contains(l.Text, part) {
				return
			}
		case <-timeout:
			t.Fatalf("never logged: %s", part)
		}
	}
}

// closed waits for the end of a connection and returns what came before.
func closed(t *testing.T, c net.Conn) []byte {
	t.Helper()
	all, err := io.ReadAll(c)
	if err != nil && !errors.Is(err, syscall.ECONNRESET) {
		t.Fatal(err)
	}
	return all
}

func TestSocket(t *testing.T) {
	d := apitest.Start(t, apitest.Pair())
	info, err := os.Stat(d.Socket)
	if err != nil || info.Mode() != fs.ModeSocket|0o777 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if _, err := hbapi.Listen(filepath.Dir(d.Socket)); err == nil {
		t.Error("listens at a directory")
	}
	d.Stop()
	if _, err := os.Stat(d.Socket); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after the end: %v", err)
	}
}

// TestLeftoverSocket: one that a killed daemon left is replaced; a file is not.
func TestLeftoverSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "register")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	l.Close()
	s, err := hbapi.Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	s.Serve(ctx, func(hbapi.Event) {})
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := hbapi.Listen(path); err == nil {
		t.Error("replaces a file")
	}
}

// TestHostileStreams: each ends with a close and at most one line in the log, and the daemon goes on.
func TestHostileStreams(t *testing.T) {
	for name, c := range map[string]struct{ bytes, log string }{
		"an HTTP request":      {"GET / HTTP/1.0\r\n\r\n", "bad frame magic"},
		"300000 bytes to come": {"\xe0\x93\x04\x00\xcd\xab\x00\x00xxxxxxxx", "frame too long"},
		"negative length":      {"\xff\xff\xff\xff\xcd\xab\x00\x00", "frame too long"},
		"other byte order":     {"\x00\x00\x00\x0c\x00\x00\xab\xcd", "bad frame magic"},
	} {
		d := apitest.Start(t, apitest.Pair())
		conn := raw(t, d)
		if _, err := conn.Write([]byte(c.bytes)); err != nil {
			t.Fatal(err)
		}
		if got := closed(t, conn); len(got) > 0 {
			t.Errorf("%s: answered %q", name, got)
		}
		logged(t, d, c.log)
		if n, err := dial(t, d, "").NumNodes(within(t)); n != 2 || err != nil {
			t.Errorf("%s: afterwards %d nodes, %v", name, n, err)
		}
		if len(d.Logged) > 0 {
			t.Errorf("%s: more than one line: %v", name, <-d.Logged)
		}
	}
}

// TestCutOff: a client that ends within a frame has left.
func TestCutOff(t *testing.T) {
	d := apitest.Start(t, apitest.Pair())
	c := dial(t, d, "probe")
	note(t, d, "join", "probe", "signon")
	frame, err := hbapi.AppendFrame(nil, hamsg.New("t", "hello"))
	if err != nil {
		t.Fatal(err)
	}
	c.Inject(frame[:11])
	c.Close()
	note(t, d, "leave", "probe", "EOF")
}

// TestSlowReader: a client that does not read is removed and holds nobody up.
func TestSlowReader(t *testing.T) {
	d := apitest.Start(t, apitest.Pair())
	dial(t, d, "sleeper")
	awake := dial(t, d, "awake")
	big := hamsg.New("t", "big", "to_id", "sleeper", "x", strings.Repeat("x", 60000))
	for range 200 {
		d.Tell(big)
	}
	note(t, d, "leave", "sleeper", "sendfail")
	if n, err := awake.NumNodes(within(t)); n != 2 || err != nil {
		t.Errorf("the other client: %d, %v", n, err)
	}
}

// TestQueueLength: a client may ask for a longer queue.
func TestQueueLength(t *testing.T) {
	d := apitest.Start(t, apitest.Pair())
	c := dial(t, d, "patient")
	if err := c.SetQueueLen(within(t), 1000); err != nil {
		t.Fatal(err)
	}
	logged(t, d, "the send queue length from heartbeat to client patient is set to 1000")
	if m, err := c.Receive(within(t)); err != nil || m.Get("st") != "join" {
		t.Fatalf("join: %v, %v", m, err)
	}
	big := hamsg.New("t", "big", "x", strings.Repeat("x", 60000))
	for range 900 {
		d.Tell(big)
	}
	for i := range 900 {
		if m, err := c.Receive(within(t)); err != nil || m.Type() != "big" {
			t.Fatalf("message %d: %v, %v", i, m, err)
		}
	}
}

// TestManySlowReaders: together they cannot make the daemon keep more than a bound; who reads stays.
func TestManySlowReaders(t *testing.T) {
	d := apitest.Start(t, apitest.Pair())
	for i := range 20 {
		c := dial(t, d, fmt.Sprintf("sleeper%d", i))
		if err := c.SetQueueLen(within(t), 1_000_000); err != nil {
			t.Fatal(err)
		}
		logged(t, d, fmt.Sprintf("from heartbeat to client sleeper%d is set to", i))
	}
	awake := dial(t, d, "awake")
	big := hamsg.New("t", "big", "x", strings.Repeat("x", 60000))
	for range 100 { // 20 * 100 * 60 kB = 120 MB
		d.Tell(big)
		for kind := ""; kind != "big"; {
			m, err := awake.Receive(within(t))
			if err != nil {
				t.Fatalf("the client that reads: %v", err)
			}
			kind = m.Type()
		}
	}
	note(t, d, "leave", "sleeper0", "sendfail")
}

// TestDied: what a child of the daemon sent before its end is still passed on.
func TestDied(t *testing.T) {
	d := apitest.Start(t, apitest.Pair())
	c := dial(t, d, "child")
	if err := c.Send(within(t), hamsg.New("t", "last words")); err != nil {
		t.Fatal(err)
	}
	d.Died(os.Getpid())
	timeout := time.After(patience)
	for heard := false; !heard; {
		select {
		case m := <-d.Sent:
			heard = m.Type() == "last words"
		case <-timeout:
			t.Fatal("last words lost")
		}
	}
	note(t, d, "leave", "child", "died")
}

func TestSignalled(t *testing.T) {
	d := apitest.Start(t, apitest.Pair())
	got := make(chan os.Signal, 10)
	signal.Notify(got, syscall.SIGUSR2)
	defer signal.Stop(got)
	if err := dial(t, d, "probe").SetSignal(within(t), int(syscall.SIGUSR2)); err != nil {
		t.Fatal(err)
	}
	select {
	case <-got:
	case <-time.After(patience):
		t.Error("no signal (needs pidfds, Linux 5.3)")
	}
}

// TestManyConnections: too many are closed at once, and there is room again after some left.
func TestManyConnections(t *testing.T) {
	d := apitest.Start(t, apitest.Pair())
	var conns []*net.UnixConn
	for range 256 {
		conns = append(conns, raw(t, d))
	}
	if got := closed(t, raw(t, d)); len(got) > 0 {
		t.Errorf("number 257 heard %q", got)
	}
	conns[0].Close()
	deadline := time.Now().Add(patience)
	for {
		c, err := hbapi.Dial(within(t), d.Socket)
		if err == nil {
			_, err = c.SignOn(within(t), "")
			c.Close()
		}
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("no room again")
		}
	}
}

// TestStop: the end of the daemon ends every connection and waits for it.
func TestStop(t *testing.T) {
	d := apitest.Start(t, apitest.Pair())
	c := dial(t, d, "probe")
	idle := raw(t, d)
	d.Stop()
	if m, err := c.Receive(within(t)); err != nil || m.Get("st") != "join" {
		t.Errorf("its own join: %v, %v", m, err)
	}
	if _, err := c.Receive(within(t)); !errors.Is(err, io.EOF) {
		t.Errorf("client: %v", err)
	}
	closed(t, idle)
}

func TestNetstringRequest(t *testing.T) {
	d := apitest.Start(t, apitest.Pair())
	c := dial(t, d, "")
	request := hamsg.New("t", "hbapi-req", "reqtype", "numnodes")
	request.Fields = append(request.Fields, hamsg.Field{Name: "extra", Type: hamsg.Struct, Child: hamsg.New("a", "b")})
	frame, err := hbapi.AppendFrame(nil, request)
	if err != nil || !bytes.Contains(frame, []byte("###\n")) {
		t.Fatalf("%q, %v", frame, err)
	}
	c.Inject(frame)
	if n, err := c.NumNodes(within(t)); n != 2 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
}
