package kernel

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"systole/pkg/ipvs"
)

// testLine is a line to the generic netlink controller, which every kernel has.
func testLine(t *testing.T, limit time.Duration, dials *int) *line {
	l := &line{limit: limit, dial: func() (*conn, error) {
		*dials++
		return dialGeneric("")
	}}
	t.Cleanup(l.drop)
	return l
}

func controller(c *conn) (uint16, error) {
	f, err := c.gen.GetFamily("nlctrl")
	return f.ID, err
}

// A receive for an answer that never comes ends with ErrHung, and with the receiver's own end;
// the next call has a fresh connection.
func TestHungReceive(t *testing.T) {
	var dials int
	l := testLine(t, 10*time.Millisecond, &dials)
	ended := make(chan error, 1)
	_, err := run(within(t), l, func(c *conn) (int, error) {
		_, _, err := c.gen.Receive()
		ended <- err
		return 1, err
	})
	if !errors.Is(err, ErrHung) {
		t.Errorf("hung receive: %v", err)
	}
	select {
	case err := <-ended:
		if err == nil {
			t.Error("the receive got an answer")
		}
	case <-within(t).Done():
		t.Fatal("the receive still waits")
	}
	l.limit = time.Minute
	if id, err := run(within(t), l, controller); id != unix.GENL_ID_CTRL || err != nil || dials != 2 {
		t.Errorf("next call: family %d, %v, after %d dials", id, err, dials)
	}
}

func TestErrorCostsTheConnection(t *testing.T) {
	var dials int
	l := testLine(t, time.Minute, &dials)
	fault := errors.New("no")
	steps := []struct {
		f     func(*conn) (uint16, error)
		want  error
		dials int
	}{
		{controller, nil, 1},
		{controller, nil, 1},
		{func(*conn) (uint16, error) { return 0, fault }, fault, 1},
		{controller, nil, 2},
	}
	for i, s := range steps {
		if _, err := run(within(t), l, s.f); !errors.Is(err, s.want) || dials != s.dials {
			t.Errorf("step %d: %v after %d dials", i, err, dials)
		}
	}
	l.drop()
	l.dial = func() (*conn, error) { return nil, ErrNoIPVS }
	if _, err := run(within(t), l, controller); !errors.Is(err, ErrNoIPVS) {
		t.Errorf("dial that fails: %v", err)
	}
}

func TestCallerGivesUp(t *testing.T) {
	var dials int
	l := testLine(t, time.Minute, &dials)
	ctx, cancel := context.WithCancel(t.Context())
	_, err := run(ctx, l, func(c *conn) (int, error) {
		cancel()
		_, _, err := c.gen.Receive()
		return 0, err
	})
	if !errors.Is(err, context.Canceled) || l.conn != nil {
		t.Errorf("cancelled while waiting: %v", err)
	}
	if _, err := run(ctx, l, controller); !errors.Is(err, context.Canceled) || dials != 1 {
		t.Errorf("cancelled before: %v after %d dials", err, dials)
	}
}

// Calls of many goroutines never meet, and after Close there are none.
func TestOneAtATime(t *testing.T) {
	var dials, inside, calls int
	h := newHandle(testLine(t, time.Minute, &dials))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 25 {
				err := order(within(t), h, func(c *conn) error {
					inside++
					calls += inside // a second caller would make it more than one
					_, err := controller(c)
					inside--
					return err
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if calls != 200 || dials != 1 {
		t.Errorf("%d of 200 calls alone, %d dials", calls, dials)
	}
	h.Close()
	h.Close()
	if _, err := h.Read(t.Context()); !errors.Is(err, net.ErrClosed) {
		t.Errorf("read after close: %v", err)
	}
	errs := h.Apply(t.Context(), []ipvs.Change{{Op: ipvs.DelService, Service: ipvs.Service{ServiceID: tcp("10.0.0.1:80")}}})
	if len(errs) != 1 || !errors.Is(errs[0], net.ErrClosed) || !strings.HasPrefix(errs[0].Error(), "-D -t 10.0.0.1:80: ") {
		t.Errorf("apply after close: %v", errs)
	}
}

// On a kernel with ip_vs Open asks for no module; without, it asks once and says so.
func TestOpen(t *testing.T) {
	_, missing := os.Stat("/proc/net/ip_vs")
	for _, answer := range []error{nil, errors.New("module not found")} {
		var asked []string
		modprobe := func(_ context.Context, module string) error { asked = append(asked, module); return answer }
		h, err := Open(within(t), Options{Modprobe: modprobe})
		switch {
		case missing == nil && (len(asked) != 0 || err != nil && !errors.Is(err, unix.EPERM)):
			t.Errorf("with ip_vs: asked for %v, %v", asked, err)
		case missing != nil && (fmt.Sprint(asked) != "[ip_vs]" || !errors.Is(err, ErrNoIPVS) || answer != nil && !errors.Is(err, answer)):
			t.Errorf("without ip_vs: asked for %v, %v", asked, err)
		}
		if err == nil {
			h.Close()
		}
	}
	if _, err := Open(within(t), Options{NetNS: "/nonexistent"}); !errors.Is(err, os.ErrNotExist) || errors.Is(err, ErrNoIPVS) {
		t.Errorf("namespace that is not there: %v", err)
	}
}

func TestLoadModule(t *testing.T) {
	err := LoadModule(within(t), "systole_no_such_module")
	if err == nil || !strings.HasPrefix(err.Error(), "modprobe systole_no_such_module: ") {
		t.Errorf("loading a module that is not there: %v", err)
	}
}

func TestExplain(t *testing.T) {
	web := ipvs.Service{ServiceID: tcp("10.0.0.1:80"), Scheduler: "mh"}
	add := ipvs.Change{Op: ipvs.AddService, Service: web}
	del := ipvs.Change{Op: ipvs.DelDest, Service: web, Dest: dest("10.0.0.11:80", ipvs.Route, 1)}
	tests := []struct {
		change ipvs.Change
		err    error
		want   string
	}{
		{add, unix.ENOENT, `-A -t 10.0.0.1:80 -s mh: scheduler or persistence engine not found: "mh" (kernel module ip_vs_mh) (no such file or directory)`},
		{add, unix.EPERM, "-A -t 10.0.0.1:80 -s mh: permission denied (CAP_NET_ADMIN is needed) (operation not permitted)"},
		{add, unix.EIO, "-A -t 10.0.0.1:80 -s mh: input/output error"},
		{add, ErrHung, "-A -t 10.0.0.1:80 -s mh: no answer from the kernel"},
		{del, unix.ENOENT, "-d -t 10.0.0.1:80 -r 10.0.0.11:80: no such destination (no such file or directory)"},
	}
	for _, tt := range tests {
		if got := explain(tt.change, tt.err); got.Error() != tt.want || !errors.Is(got, tt.err) {
			t.Errorf("got  %v\nwant %s", got, tt.want)
		}
	}
}

func TestBadArguments(t *testing.T) {
	var dials int
	h := newHandle(testLine(t, time.Minute, &dials))
	tests := []struct {
		err  error
		want string
	}{
		{h.StartDaemon(t.Context(), Daemon{Interface: "eth0"}), "role is neither master nor backup"},
		{h.StartDaemon(t.Context(), Daemon{Role: Master}), `interface name ""`},
		{h.StartDaemon(t.Context(), Daemon{Role: Master, Interface: "abcdefghijklmnop"}), "1 to 15 characters"},
		{h.SetTimeouts(t.Context(), Timeouts{TCP: time.Millisecond}), "1ms is not whole seconds"},
		{h.SetTimeouts(t.Context(), Timeouts{UDP: 32 * 24 * time.Hour}), "from 0 to 2678400"},
		{h.Apply(t.Context(), []ipvs.Change{{}})[0], "neither an address nor a firewall mark"},
	}
	for i, tt := range tests {
		if tt.err == nil || !strings.Contains(tt.err.Error(), tt.want) {
			t.Errorf("case %d: %v, want %q", i, tt.err, tt.want)
		}
	}
	if dials != 0 {
		t.Errorf("%d dials for arguments that are wrong", dials)
	}
}
