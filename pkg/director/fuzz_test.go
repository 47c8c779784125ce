package director

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"systole/pkg/ipvs"
)

// fuzzConfigs are what a random world reloads between. The last one is refused.
func fuzzConfigs() []string {
	section := func(vip, options string, reals ...string) string {
		text := "virtual=" + vip + "\n"
		for _, r := range reals {
			text += "        real=" + r + "\n"
		}
		return text + "        service=http\n" + options
	}
	const global = "checkinterval=3\nchecktimeout=2\n"
	return []string{
		global + section("10.1.0.70:80", "", "10.1.0.11:80 gate 10", "10.1.0.12:80 gate 10"),
		global + "fallback=127.0.0.1:80\nquiescent=yes\nfallbackcommand=/fb\nfailurecount=2\n" +
			section("10.1.0.70:80", "", "10.1.0.11:80 gate 20", "10.1.0.12:80 masq 10", "10.1.0.13:8080 ipip") +
			section("10.1.0.71:80", "        persistent=60\n", "10.1.0.11:80 gate 1", "10.1.0.12:80 masq 10"),
		global + "readdquiescent=yes\nquiescent=yes\nemailalert=a@b\nemailalertfreq=5\n" +
			section("10.1.0.71:80", "        monitorfile=/m\n", "10.1.0.11:80 gate 1") +
			section("5", "        checktype=connect\n", "10.1.0.12:80 masq 10", "10.1.0.11:80 gate") +
			section("10.1.0.72:80", "        checktype=off\n", "10.1.0.11:80 gate"),
		global + section("10.1.0.70:80", "        checktype=2\n        scheduler=rr\n", "10.1.0.11:80 gate 10", "10.1.0.11:80 gate 5") +
			section("10.1.0.73:80", "        checktype=on\n        cleanstop=no\n", "10.1.0.12:80 gate 3"),
		global + "systole_rise=3\nsystole_slow_start=7\nsystole_flap_hold=2 in 20 for 15\nsystole_panic=60\nfallback=127.0.0.1:80\n" +
			section("10.1.0.70:80", "        quiescent=yes\n        systole_path_check=yes\n", "10.1.0.11:80 gate 20", "10.1.0.12:80 gate 3", "10.1.0.13:8080 gate") +
			section("10.1.0.71:80", "        systole_panic=off\n        systole_rise=1\n", "10.1.0.11:80 gate 9", "10.1.0.12:80 masq 10"),
		global + "systole_flap_hold=1 in 5 for 3\nquiescent=yes\nreaddquiescent=yes\n" +
			section("10.1.0.70:80", "        failurecount=2\n        systole_panic=100\n", "10.1.0.11:80 gate 10", "10.1.0.12:80 masq 10") +
			section("10.1.0.71:80", "        systole_slow_start=1\n        systole_path_check=yes\n", "10.1.0.11:80 gate 5", "10.1.0.11:80 gate 7") +
			section("10.1.0.73:80", "        checktype=on\n        systole_rise=4\n        systole_slow_start=30\n", "10.1.0.12:80 gate 300"),
		global,
		"nonsense\n",
	}
}

var fuzzServers = []string{"10.1.0.11:80", "10.1.0.12:80", "10.1.0.13:8080"}

// foreign is a service that is none of the machine's business.
func foreign() ipvs.Entry {
	return ipvs.Entry{
		Service: ipvs.Service{ServiceID: ipvs.AddrService(ipvs.TCP, netip.MustParseAddrPort("10.9.9.9:99")), Scheduler: "rr"},
		Dests:   []ipvs.Dest{{Addr: netip.MustParseAddrPort("10.9.9.1:99"), Forward: ipvs.Route, Weight: 3}},
	}
}

// disturb does one random thing to a world.
func (w *world) disturb(op, arg byte) {
	server1 := fuzzServers[int(arg)%len(fuzzServers)]
	switch op % 14 {
	case 0:
		w.servers[server1] = server{"down", "500 Timeout Alarm"}
	case 1:
		w.servers[server1] = server{"hang", ""}
	case 2:
		w.servers[server1] = server{"up", "200 OK"}
	case 3:
		w.servers[server1] = server{"stuck", ""}
	case 4:
		w.config = fuzzConfigs()[int(arg)%len(fuzzConfigs())]
		w.step(Hangup{})
	case 5:
		w.step(FileChanged{})
	case 6:
		a := netip.MustParseAddrPort(server1)
		w.step(Maintenance{[]netip.AddrPort{a}[:arg>>7]})
	case 7:
		w.refuse = []string{"", "-a", "-A", "10.1.0.12", "-d", "-e", "-D"}[arg%7]
	case 8:
		w.handRandom(arg)
	case 9, 10:
		w.advance(time.Duration(arg) * 20 * time.Millisecond)
	case 11:
		w.step(CheckResult{ID: "nobody", Seq: uint64(arg)})
	case 12:
		w.paths[server1] = Path{State: PathState(arg / 3 % 5), Text: "because"}
	case 13:
		w.orderRandom(netip.MustParseAddrPort(server1), arg/3)
	}
}

// orderRandom gives or revokes an order about a server.
func (w *world) orderRandom(real netip.AddrPort, arg byte) {
	o := Order{Kind: []OrderKind{Drain, Disable, Weight}[arg%3], Real: real, Weight: int(arg)}
	if arg&64 != 0 {
		o.Until = w.now.Add(time.Duration(arg) * 100 * time.Millisecond)
	}
	w.orders++
	w.step(Instruct{ID: w.orders, Order: o, Revoke: arg&16 != 0})
}

// handRandom removes or adds something of ours by hand.
func (w *world) handRandom(arg byte) {
	if len(w.kernel) == 0 {
		return
	}
	e := &w.kernel[int(arg)%len(w.kernel)]
	if e.Service.Equal(foreign().Service) {
		return
	}
	switch {
	case arg&64 != 0 && len(e.Dests) > 0:
		e.Dests = e.Dests[1:]
	case arg&32 != 0:
		d := ipvs.Dest{Addr: netip.MustParseAddrPort("10.1.0.200:80"), Forward: ipvs.Route, Weight: 1}
		if _, ok := e.Find(d.Addr); !ok {
			e.Dests = append(e.Dests, d)
		}
	case arg&16 != 0:
		e.Service.Scheduler = "dh"
	}
}

// heal makes everything well, and afterwards the table must be the one that is configured.
func (w *world) heal() {
	w.refuse, w.unread = "", nil
	for _, s := range fuzzServers {
		w.servers[s] = server{"up", "200 OK"}
	}
	for _, id := range slices.Sorted(maps.Keys(w.running)) {
		w.post(0, CheckResult{ID: id, Seq: w.running[id], Up: true, Message: "late"})
	}
	w.step(Maintenance{})
	clear(w.paths)
	for _, o := range slices.Clone(w.m.orders) {
		w.step(Instruct{Order: o, Revoke: true})
	}
	w.advance(3 * retryMost)
}

// expected is the table of a configuration whose servers are all up.
func expected(m *Machine) ipvs.Table {
	t := ipvs.Table{foreign()}
	for _, v := range m.virtuals {
		e := ipvs.Entry{Service: v.cf.Service}
		for _, r := range v.cf.Reals {
			d := ipvs.Dest{Addr: destination(v.cf.Service, r.Addr, r.Port, r.Forward), Forward: r.Forward, Weight: r.Weight}
			if v.cf.CheckType == "off" {
				if d.Weight = 0; !v.cf.Quiescent {
					continue
				}
			}
			e.Dests = append([]ipvs.Dest{d}, e.Dests...) // of equal ones the last counts
		}
		if v.cf.CheckType == "off" && v.cf.Fallback != nil {
			e.Dests = append(e.Dests, ipvs.Dest{Addr: netip.MustParseAddrPort("127.0.0.1:80"), Forward: ipvs.Route, Weight: 1})
		}
		t = append(t, e)
	}
	return t.Normal()
}

// FuzzMachine plays random histories. Whatever happened: no two requests to the kernel and no two
// checks of one identity at once, deadlines in the future (world.step), foreign services
// untouched, equal histories give equal traces, and when all is well again the table is right;
// after a stop nothing of ours is left that cleanstop does not keep.
func FuzzMachine(f *testing.F) {
	f.Add([]byte{0, 0, 0, 9, 100, 2, 0, 9, 200})
	f.Add([]byte{1, 4, 1, 9, 50, 1, 1, 9, 250, 4, 2, 9, 100, 4, 3, 9, 30, 4, 5, 9, 90, 4, 0})
	f.Add([]byte{2, 9, 100, 7, 1, 0, 0, 9, 255, 9, 255, 7, 0, 9, 255})
	f.Add([]byte{3, 9, 200, 8, 64, 9, 255, 8, 33, 8, 16, 9, 255, 6, 200, 9, 40, 6, 0})
	f.Add([]byte{4, 9, 200, 0, 0, 9, 200, 2, 0, 9, 200, 0, 0, 9, 255, 2, 0, 9, 255, 12, 9, 9, 255, 13, 3, 9, 200, 13, 51})
	f.Add([]byte{5, 9, 200, 0, 1, 9, 255, 2, 1, 9, 100, 4, 4, 9, 255, 12, 3, 9, 255, 4, 5, 9, 255})
	f.Add([]byte{1, 9, 100, 3, 0, 3, 1, 9, 255, 9, 255, 5, 0, 4, 0, 4, 1, 4, 2, 9, 1})
	f.Fuzz(func(t *testing.T, script []byte) {
		if len(script) < 1 || len(script) > 400 {
			return
		}
		first := playRandom(t, script)
		if again := playRandom(t, script); again != first {
			t.Fatal("equal histories, different traces")
		}
	})
}

func playRandom(t *testing.T, script []byte) string {
	w := newWorld()
	w.all, w.model = true, newModel()
	w.kernel = ipvs.Table{foreign()}
	w.config = fuzzConfigs()[int(script[0])%6]
	w.start(t)
	for i := 1; i+1 < len(script); i += 2 {
		w.disturb(script[i], script[i+1])
	}
	w.heal()
	if got, want := w.kernel.String(), expected(&w.m).String(); got != want {
		w.wrong("all is well, but the table is\n%swant\n%s", got, want)
	}
	kept := ipvs.Table{foreign()}
	for _, v := range w.m.virtuals {
		if e, ok := w.kernel.Find(v.id); ok && !v.cf.CleanStop {
			kept = append(kept, e)
		}
	}
	w.step(Stop{"TERM"})
	w.advance(time.Minute)
	if got, want := w.kernel.String(), kept.Normal().String(); !w.exited || got != want {
		w.wrong("exited %v, table\n%swant\n%s", w.exited, got, want)
	}
	for _, p := range w.problems {
		t.Error(p)
	}
	trace := strings.Join(w.trace, "\n")
	if t.Failed() {
		t.Fatalf("trace:\n%s", trace)
	}
	return trace
}

// TestManyServers keeps 2000 servers for ten minutes: starts are spread, none is forgotten, and
// the machine needs far fewer steps than time would allow.
func TestManyServers(t *testing.T) {
	w := newWorld()
	var b strings.Builder
	b.WriteString("checkinterval=10\nchecktimeout=5\n")
	for v := range 4 {
		fmt.Fprintf(&b, "virtual=10.2.0.%d:80\n        service=http\n", v+1)
		for r := range 500 {
			fmt.Fprintf(&b, "        real=10.%d.%d.%d:80 gate\n", 10+v, r/250, r%250+1)
		}
	}
	w.config = b.String()
	w.start(t)
	w.advance(3 * time.Second)
	if n := len(w.m.checks); n != 2000 {
		t.Fatalf("%d checks, want 2000", n)
	}
	for _, e := range w.kernel {
		if len(e.Dests) != 500 {
			t.Fatalf("%d servers in service after 3 s, want 500", len(e.Dests))
		}
	}
	starts := map[time.Duration]int{}
	w.all, w.trace = true, nil
	w.advance(10 * time.Second)
	for _, line := range w.trace {
		var at float64
		fmt.Sscan(line, &at)
		if strings.Contains(line, "check start") {
			starts[time.Duration(at)*time.Second]++
		}
	}
	for second, n := range starts {
		if n > 300 {
			t.Errorf("%d checks start in second %v, want about 200", n, second)
		}
	}
	for _, p := range w.problems {
		t.Error(p)
	}
}

var histories = flag.Int("histories", 150, "random histories that TestRandomHistories plays")

// TestRandomHistories plays longer histories than the fuzzer finds quickly; a failing seed repeats.
func TestRandomHistories(t *testing.T) {
	for seed := range *histories {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(uint64(seed), 1))
			script := make([]byte, 1+2*random.IntN(100))
			for i := range script {
				script[i] = byte(random.Uint32())
			}
			playRandom(t, script)
		})
	}
}
