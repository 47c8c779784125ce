package main

import (
	"io"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"systole/compat/lab"
	"systole/pkg/diag"
	"systole/pkg/ipvs"
	"systole/pkg/ldirectorcf"
)

// noon is when the tests' gaps begin.
var noon = time.Date(2018, 8, 8, 12, 0, 0, 0, time.UTC)

func after(ms int) time.Time { return noon.Add(time.Duration(ms) * time.Millisecond) }

func TestLongestGapOfAWindow(t *testing.T) {
	gaps := []lab.Gap{{From: after(0), To: after(5)}, {From: after(5), To: after(400)}, {From: after(400), To: after(405)}, {From: after(405), To: after(1400)}}
	for _, c := range []struct {
		name     string
		from, to int
		want     int
	}{
		{"all", -1, 2000, 995},
		{"first event", 2, 402, 395},
		{"the next event's gap has begun", 2, 1399, 395},
		{"it counts where it ends", 1399, 1500, 995},
		{"nothing", 3000, 4000, 0},
	} {
		got := window{after(c.from), after(c.to)}.longest(gaps)
		if got != time.Duration(c.want)*time.Millisecond {
			t.Errorf("%s: %s, want %d ms", c.name, got, c.want)
		}
	}
}

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		in   []int64
		want int64
	}{{[]int64{7}, 7}, {[]int64{9, 1, 5}, 5}, {[]int64{4, 3, 2, 1}, 2}} {
		if got := median(c.in); got != c.want {
			t.Errorf("median of %v: %d, want %d", c.in, got, c.want)
		}
	}
}

func TestParseSmaps(t *testing.T) {
	const out = "/proc/52/smaps_rollup:Rss:               20480 kB\n" +
		"/proc/52/smaps_rollup:Pss:               10240 kB\n" +
		"/proc/69/smaps_rollup:Rss:                1024 kB\n" +
		"/proc/69/smaps_rollup:Pss:                 512 kB\n"
	got, err := parseSmaps(out)
	if want := (memory{2, 21504, 10752}); got != want || err != nil {
		t.Errorf("%+v (%v), want %+v", got, err, want)
	}
	if got, err := parseSmaps(""); got != (memory{}) || err != nil {
		t.Errorf("nothing gives %+v (%v)", got, err)
	}
	if _, err := parseSmaps("/proc/1/smaps_rollup:Rss: many kB\n"); err == nil {
		t.Error("nonsense is taken")
	}
}

func TestParseSchedstat(t *testing.T) {
	if got, err := parseSchedstat("1500000 200 3\n500000 0 1\n"); got != 2*time.Millisecond || err != nil {
		t.Errorf("%s (%v)", got, err)
	}
	if got, err := parseSchedstat(""); got != 0 || err != nil {
		t.Errorf("nothing gives %s (%v)", got, err)
	}
	if _, err := parseSchedstat("cat: no such file\n"); err == nil {
		t.Error("nonsense is taken")
	}
}

// Every contestant has a league, and each league Systole and the original in it.
func TestLeagues(t *testing.T) {
	var all []result
	for _, c := range contestants() {
		all = append(all, result{contestant: c})
	}
	n := 0
	for _, league := range leagues(all) {
		n += len(league)
		_, ours := find(league, contestant.ours)
		_, real := find(league, contestant.original)
		if !ours || !real || rhythms[league[0].contestant.league] == "" {
			t.Errorf("league %q: Systole %t, the original %t, described as %q", league[0].contestant.league, ours, real, rhythms[league[0].contestant.league])
		}
	}
	if n != len(all) {
		t.Errorf("%d of %d contestants are in a league", n, len(all))
	}
}

// rounds are results of one contestant from gaps at a stop in milliseconds and
// memory in KiB.
func rounds(name string, kib int64, stops ...int) result {
	r := result{contestant: contestant{name: name, league: everySecond, flavour: lab.Originals}}
	if name == "systole" {
		r.contestant.flavour = lab.Systole
	}
	for _, ms := range stops {
		r.rounds = append(r.rounds, measured{stop: time.Duration(ms) * time.Millisecond, memory: memory{resident: kib}})
	}
	return r
}

func TestJudge(t *testing.T) {
	results := []result{rounds("systole", 20<<10, 30, 8, 9), rounds("heartbeat", 47<<10, 400, 420, 380)}
	met := map[string]bool{}
	for _, v := range judge(results) {
		met[v.figure] = v.met()
	}
	want := map[string]bool{plannedStop: true, failback: true, lost: true, crash: true, coldStart: true, alone: true, residentTotal: true}
	if !reflect.DeepEqual(met, want) {
		t.Errorf("met: %v, want %v", met, want)
	}
	worse := []result{rounds("systole", 24<<10, 30, 21, 20), rounds("heartbeat", 47<<10, 400)}
	for _, v := range judge(worse) {
		if hit := v.figure != plannedStop && v.figure != residentTotal; v.met() != hit {
			t.Errorf("%s: met %t, want %t", v.figure, v.met(), hit)
		}
	}
	if got := judge(results[1:]); got != nil {
		t.Errorf("without Systole: %v", got)
	}
	for _, v := range judge(results[:1]) {
		if v.figure == residentTotal {
			t.Error("the share of the original's memory is judged without the original")
		}
	}
}

func TestTargetTable(t *testing.T) {
	results := []result{rounds("systole", 20<<10, 10), rounds("heartbeat", 47<<10, 412)}
	got := plain(targetTable(judge(results), others(results)...))
	for _, want := range []string{
		"gap at a planned stop of the holder         10 ms   10 ms   met   412 ms = 41×\n",
		"resident memory of the daemons            23.5 MB   20.0 MB   met   47.0 MB = 2.4×\n",
	} {
		if !strings.Contains(squeeze(got), squeeze(want)) {
			t.Errorf("no line %q in\n%s", want, got)
		}
	}
}

// squeeze makes runs of blanks one.
func squeeze(s string) string {
	for strings.Contains(s, "  ") {
		s = strings.ReplaceAll(s, "  ", " ")
	}
	return s
}

func TestTables(t *testing.T) {
	in := table{{"a", "long head"}, {"longer …", "1"}}
	if got, want := plain(in), "a          long head\nlonger …           1\n"; got != want {
		t.Errorf("plain\n%swant\n%s", got, want)
	}
	if got, want := markdown(in), "| a        | long head |\n| -------- | --------: |\n| longer … |         1 |\n"; got != want {
		t.Errorf("markdown\n%swant\n%s", got, want)
	}
	if len(in) != 2 {
		t.Error("the table was changed")
	}
	if got := plain(table{{"head"}}); got != "" {
		t.Errorf("a table without rows is %q", got)
	}
}

func TestFiguresTable(t *testing.T) {
	got := figuresTable([]result{rounds("systole", 20<<10, 10, 30, 20)})
	if want := []string{plannedStop, "20 ms (10 ms – 30 ms)"}; !reflect.DeepEqual(got[1], want) {
		t.Errorf("%q, want %q", got[1], want)
	}
	if want := []string{residentTotal, "20.0 MB"}; !slices.ContainsFunc(got, func(row []string) bool { return slices.Equal(row, want) }) {
		t.Errorf("no row %q in %q", want, got)
	}
}

func TestText(t *testing.T) {
	for d, want := range map[time.Duration]string{
		5240 * time.Microsecond: "5.2 ms", 12 * time.Millisecond: "12 ms", 999 * time.Millisecond: "999 ms",
		999600 * time.Microsecond: "1.00 s", 5031 * time.Millisecond: "5.03 s", 12600 * time.Millisecond: "12.6 s",
	} {
		if got := text(d); got != want {
			t.Errorf("%d ns: %q, want %q", d, got, want)
		}
	}
}

func TestChoose(t *testing.T) {
	for list, want := range map[string]string{
		"":                      "systole, heartbeat, keepalived, systole-0.1, heartbeat-0.1, keepalived-0.1",
		"heartbeat, keepalived": "heartbeat, keepalived",
	} {
		got, err := choose(contestants(), list)
		if err != nil || names(got) != want {
			t.Errorf("%q: %s (%v), want %s", list, names(got), err, want)
		}
	}
	if _, err := choose(contestants(), "corosync"); err == nil {
		t.Error("an unknown contestant is taken")
	}
}

func TestParse(t *testing.T) {
	for _, args := range [][]string{{"-n", "0"}, {"-n", "x"}, {"more"}} {
		if _, err := parse(args, io.Discard); err == nil {
			t.Errorf("%q is taken", args)
		}
	}
	if o, err := parse([]string{"-n", "3", "-write"}, io.Discard); err != nil || o.rounds != 3 || !o.write {
		t.Errorf("%+v (%v)", o, err)
	}
}

// TestKeepalivedConf makes sure that the two nodes of a pair differ where they must.
func TestKeepalivedConf(t *testing.T) {
	a, s := keepalivedConf(active, "0.1"), keepalivedConf(standby, "0.1")
	for _, c := range []struct{ text, want string }{
		{a, "state MASTER"}, {a, "priority 150"}, {a, "advert_int 0.1"}, {s, "state BACKUP"}, {s, "priority 100"}, {s, "121.254.175.70/32 dev eth0"},
	} {
		if !strings.Contains(c.text, c.want) {
			t.Errorf("no %q in\n%s", c.want, c.text)
		}
	}
}

// TestShowsWeights: the table is right when it has all servers, with their weights, and nothing else.
func TestShowsWeights(t *testing.T) {
	var e ipvs.Entry
	for i := range 3 {
		e.Dests = append(e.Dests, ipvs.Dest{Addr: netip.AddrPortFrom(farmAddr(2-i), 80), Weight: 1})
	}
	if !showsWeights(ipvs.Table{e}, 3, allOne) {
		t.Error("all weights are 1")
	}
	for what, table := range map[string]ipvs.Table{"empty": nil, "a server less": {{Dests: e.Dests[1:]}}, "another service": {e, e}} {
		if showsWeights(table, 3, allOne) {
			t.Errorf("%s: taken for right", what)
		}
	}
	if showsWeights(ipvs.Table{e}, 3, firstTwo) || showsWeights(ipvs.Table{e}, 3, allThree) {
		t.Error("other weights are taken for right")
	}
}

func TestBalancerTexts(t *testing.T) {
	for _, b := range balancers() {
		text := b.text(2, firstTwo)
		for i := range 2 {
			if !strings.Contains(text, farmAddr(i).String()) {
				t.Errorf("%s: no server %s in\n%s", b.who, farmAddr(i), text)
			}
		}
	}
	cf, diags := ldirectorcf.Load(ldirectorcf.Env{}, "ldirectord.cf", []byte(ldirectordText(2, firstTwo)))
	if diag.Failed(diags) || len(cf.Virtuals) != 1 || cf.Virtuals[0].Reals[0].Weight != 2 || cf.Virtuals[0].Reals[1].Weight != 1 {
		t.Errorf("ours is read as %+v, %v", cf, diags)
	}
}

func TestBalancerTable(t *testing.T) {
	got := balancerTable([]balanced{
		{"systole", 500, time.Millisecond, 0.2, 10 << 10, 100 * time.Millisecond, time.Second},
		{"keepalived", 500, 2 * time.Millisecond, 0.3, 5 << 10, 300 * time.Millisecond, 2 * time.Second},
	})
	if want := []string{"500", "… times ours", "2.0×", "1.5×", "0.5×", "3.0×", "2.0×"}; !slices.Equal(got[3], want) {
		t.Errorf("%q, want %q", got[3], want)
	}
}
