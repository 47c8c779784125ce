package clients

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"systole/compat/lab"
)

// call is one line of testdata/cl_status.txt.
type call struct {
	line int
	user string
	args []string
}

// calls are the calls of each state, in the order of the file.
type calls struct {
	state string
	calls []call
}

func readCalls(t *testing.T) []calls {
	t.Helper()
	text := lab.OK(os.ReadFile("testdata/cl_status.txt"))(t)
	var all []calls
	user := "root"
	for i, line := range strings.Split(string(text), "\n") {
		state, isState := strings.CutPrefix(line, "= ")
		name, isUser := strings.CutPrefix(line, "as ")
		switch {
		case line == "" || line[0] == '#':
		case isState:
			all, user = append(all, calls{state: state}), "root"
		case isUser:
			user = name
		default:
			last := &all[len(all)-1]
			last.calls = append(last.calls, call{i + 1, user, strings.Fields(line)})
		}
	}
	return all
}

// inState brings a pair into a state, from the one before it in the file.
func (p *pair) inState(state string) *pair {
	p.t.Helper()
	switch state {
	case "both nodes are up":
		p.start()
		p.ready()
	case "a site and a weight were set":
		p.active.run("/usr/share/heartbeat/hb_setsite", activeName, "here")
		p.active.run("/usr/share/heartbeat/hb_setweight", standbyName, "7")
		p.saysFinally("here\n", "nodesite", activeName)
		p.saysFinally("7\n", "nodeweight", standbyName)
	case "the peer is stopped":
		p.standby.run("service", "heartbeat", "stop")
		p.saysFinally("dead\n", "nodestatus", standbyName)
		p.saysFinally("dead\n", "hblinkstatus", standbyName, "eth0")
		p.active.holds("all")
	case "the daemon is stopped":
		p.active.run("service", "heartbeat", "stop")
	default:
		p.t.Errorf("no state %q", state)
	}
	return p
}

// ready waits for the clients that are asked about.
func (p *pair) ready() {
	p.t.Helper()
	p.saysFinally("ping\n", "nodestatus", gatewayAddr)
	p.saysFinally("online\n", "clientstatus", activeName, "ipfail")
	p.saysFinally("online\n", "clientstatus", standbyName, "ipfail", "4000")
	patience.Until(p.t, "ccm knows two members", func() bool {
		text := lab.OK(p.active.Run(patience.For(p.t), originalDir+"/cl_status", "hbstatus", "-v"))(p.t).Stdout
		return strings.Contains(text, "\tmembers 2\n") && strings.Contains(text, "with quorum")
	})
}

// saysFinally waits until cl_status says something on the active node.
func (p *pair) saysFinally(want string, args ...string) {
	p.t.Helper()
	patience.Until(p.t, "cl_status "+strings.Join(args, " "), func() bool {
		return lab.OK(p.active.Run(patience.For(p.t), append([]string{"cl_status"}, args...)...))(p.t).Stdout == want
	})
}

// TestClStatus makes every call with both programs at both daemons (tools spec 7).
func TestClStatus(t *testing.T) {
	t.Parallel()
	pairs := map[daemon]*pair{}
	for _, d := range []daemon{ours, original} {
		const clients = "apiauth ipfail uid=hacluster\n"
		pairs[d] = newPair(t, d, clients+respawn("/usr/libexec/heartbeat/ipfail")+respawn("/usr/libexec/heartbeat/ccm"))
	}
	for _, group := range readCalls(t) {
		var theirs, mine []string
		lab.Together(
			func() { theirs = pairs[original].inState(group.state).active.answersTo(group.calls) },
			func() { mine = pairs[ours].inState(group.state).active.answersTo(group.calls) },
		)
		for i, c := range group.calls {
			if d := cmp.Diff(theirs[i], mine[i]); d != "" {
				t.Errorf("testdata/cl_status.txt:%d: %s, cl_status %s (-original +ours)\n%s", c.line, group.state, strings.Join(c.args, " "), d)
			}
		}
	}
}

// callsAtOnce is how many calls a daemon gets side by side: the original takes half a second for an
// answer now and then.
const callsAtOnce = 6

// answersTo makes calls with both programs. They must agree; their answers are returned.
func (n *node) answersTo(list []call) []string {
	out := make([]string, len(list))
	var g errgroup.Group
	g.SetLimit(callsAtOnce)
	for i, c := range list {
		g.Go(func() error {
			out[i] = n.agree(c)
			return nil
		})
	}
	g.Wait()
	return out
}

// agree makes a call with both programs. The original's does not always wait for ccm's word about
// the membership, so that it has more than one try at -v.
func (n *node) agree(c call) string {
	mine, theirs := n.answer(oursDir, c), n.answer(originalDir, c)
	for range 5 {
		if theirs != mine && slices.Contains(c.args, "-v") {
			theirs = n.answer(originalDir, c)
		}
	}
	if d := cmp.Diff(theirs, mine); d != "" {
		n.t.Errorf("testdata/cl_status.txt:%d: %s, cl_status %s (-original +our program)\n%s", c.line, n.Name, strings.Join(c.args, " "), d)
	}
	return mine
}

var logLine = regexp.MustCompile(`(?m)^[A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d (\S+) cl_status: \[\d+\]: `)

// answer is what one program prints, and its exit code. Only the text of the help is our own.
func (n *node) answer(dir string, c call) string {
	argv := append([]string{dir + "/cl_status"}, c.args...)
	if c.user != "root" {
		group := map[string]string{"hacluster": "haclient", "nobody": "nogroup"}[c.user]
		argv = append([]string{"setpriv", "--reuid=" + c.user, "--regid=" + group, "--clear-groups"}, argv...)
	}
	r, err := n.Run(patience.For(n.t), argv...)
	if err != nil {
		n.t.Errorf("%s: %v", strings.Join(argv, " "), err)
	}
	return fmt.Sprintf("%s--\n%sexit code %d\n", r.Stdout, logLine.ReplaceAllString(r.Stderr, "DATE $1 cl_status: [PID]: "), r.Code)
}
