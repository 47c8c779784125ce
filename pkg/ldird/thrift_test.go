package ldird

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"systole/pkg/ldirectorcf"
)

func TestLazyTimers(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	lazyTimers()
	text, err := os.ReadFile("/proc/" + strconv.Itoa(unix.Gettid()) + "/timerslack_ns")
	if err != nil {
		t.Skip(err) // a kernel without it
	}
	if got := strings.TrimSpace(string(text)); got != strconv.Itoa(int(timerSlack)) {
		t.Errorf("slack of %s ns, want %d", got, timerSlack)
	}
}

func TestProcessors(t *testing.T) {
	for _, c := range []struct {
		reals    int
		service  string
		interval time.Duration
		want     int
	}{
		{0, "http", 0, 1}, {500, "http", 2 * time.Second, 1}, {10_000, "http", 10 * time.Second, 1},
		{10_000, "http", time.Second, 4}, {1_000_000, "http", time.Second, 4},
		{500, "https", 2 * time.Second, 1}, {10_000, "https", 10 * time.Second, 2},
	} {
		v := ldirectorcf.Virtual{CheckType: ldirectorcf.CheckNegotiate, CheckService: c.service, CheckInterval: c.interval, Reals: make([]ldirectorcf.Real, c.reals)}
		if got := processors(&ldirectorcf.Config{Virtuals: []ldirectorcf.Virtual{v}}); got != c.want {
			t.Errorf("%d reals of %s each %s: %d processors, want %d", c.reals, c.service, c.interval, got, c.want)
		}
	}
}

func TestPace(t *testing.T) {
	for _, c := range []struct {
		reals    int
		interval time.Duration
		want     time.Duration
	}{
		{0, 0, 0}, {399, time.Second, 0}, {400, time.Second, pace}, {400, 2 * time.Second, 0}, {10_000, 10 * time.Second, pace},
	} {
		v := ldirectorcf.Virtual{CheckInterval: c.interval, Reals: make([]ldirectorcf.Real, c.reals)}
		if got := paceOf(&ldirectorcf.Config{Virtuals: []ldirectorcf.Virtual{v}}); got != c.want {
			t.Errorf("%d reals each %s: %s, want %s", c.reals, c.interval, got, c.want)
		}
	}
}
