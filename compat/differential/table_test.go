package differential

import (
	"context"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"systole/compat/lab"
)

// lookEvery is between looks at a table or log: every system call is dear here. readAgain is when ipvsadm is asked although
// the kernel's own listing, which lacks thresholds, is as before.
const (
	lookEvery = 250 * time.Millisecond
	readAgain = 5 * time.Second
)

// director is one of the two.
type director struct {
	*lab.Host
	who string
	raw *os.File // the kernel's own listing of the host's table: it costs no process
}

func newDirector(t *testing.T, h *lab.Host, who string) *director {
	t.Helper()
	d := &director{Host: h, who: who}
	err := h.Do(func() (err error) {
		d.raw, err = os.Open("/proc/thread-self/net/ip_vs")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.raw.Close() })
	return d
}

// listing is the table of all scenarios now.
func (d *director) listing() (string, error) {
	b, err := io.ReadAll(io.NewSectionReader(d.raw, 0, 1<<20))
	return string(b), err
}

// table is the part of the host's table that belongs to the scenario, as ipvsadm saves it.
func (r *run) table(ctx context.Context, d *director) []string {
	r.Helper()
	var lines []string
	for line := range strings.Lines(lab.OK(d.Check(ctx, "ipvsadm", "-Sn"))(r.T)) {
		words := strings.TrimSuffix(strings.Join(strings.Fields(line), " "), " --tun-type ipip") // what -i means anyway
		if strings.Contains(words, r.net+".") || strings.Contains(words, " -f "+r.mark()+" ") {
			lines = append(lines, words)
		}
	}
	slices.Sort(lines)
	return lines
}

// thresholds are those of a service's destinations, which ipvsadm does not save.
func (r *run) thresholds(virtual, want string) {
	r.Helper()
	for _, d := range r.stage.directors {
		listing := lab.OK(d.Check(r.Context(), "ipvsadm", "-Ln", "--thresholds", "-t", r.here(virtual)))(r.T)
		if words := strings.Join(strings.Fields(listing), " "); !strings.Contains(words, r.here(want)) {
			r.Errorf("%s: the thresholds of %s want %s:\n%s", d.who, virtual, want, listing)
		}
	}
}

// expected reads the table of a step: a line a service or server, without -A, -a and -t.
func (r *run) expected(text string) []string {
	var lines []string
	for line := range strings.Lines(r.here(text)) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		if !strings.HasPrefix(words[0], "-") {
			words = append([]string{"-t"}, words...)
		}
		op := "-A"
		if slices.Contains(words, "-r") {
			op = "-a"
		}
		lines = append(lines, op+" "+strings.Join(words, " "))
	}
	slices.Sort(lines)
	return lines
}

// awaitTable waits until a table is what it should be.
func (r *run) awaitTable(ctx context.Context, d *director, what string, want []string) {
	r.Helper()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	var have []string
	seen, at := "-", time.Time{}
	for {
		now := lab.OK(d.listing())(r.T)
		if now != seen || time.Since(at) > readAgain {
			seen, at, have = now, time.Now(), r.table(ctx, d)
		}
		if slices.Equal(have, want) {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			r.Fatalf("%s: the table of %s (-want +got)\n%s", what, d.who, cmp.Diff(want, have))
		}
	}
}
