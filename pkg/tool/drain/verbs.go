// Package drain holds the verbs that steer the real servers of a running ldirectord: drain,
// undrain, weight, disable and enable.
//
//	systole drain REAL --for 10m ──▶ /run/ldirectord.NAME.control ──▶ Machine ──▶ table
//	                                                                    └──▶ orders file
//
// An order holds over reloads and restarts until it is revoked or its time is over. It is shown by
// status and top, and logged.
package drain

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"systole/pkg/state"
	"systole/pkg/tool"
	"systole/pkg/tool/here"
)

// The exit codes.
const (
	exitDone    = 0
	exitRefused = 1
	exitStopped = 3
	exitDenied  = 4
)

// verb is one row of the table.
type verb struct {
	name, args, summary string
	about               string
	order               string // kind of order
	revoke              bool
	timed               bool // --for and --reason make sense
	done                string
	words               []string // arguments besides servers
}

// takes: what is taken back must be in force.
func (v verb) takes() tool.Takes {
	switch {
	case v.revoke && v.order == "drain":
		return tool.Drained
	case v.revoke:
		return tool.Disabled
	}
	return tool.Reals
}

func table() []verb {
	return []verb{
		{name: "drain", args: "REAL", order: "drain", timed: true, done: "draining",
			summary: "give a real server no new connections",
			about: `Sets the weight of a real server to 0: it keeps the connections that it has and gets
no new ones. With --for it is taken out of the table when that time is over, and
stays out until undrain. A virtual service whose servers are all drained is served
by its fallback. With persistence, clients that the server knows come back to it
for as long as the kernel remembers them, unless net.ipv4.vs has
expire_quiescent_template=1.
`},
		{name: "undrain", args: "REAL", order: "drain", revoke: true, done: "no longer drained",
			summary: "let a drained real server serve again",
			about: `Takes a drain back, also one whose time is over. The server serves again if its
checks say that it is up.
`},
		{name: "weight", args: "REAL N|default", order: "weight", timed: true, done: "weight set", words: []string{"default"},
			summary: "give a real server another weight",
			about: `Gives a real server another weight than ldirectord.cf says, from 0 to 65535, until
the time of --for is over or the word default takes it back.
`},
		{name: "disable", args: "REAL", order: "disable", timed: true, done: "disabled",
			summary: "take a real server out of the table",
			about: `Takes a real server out of the table at once; connections that it has break. With
--for it comes back when that time is over.
`},
		{name: "enable", args: "REAL", order: "disable", revoke: true, done: "enabled",
			summary: "let a disabled real server serve again",
			about: `Takes a disable back. The server serves again if its checks say that it is up.
`},
	}
}

// common is said of every verb.
const common = `
REAL is ADDRESS:PORT, or ADDRESS for every port, as in ldirectord.cf. The order goes
to every ldirectord here that has such a server. It holds over reloads and restarts.
`

// Verbs describes them all.
func Verbs() []tool.Verb {
	var all []tool.Verb
	for _, v := range table() {
		all = append(all, tool.Verb{Name: v.name, Args: v.args, Summary: v.summary, About: v.about + common, Setup: v.setup, Takes: v.takes(),
			Values: map[string]tool.Takes{"virtual": tool.Virtuals, "director": tool.Directors}, Words: v.words,
			Exits: []tool.Exit{
				{Code: exitDone, Meaning: "it is in force"},
				{Code: exitRefused, Meaning: "it was refused"},
				{Code: exitStopped, Meaning: "ldirectord is not running"},
				{Code: exitDenied, Meaning: "this user may not do that"},
			}})
	}
	return all
}

// options are those of the command line.
type options struct {
	verb
	virtual, reason  string
	director, pids   string
	duration, expiry time.Duration
}

func (v verb) setup(flags *pflag.FlagSet) func(tool.Call) int {
	o := options{verb: v}
	flags.StringVar(&o.virtual, "virtual", "", "only in the virtual service `V`: VIP:PORT or a firewall mark")
	if v.timed {
		flags.DurationVar(&o.duration, "for", 0, "for so long only (90s, 10m, 2h)")
		flags.StringVar(&o.reason, "reason", "", "why, for those who see the order later")
	}
	flags.StringVar(&o.director, "director", "", "only the ldirectord `NAME`")
	flags.StringVar(&o.pids, "director-pids", here.PIDs, "`PATTERN` of the pid files of ldirectord")
	flags.DurationVar(&o.expiry, "timeout", 5*time.Second, "wait so long for the answer")
	return func(c tool.Call) int { return o.run(c) }
}

func (o *options) run(c tool.Call) int {
	r, err := o.request(c.Args)
	if err != nil {
		return c.Wrong(o.name, "%v", err)
	}
	reals, err := here.Order(o.pids, o.director, r, o.expiry)
	switch {
	case errors.Is(err, here.ErrNotRunning):
		return c.Failed(o.name, exitStopped, err)
	case errors.Is(err, fs.ErrPermission):
		return c.Failed(o.name, exitDenied, err)
	case err != nil:
		return c.Failed(o.name, exitRefused, err)
	}
	for _, real := range reals {
		fmt.Fprintf(c.Stdout, "%s: %s\n", real, o.outcome())
	}
	return exitDone
}

func (o *options) outcome() string {
	if o.duration > 0 {
		return fmt.Sprintf("%s for %v", o.done, o.duration)
	}
	return o.done
}

// request is what the arguments say.
func (o *options) request(args []string) (state.Request, error) {
	r := state.Request{For: o.duration, Revoke: o.revoke,
		Order: state.Order{Kind: o.order, Virtual: o.virtual, Reason: o.reason, By: caller()}}
	want := len(strings.Fields(o.args))
	if len(args) != want {
		return r, fmt.Errorf("it takes %s", o.args)
	}
	r.Order.Real = strings.TrimSuffix(args[0], "]")
	if r.Order.Real != args[0] {
		r.Order.Real = strings.TrimPrefix(r.Order.Real, "[")
	}
	if o.duration < 0 {
		return r, errors.New("--for is a time from now on")
	}
	if want == 1 {
		return r, nil
	}
	if args[1] == "default" {
		r.Revoke = true
		return r, nil
	}
	n, err := strconv.Atoi(args[1])
	if err != nil || n < 0 {
		return r, fmt.Errorf("%q is no weight", args[1])
	}
	r.Order.Weight = n
	return r, nil
}

// caller is who is asking: behind sudo, the user who called it.
func caller() string {
	if name := os.Getenv("SUDO_USER"); name != "" {
		return name
	}
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return strconv.Itoa(os.Getuid())
}
