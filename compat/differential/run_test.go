package differential

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"systole/compat/lab"
	"systole/compat/uml"
)

func TestMain(m *testing.M) {
	lab.Main()
	// User-Mode Linux has one processor, and scenarios wait most of the time.
	lab.AtOnce(16)
	if os.Geteuid() == 0 && !uml.Inside() {
		if _, err := lab.EnsureInstalled(context.Background()); err != nil { // once, not once for each machine
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// elsewhere runs the calling test in a User-Mode Linux of its own if it has to, beside the other
// tests' ones.
func elsewhere(t *testing.T) bool {
	t.Helper()
	t.Parallel()
	return uml.Elsewhere(t)
}

const patience = lab.Patience(4 * time.Minute)

// hosts are the last numbers of the servers' addresses.
func hosts() []string { return []string{"11", "12", "13", "14", "15", "19"} }

// stage is what all scenarios share.
type stage struct {
	servers   *lab.Host
	directors []*director
	began     time.Time
}

func newStage(t *testing.T, scenarios int) *stage {
	t.Helper()
	l := lab.Test(t)
	lan := lab.OK(l.Switch("lan"))(t)
	var addrs []string
	names := "" // with maintenancedir the original looks up the name of every server in every pass
	for n := range scenarios {
		for _, host := range hosts() {
			addrs = append(addrs, fmt.Sprintf("10.0.%d.%s/8", n+1, host), fmt.Sprintf("fd00::%d:%s/64", n+1, host))
			names += fmt.Sprintf("10.0.%[1]d.%[2]s real%[2]s-%[1]d.example.com\n", n+1, host)
		}
	}
	host := func(name string, f lab.Flavour, addrs ...string) *lab.Host {
		return lab.OK(l.Host(lab.Spec{Name: name, Flavour: f, EtcHosts: names, Ports: map[string]lab.Port{"eth0": lab.On(lan, addrs...)}}))(t)
	}
	return &stage{host("servers", lab.Bare, addrs...), []*director{
		newDirector(t, host(original, lab.Originals, "10.0.0.1/8", "fd00::1/64"), original),
		newDirector(t, host(ours, lab.Systole, "10.0.0.2/8", "fd00::2/64"), ours),
	}, time.Now()}
}

// scenario is a configuration and what happens to it. NET in texts is the scenario's 10.0.N, NET6 its fd00::N, MARK
// its firewall mark.
type scenario struct {
	name  string
	cf    string
	story func(r *run)
}

// run is a scenario that is played.
type run struct {
	*testing.T
	stage   *stage
	name    string
	net     string
	servers map[string]*server
	lines   func(d *director) []string // what a daemon has logged
	extra   []allowance                // of this scenario alone
}

func (s *stage) play(t *testing.T, number int, sc scenario) {
	r := &run{T: t, stage: s, name: sc.name + ".cf", net: fmt.Sprintf("10.0.%d", number), servers: map[string]*server{}}
	for _, host := range hosts() {
		r.servers[host] = newServer(t, s.servers, r.net+"."+host+":80", "["+r.net6()+":"+host+"]:80")
	}
	r.lines = func(d *director) []string { return r.linesOf(d, "/var/log/"+r.name+".log") }
	r.write(sc.cf)
	t.Cleanup(r.showLogs)
	sc.story(r)
}

func (r *run) showLogs() {
	if !r.Failed() {
		return
	}
	for _, d := range r.stage.directors {
		r.Logf("the log of %s:\n%s", d.who, strings.Join(r.lines(d), "\n"))
	}
}

// linesOf are the lines of a file, but for one that is not complete.
func (r *run) linesOf(d *director, name string) []string {
	text, err := d.ReadFile(r.here(name))
	if err != nil {
		return nil
	}
	return whole(string(text))
}

func whole(text string) []string {
	lines := strings.Split(text, "\n")
	return lines[:len(lines)-1]
}

func (r *run) here(text string) string {
	return strings.NewReplacer("NET6", r.net6(), "NET", r.net, "MARK", r.mark()).Replace(text)
}

func (r *run) net6() string { return "fd00::" + r.mark() }

// mark is the firewall mark of the scenario.
func (r *run) mark() string { return strings.TrimPrefix(r.net, "10.0.") }

// write writes the configuration of both. It begins with what all have in common. A check may take
// long: the one processor is busy with everybody's processes.
func (r *run) write(cf string) {
	r.Helper()
	r.writeAs(r.name, cf)
}

func (r *run) writeAs(name, cf string) {
	r.Helper()
	r.file("/etc/ha.d/"+name, "logfile=\"/var/log/"+name+".log\"\ncheckinterval=1\nchecktimeout=30\n"+cf, 0o644)
}

func (r *run) file(name, text string, perm os.FileMode) {
	r.Helper()
	for _, d := range r.stage.directors {
		if err := d.WriteFile(r.here(name), []byte(r.here(text)), perm); err != nil {
			r.Fatal(err)
		}
	}
}

// both runs a command on both. The exit codes and what they print must be equal.
func (r *run) both(argv ...string) {
	r.Helper()
	printed := map[string]string{}
	for _, d := range r.stage.directors {
		res := r.on(d, argv...)
		said := pid.ReplaceAllString(stamp.ReplaceAllString(res.Stdout+res.Stderr, ""), "PID")
		printed[d.who] = fmt.Sprintf("exit code %d\n%s", res.Code, said)
	}
	if diff := cmp.Diff(printed[original], printed[ours]); diff != "" {
		r.Errorf("%s (-original +ours): %s", strings.Join(argv, " "), diff)
	}
}

// on runs a command on one host.
func (r *run) on(d *director, argv ...string) lab.Result {
	r.Helper()
	return lab.OK(d.Run(patience.For(r), argv...))(r.T)
}

func (r *run) ldirectord(command string) {
	r.Helper()
	r.both("/usr/sbin/ldirectord", "/etc/ha.d/"+r.name, command)
}

// signal tells both daemons something: a command of the original takes seconds here.
func (r *run) signal(name string) {
	r.Helper()
	r.both("sh", "-c", "kill -"+name+" $(cat "+r.pidFile()+")")
}

func (r *run) pidFile() string { return "/var/run/ldirectord." + r.name + ".pid" }

// are gives servers a mood.
func (r *run) are(m mood, hosts ...string) {
	r.Helper()
	for _, host := range hosts {
		r.servers[host].is(r.T, m)
	}
}

// looks waits for a state that tells nobody of its coming, and says whether it came.
func (r *run) looks(so func() bool) bool {
	r.Helper()
	return lab.Poll(patience.For(r), lookEvery, func() (bool, error) { return so(), nil }) == nil
}

// comes waits until both tables are what the text says, and both logs say the same.
func (r *run) comes(what, text string) {
	r.Helper()
	r.tables(what, text)
	r.sameLogs(what)
	r.Logf("%6.1f s: %s", time.Since(r.stage.began).Seconds(), what)
}

// tables waits until both tables are what the text says.
func (r *run) tables(what, text string) {
	r.Helper()
	for _, d := range r.stage.directors {
		r.awaitTable(d, what, r.expected(text))
	}
}

// sameLogs waits until both have written the same, but for what may differ.
func (r *run) sameLogs(what string) {
	r.Helper()
	diff := ""
	if !r.looks(func() bool {
		told := map[string]map[string][]string{}
		for _, d := range r.stage.directors {
			told[d.who] = agreed(d.who, r.lines(d), r.extra...)
		}
		diff = cmp.Diff(told[original], told[ours])
		return diff == ""
	}) {
		r.Fatalf("%s: the logs (-original +ours)\n%s", what, diff)
	}
}

// comesLine waits until both have written so many lines with the words.
func (r *run) comesLine(count int, words string) {
	r.Helper()
	r.await(fmt.Sprintf("%d lines with %q", count, words), func(d *director) bool {
		return strings.Count(strings.Join(r.lines(d), "\n"), r.here(words)) >= count
	})
}

// ends stops both by the signal of "ldirectord stop" and waits until their tables are what the text says, the logs
// say the same to the last line and the pid files are gone.
func (r *run) ends(text string) {
	r.Helper()
	r.signal("TERM")
	r.comes("stop", text)
	r.left()
}

// left waits until the pid files are gone.
func (r *run) left() {
	r.Helper()
	r.comesNoFile(r.pidFile())
}

func (r *run) comesNoFile(name string) {
	r.Helper()
	r.await(name+" is gone", func(d *director) bool {
		_, err := d.ReadFile(name)
		return errors.Is(err, fs.ErrNotExist)
	})
}

// comesFile waits until a file on both says what it should.
func (r *run) comesFile(name, want string) {
	r.Helper()
	r.await(name+" says "+want, func(d *director) bool {
		text, err := d.ReadFile(r.here(name))
		return err == nil && string(text) == want
	})
}

// await waits for something on both that tells nobody of its coming.
func (r *run) await(what string, so func(d *director) bool) {
	r.Helper()
	for _, d := range r.stage.directors {
		if !r.looks(func() bool { return so(d) }) {
			r.Fatalf("%s: it has not come to be: %s", d.who, what)
		}
	}
}
