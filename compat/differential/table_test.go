package differential

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"systole/compat/lab"
)

// lookEvery is between looks at a table or log: every system call is dear here. readAgain is when ipvsadm is asked whatever
// the kernel's own listing says.
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

// listing is the table of all scenarios now. It is read at once: where the kernel goes on after an interruption, it
// counts the services of other hosts.
func (d *director) listing() (string, error) {
	buf := make([]byte, 1<<16)
	n, err := d.raw.ReadAt(buf, 0)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return string(buf[:n]), err
}

// table is the part of the host's table that belongs to the scenario, as ipvsadm saves it.
func (r *run) table(ctx context.Context, d *director) []string {
	r.Helper()
	var lines []string
	for line := range strings.Lines(lab.OK(d.Check(ctx, "ipvsadm", "-Sn"))(r.T)) {
		words := strings.TrimSuffix(strings.Join(strings.Fields(line), " "), " --tun-type ipip") // what -i means anyway
		if strings.Contains(words, r.net+".") || strings.Contains(words, r.net6()+":") || strings.Contains(words, " -f "+r.mark()+" ") {
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

// awaitTable waits until a table is what it should be. ipvsadm is asked when the kernel's own listing is another and has
// as many entries as it should, and now and then.
func (r *run) awaitTable(d *director, what string, want []string) {
	r.Helper()
	ctx := patience.For(r)
	seen, at := "-", time.Now()
	if !r.looks(func() bool {
		now := r.entries(lab.OK(d.listing())(r.T))
		text := strings.Join(now, "")
		if (len(now) != len(want) || text == seen) && time.Since(at) <= readAgain {
			return false
		}
		seen, at = text, time.Now()
		return slices.Equal(r.table(ctx, d), want)
	}) {
		r.Fatalf("%s: the table of %s (-want +got)\n%s", what, d.who, cmp.Diff(want, r.table(r.Context(), d)))
	}
}

// entries are the lines of the kernel's listing about the scenario: a service, then its destinations.
func (r *run) entries(listing string) []string {
	n, err := strconv.Atoi(r.mark())
	if err != nil {
		r.Fatal(err)
	}
	head := regexp.MustCompile(fmt.Sprintf(`^(?:(?:TCP|UDP) +(?:0A00%02X..|\[fd00:(?:0000:){5}%04x:[0-9a-f]{4}\]):|FWM +%08X )`, n, n, n))
	var keep []string
	mine := false
	for line := range strings.Lines(listing) {
		if !strings.HasPrefix(line, "  ->") {
			mine = head.MatchString(line)
		}
		if mine {
			keep = append(keep, line)
		}
	}
	return keep
}

// TestEntries reads a listing as the kernel writes it.
func TestEntries(t *testing.T) {
	const text = `IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port Forward Weight ActiveConn InActConn
TCP  0A000164:0050 wrr  persistent 600 FFFFFFFF
  -> 0A00010B:0050      Route   1      0          0
TCP  0A000264:0050 wrr  
  -> 0A00020B:0050      Route   1      0          0
UDP  0A000165:0035 wrr  ops 
TCP  [fd00:0000:0000:0000:0000:0000:0001:0100]:0050 rr  
  -> [fd00:0000:0000:0000:0000:0000:0001:0011]:0050      Route   1      0          0
TCP  [fd00:0000:0000:0000:0000:0000:0002:0100]:0050 rr  
FWM  00000001 IPv6 wrr 
FWM  00000011 wlc 
  -> 0A00010B:0050      Route   1      0          0
`
	r := &run{T: t, net: "10.0.1"}
	if have := r.entries(text); len(have) != 6 {
		t.Errorf("%d entries: %q", len(have), have)
	}
}
