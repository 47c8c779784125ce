package kernel

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"time"

	moby "github.com/moby/ipvs"
	"golang.org/x/sys/unix"

	"systole/pkg/ipvs"
)

// What is written is what is read, and what ipvsadm reads.
func TestWhatIpvsadmSees(t *testing.T) {
	w := newWorld(t)
	h := w.open()
	want := kitchenSink().Normal()
	w.apply(h, ipvs.Plan(nil, want, nil))
	w.same(want, w.read(h))
	if got := w.ipvsadm("", "-S", "-n"); got != savedText(want) {
		t.Errorf("ipvsadm -Sn:\n%swant:\n%s", got, savedText(want))
	}
	info, err := h.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := squeeze(w.ipvsadm("", "-L", "-n")); got != listing(info, want, weights) {
		t.Errorf("ipvsadm -Ln:\n%swant:\n%s", got, listing(info, want, weights))
	}
	if got := squeeze(w.ipvsadm("", "-L", "-n", "--thresholds")); got != listing(info, want, thresholds) {
		t.Errorf("ipvsadm -Ln --thresholds:\n%swant:\n%s", got, listing(info, want, thresholds))
	}
}

// What ipvsadm writes from our text is what we read.
func TestWhatIpvsadmWrites(t *testing.T) {
	w := newWorld(t)
	want := kitchenSink().Normal()
	w.ipvsadm(want.String(), "-R")
	w.same(want, w.read(w.open()))
}

// savedText is the table as "ipvsadm -Sn" prints it: that leaves thresholds out and names the
// type of tunnels.
func savedText(t ipvs.Table) string {
	var b strings.Builder
	for line := range strings.Lines(t.String()) {
		line, _, _ = strings.Cut(strings.TrimSuffix(line, "\n"), " -x ")
		if strings.Contains(line, " -i ") {
			line += " --tun-type ipip"
		}
		fmt.Fprintln(&b, line)
	}
	return b.String()
}

func weights(d ipvs.Dest) string    { return fmt.Sprintf("%s %d", d.Forward, d.Weight) }
func thresholds(d ipvs.Dest) string { return fmt.Sprintf("%d %d", d.Upper, d.Lower) }

// listing is the table as ipvsadm lists it, without the column headings, one blank for many.
func listing(info Info, t ipvs.Table, columns func(ipvs.Dest) string) string {
	var b strings.Builder
	fmt.Fprintln(&b, info)
	for _, e := range t {
		fmt.Fprintln(&b, listed(e.Service.ServiceID), e.Service.Options())
		for _, d := range e.Dests {
			fmt.Fprintln(&b, "->", d.Addr, columns(d), "0 0")
		}
	}
	return b.String()
}

func listed(id ipvs.ServiceID) string {
	switch {
	case id.FWMark != 0 && id.IPv6:
		return fmt.Sprintf("FWM %d IPv6", id.FWMark)
	case id.FWMark != 0:
		return fmt.Sprintf("FWM %d", id.FWMark)
	}
	return fmt.Sprint(strings.ToUpper(id.Protocol.String()), " ", id.Addr)
}

func squeeze(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		line = strings.Join(strings.Fields(line), " ")
		if !strings.HasPrefix(line, "Prot ") && !strings.HasPrefix(line, "-> RemoteAddress") {
			fmt.Fprintln(&b, line)
		}
	}
	return b.String()
}

// Tables that other programs made hold more than ours may: all of it is read as it is, and a plan
// puts right what can be.
func TestStrangeTables(t *testing.T) {
	w := newWorld(t)
	h := w.open()
	w.ipvsadm(`-A -t 10.0.0.1:80 -s wlc -p 60 -M 255.0.255.0
-a -t 10.0.0.1:80 -r 10.0.0.2:80 -g -w 70000
-A -t [fd00::1]:80 -s rr
-a -t [fd00::1]:80 -r 10.0.0.3:80 -i -w 1
`, "-R")
	strange := ipvs.Table{
		{Service: ipvs.Service{ServiceID: tcp("10.0.0.1:80"), Scheduler: "wlc", Persistent: time.Minute, Netmask: ipvs.HolesMask},
			Dests: []ipvs.Dest{dest("10.0.0.2:80", ipvs.Route, 70000)}},
		{Service: ipvs.Service{ServiceID: tcp("[fd00::1]:80"), Scheduler: "rr"},
			Dests: []ipvs.Dest{dest("10.0.0.3:80", ipvs.Tunnel, 1)}},
	}
	w.same(strange, w.read(h))
	if err := h.StartDaemon(t.Context(), Daemon{Role: Master, Interface: "lo"}); !errors.Is(err, ErrMixedFamilies) {
		t.Errorf("sync daemon beside mixed families: %v", err)
	}
	want := ipvs.Table{
		{Service: ipvs.Service{ServiceID: tcp("10.0.0.1:80"), Scheduler: "wlc", Persistent: time.Minute, Netmask: 16},
			Dests: []ipvs.Dest{dest("10.0.0.2:80", ipvs.Route, 7)}},
	}
	w.apply(h, ipvs.Plan(w.read(h), want, strange.IDs()))
	w.same(want, w.read(h))
}

func TestRefusals(t *testing.T) {
	w := newWorld(t)
	h := w.open()
	web := ipvs.Service{ServiceID: tcp("10.0.0.1:80"), Scheduler: "wlc"}
	none := ipvs.Service{ServiceID: tcp("10.0.0.9:80"), Scheduler: "wlc"}
	odd := web
	odd.Scheduler = "nosuch"
	real1, real2 := dest("10.0.0.11:80", ipvs.Route, 1), dest("10.0.0.12:80", ipvs.Route, 1)
	heavy := dest("10.0.0.13:80", ipvs.Route, 65536)
	tests := []struct {
		change ipvs.Change
		want   error
		text   string
	}{
		{ipvs.Change{Op: ipvs.AddService, Service: odd}, ErrNoScheduler,
			`-A -t 10.0.0.1:80 -s nosuch: scheduler or persistence engine not found: "nosuch" (kernel module ip_vs_nosuch)`},
		{ipvs.Change{Op: ipvs.AddDest, Service: web, Dest: real1}, ipvs.ErrNoService,
			"-a -t 10.0.0.1:80 -r 10.0.0.11:80 -g -w 1: no such service"},
		{ipvs.Change{Op: ipvs.AddService, Service: web}, nil, ""},
		{ipvs.Change{Op: ipvs.AddService, Service: web}, ipvs.ErrServiceExists, "-A -t 10.0.0.1:80 -s wlc: service already exists"},
		{ipvs.Change{Op: ipvs.EditService, Service: odd}, ErrNoScheduler, "-E -t 10.0.0.1:80 -s nosuch: scheduler"},
		{ipvs.Change{Op: ipvs.EditService, Service: none}, ipvs.ErrNoService, "-E -t 10.0.0.9:80 -s wlc: no such service"},
		{ipvs.Change{Op: ipvs.AddDest, Service: web, Dest: heavy}, nil, "-w 65536: weight 65536 is not from 0 to 65535"},
		{ipvs.Change{Op: ipvs.AddDest, Service: web, Dest: dest("[fd00::1]:80", ipvs.Tunnel, 1)}, nil, "families may not be mixed"},
		{ipvs.Change{Op: ipvs.AddDest, Service: web, Dest: dest("127.255.255.255:80", ipvs.Tunnel, 1)}, unix.EINVAL, "address not unicast"},
		{ipvs.Change{Op: ipvs.AddDest, Service: web, Dest: real1}, nil, ""},
		{ipvs.Change{Op: ipvs.AddDest, Service: web, Dest: real1}, ipvs.ErrDestExists, "destination already exists"},
		{ipvs.Change{Op: ipvs.EditDest, Service: web, Dest: real2}, ipvs.ErrNoDest, "no such destination"},
		{ipvs.Change{Op: ipvs.DelDest, Service: web, Dest: real2}, ipvs.ErrNoDest, "-d -t 10.0.0.1:80 -r 10.0.0.12:80: no such destination"},
		{ipvs.Change{Op: ipvs.DelDest, Service: web, Dest: real1}, nil, ""},
		{ipvs.Change{Op: ipvs.DelService, Service: ipvs.Service{ServiceID: web.ServiceID}}, nil, ""},
		{ipvs.Change{Op: ipvs.DelService, Service: web}, ipvs.ErrNoService, "-D -t 10.0.0.1:80: no such service"},
	}
	var batch []ipvs.Change
	for _, tt := range tests {
		batch = append(batch, tt.change)
	}
	for i, err := range h.Apply(t.Context(), batch) {
		tt := tests[i]
		switch {
		case tt.text == "" && err != nil:
			t.Errorf("%s: %v", tt.change, err)
		case tt.text != "" && (err == nil || !strings.Contains(err.Error(), tt.text)):
			t.Errorf("%s: %v, want %q", tt.change, err, tt.text)
		case tt.want != nil && !errors.Is(err, tt.want):
			t.Errorf("%s: %v is not %v", tt.change, err, tt.want)
		}
	}
	w.same(nil, w.read(h))
}

// The kernel does to its table what ipvs.Table.Apply does to a value, refusals included.
func TestKernelDoesWhatApplyDoes(t *testing.T) {
	w := newWorld(t)
	h := w.open()
	var model ipvs.Table
	r := rand.New(rand.NewPCG(1, 2))
	for range 40 {
		for range 10 {
			c := randomChange(r)
			next, wanted := model.Apply([]ipvs.Change{c})
			got := h.Apply(t.Context(), []ipvs.Change{c})[0]
			if reason(wanted) != reason(got) {
				t.Fatalf("%s: kernel says %v, the model %v; table:\n%s", c, got, wanted, model)
			}
			model = next
		}
		w.same(model, w.read(h))
		if t.Failed() {
			return
		}
	}
}

// reason is the part of an error that the model and the kernel share.
func reason(err error) error {
	for _, known := range []error{ipvs.ErrServiceExists, ipvs.ErrNoService, ipvs.ErrDestExists, ipvs.ErrNoDest} {
		if errors.Is(err, known) {
			return known
		}
	}
	return err
}

func randomChange(r *rand.Rand) ipvs.Change {
	id := []ipvs.ServiceID{tcp("10.0.0.1:80"), udp("10.0.0.1:53"), tcp("[fd00::1]:80"), ipvs.MarkService(5, false), ipvs.MarkService(5, true)}[r.IntN(5)]
	s := ipvs.Service{
		ServiceID: id, Scheduler: []string{"wlc", "sh", "rr"}[r.IntN(3)], Persistent: time.Duration(r.IntN(2)) * time.Minute,
		Netmask: []int{0, 8, 24}[r.IntN(3)], OnePacket: id.Protocol == ipvs.UDP && r.IntN(2) == 0,
	}
	if r.IntN(2) == 0 {
		s.SchedFlags = []string{"flag-1", "flag-3", "flag-2"}[:r.IntN(4)]
	}
	real := fmt.Sprintf("10.0.0.%d", 11+r.IntN(3))
	if id.Is6() {
		real = fmt.Sprintf("fd00::%d", 11+r.IntN(3))
	}
	d := ipvs.Dest{
		Addr:    netip.AddrPortFrom(netip.MustParseAddr(real), 80),
		Forward: []ipvs.Forward{ipvs.Masq, ipvs.Tunnel, ipvs.Route}[r.IntN(3)],
		Weight:  r.IntN(ipvs.MaxWeight + 1), Upper: 10, Lower: uint32(r.IntN(11)),
	}
	op := []ipvs.Op{ipvs.AddService, ipvs.AddService, ipvs.EditService, ipvs.AddDest, ipvs.AddDest, ipvs.EditDest, ipvs.EditDest, ipvs.DelDest, ipvs.DelService}
	return ipvs.Change{Op: op[r.IntN(len(op))], Service: s, Dest: d}
}

// What moby/ipvs reads is what was written, and the other way round: one more who knows the protocol.
func TestMobyAgrees(t *testing.T) {
	w := newWorld(t)
	h := w.open()
	w.apply(h, ipvs.Plan(nil, kitchenSink().Normal(), nil))
	peer, err := moby.New(w.path)
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	services, err := peer.GetServices()
	if err != nil || len(services) != len(kitchenSink()) {
		t.Fatalf("%d services, %v", len(services), err)
	}
	for _, s := range services {
		dests, err := peer.GetDestinations(s)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range dests {
			d.Weight = 3
			if err := peer.UpdateDestination(s, d); err != nil {
				t.Fatal(err)
			}
		}
	}
	want := kitchenSink().Normal()
	for i := range want {
		for j := range want[i].Dests {
			want[i].Dests[j].Weight = 3
		}
	}
	w.same(want, w.read(h))
}

// Of several batches, each refusal is told of its own change, and all others are made.
func TestRefusalsAmongThousands(t *testing.T) {
	w := newWorld(t)
	h := w.open()
	web := ipvs.Service{ServiceID: tcp("10.0.0.1:80"), Scheduler: "wrr"}
	changes := []ipvs.Change{{Op: ipvs.AddService, Service: web}}
	want := ipvs.Table{{Service: web}}
	for i := range 20 * batchMax {
		d := ipvs.Dest{Addr: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 1, byte(i / 200), byte(i%200 + 1)}), 80), Forward: ipvs.Route, Weight: 1}
		op := ipvs.AddDest
		if i%100 == 7 {
			op = ipvs.EditDest // is not there
		} else {
			want[0].Dests = append(want[0].Dests, d)
		}
		if i%100 == 9 {
			d.Weight = -1 // is not sent at all
			want[0].Dests = want[0].Dests[:len(want[0].Dests)-1]
		}
		changes = append(changes, ipvs.Change{Op: op, Service: web, Dest: d})
	}
	for i, err := range h.Apply(t.Context(), changes) {
		c := changes[i]
		switch {
		case c.Op == ipvs.EditDest && !errors.Is(err, ipvs.ErrNoDest):
			t.Errorf("%s: %v", c, err)
		case c.Dest.Weight < 0 && err == nil:
			t.Errorf("%s: no error", c)
		case c.Op != ipvs.EditDest && c.Dest.Weight >= 0 && err != nil:
			t.Error(err)
		}
	}
	w.same(want.Normal(), w.read(h))
}
