package socket

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"systole/pkg/halog"
)

// patience is how long an awaited event may take.
const patience = 20 * time.Second

func loopback(t *testing.T) (*Socket, *unix.SockaddrInet4) {
	t.Helper()
	s, err := New(unix.AF_INET, unix.SOCK_DGRAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if err := s.Bind(&unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	var at unix.Sockaddr
	err = s.Control(func(fd int) (err error) { at, err = unix.Getsockname(fd); return err })
	if err != nil {
		t.Fatal(err)
	}
	return s, at.(*unix.SockaddrInet4)
}

func TestReceiveEmptiesTheQueueAndEndsWithClose(t *testing.T) {
	s, at := loopback(t)
	const count = 50
	for i := range count {
		if err := s.Send(fmt.Appendf(nil, "datagram %d", i), at); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Send(nil, at); err != nil { // empty datagrams are datagrams
		t.Fatal(err)
	}
	var got []string
	ended := make(chan error, 1)
	all := make(chan struct{})
	go func() {
		ended <- s.Receive(func(b []byte, from netip.Addr, _ time.Time) {
			if from != netip.MustParseAddr("127.0.0.1") {
				t.Errorf("from %s", from)
			}
			if got = append(got, string(b)); len(got) == count+1 {
				close(all)
			}
		})
	}()
	select {
	case <-all:
	case <-time.After(patience):
		t.Fatal("not everything arrived")
	}
	s.Close()
	if err := <-ended; err != nil {
		t.Errorf("Receive: %v", err)
	}
	for i, text := range got[:count] {
		if text != fmt.Sprintf("datagram %d", i) {
			t.Errorf("datagram %d: %q", i, text)
		}
	}
}

// A receiver that does not read fills the queue: the sender is told at once.
func TestSendNeverBlocks(t *testing.T) {
	full, err := New(unix.AF_UNIX, unix.SOCK_DGRAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	to := &unix.SockaddrUnix{Name: "@" + t.Name()}
	if err := full.Bind(to); err != nil {
		t.Fatal(err)
	}
	s, err := New(unix.AF_UNIX, unix.SOCK_DGRAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for range 100000 {
		if err = s.Send([]byte("x"), to); err != nil {
			break
		}
	}
	if !errors.Is(err, unix.EAGAIN) {
		t.Errorf("%v, want EAGAIN", err)
	}
}

func TestTooLongDatagram(t *testing.T) {
	s, at := loopback(t)
	if err := s.Send(make([]byte, 88953), at); !errors.Is(err, unix.EMSGSIZE) || Reason(err) != "Message too long" {
		t.Errorf("%v", err)
	}
}

func TestClosedSocket(t *testing.T) {
	s, at := loopback(t)
	s.Close()
	if err := s.Send([]byte("x"), at); err == nil {
		t.Error("sent on a closed socket")
	}
	if err := s.Receive(func([]byte, netip.Addr, time.Time) {}); err != nil {
		t.Errorf("Receive: %v", err)
	}
}

func TestInterfaceQuestions(t *testing.T) {
	s, _ := loopback(t)
	if index, err := s.Index("lo"); err != nil || index == 0 {
		t.Errorf("index of lo: %d, %v", index, err)
	}
	for _, name := range []string{"none", "an-interface-name-that-is-too-long", ""} {
		if _, err := s.Index(name); !errors.Is(err, unix.ENODEV) {
			t.Errorf("index of %q: %v", name, err)
		}
	}
	if addr, err := s.Address(unix.SIOCGIFADDR, "lo"); err != nil || addr != netip.MustParseAddr("127.0.0.1") {
		t.Errorf("address of lo: %s, %v", addr, err)
	}
}

func TestResolve(t *testing.T) {
	for _, host := range []string{"127.0.0.1", "localhost"} {
		if addr, err := Resolve(t.Context(), host); err != nil || addr != netip.MustParseAddr("127.0.0.1") {
			t.Errorf("%s: %s, %v", host, addr, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, host := range []string{"::1", "no-such-host.invalid"} {
		if addr, err := Resolve(ctx, host); err == nil {
			t.Errorf("%s: %s", host, addr)
		}
	}
}

// counted writes n times with a result and returns the lines logged.
func counted(c *Counter, n int, err error) string {
	var lines []string
	c.Log = func(level halog.Level, text string) { lines = append(lines, string(level)+" "+text) }
	for range n {
		c.Wrote(err)
	}
	return strings.Join(lines, "\n")
}

func TestFailuresAreLoggedTenTimesInAThousandWrites(t *testing.T) {
	const failure = "ERROR write_child: write failure on ucast eth0.: Network is down"
	const suppressed = "\nWARN Temporarily Suppressing write error messages\nWARN Is a cable unplugged on ucast eth0?"
	c := &Counter{Medium: "ucast eth0"}
	down := fmt.Errorf("wrapped: %w", unix.ENETDOWN)
	nine := strings.TrimSuffix(strings.Repeat(failure+"\n", 9), "\n")
	for _, step := range []struct {
		writes int
		err    error
		want   string
	}{
		{5, nil, ""},
		{9, down, nine},
		{1, nil, ""},
		{1, down, failure + suppressed},
		{500, down, ""},
		{484, nil, ""},
		{1, down, failure},
		{8, down, strings.TrimSuffix(strings.Repeat(failure+"\n", 8), "\n")},
		{2, down, failure + suppressed},
	} {
		if got := counted(c, step.writes, step.err); got != step.want {
			t.Errorf("%d writes, %v: logged\n%s\nwant\n%s", step.writes, step.err, got, step.want)
		}
	}
	if want := (Stats{Sent: 490, Failed: 521}); c.Stats() != want {
		t.Errorf("%+v, want %+v", c.Stats(), want)
	}
}

func TestFailureWords(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{unix.EAGAIN, "ERROR Write timeout on ucast eth0.: Resource temporarily unavailable"},
		{unix.ENOBUFS, "ERROR Write timeout on ucast eth0.: No buffer space available"},
		{&WriteError{Words: "ucast_write: words", Err: unix.EMSGSIZE},
			"ERROR glib: ucast_write: words\nERROR write_child: write failure on ucast eth0.: Message too long"},
		{errors.New("other"), "ERROR write_child: write failure on ucast eth0.: other"},
	} {
		counter := &Counter{Medium: "ucast eth0"}
		if got := counted(counter, 1, c.err); got != c.want {
			t.Errorf("%v: logged\n%s\nwant\n%s", c.err, got, c.want)
		}
		full := errors.Is(c.err, unix.EAGAIN) || errors.Is(c.err, unix.ENOBUFS)
		if s := counter.Stats(); s.Dropped+s.Failed != 1 || (s.Dropped == 1) != full {
			t.Errorf("%v: %+v", c.err, s)
		}
	}
}

func TestOpenErrorWords(t *testing.T) {
	e := &OpenError{Words: "original: No such device", Remedy: "ours", Err: unix.ENODEV}
	if e.Error() != "original: No such device (ours)" || !errors.Is(e, unix.ENODEV) {
		t.Errorf("%v", e)
	}
	if e = (&OpenError{Words: "original"}); e.Error() != "original" {
		t.Errorf("%v", e)
	}
}
