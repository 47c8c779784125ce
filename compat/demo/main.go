// Command demo walks through one of the how-tos 000 to 004, each a pair of LVS
// directors, and says what clients see of it. It is what "make demo HOWTO=000" runs.
//
//	clients 203.0.113.11 …
//	   |
//	gateway
//	   |
//	   +--- director   \  heartbeat and ldirectord, or mon: one of the two has
//	   +--- director   /  the service address and the IPVS table
//	   +--- web server    on hosts of their own, or on the directors; answer
//	   +--- web server    clients directly, or through the director
//
// A how-to is a scene (hosts, networks, what clients ask; howto000.go and following)
// and a table of steps; a step is a list of actions, which do something (action.go)
// or wait for something (await.go). Each box is a host of its own (package lab) with
// the files of examples/ and what "make install" installs; with -original, with
// Debian's heartbeat and ldirectord instead. On a kernel without ip_vs the program
// runs itself again in User-Mode Linux, where processes start slowly: what counts
// there is the order of events and who was answered, not the times.
//
// The exit status is 0 if every step went as it should, 1 if not, 2 if the demo
// could not be given.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"systole/compat/lab"
	"systole/compat/uml"
)

func main() {
	lab.Main(lab.Applet{Name: defaultPages, Run: runPages})
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code, err := begin(ctx, os.Args[1:])
	stop()
	if err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "demo:", err)
		}
		code = 2
	}
	os.Exit(code)
}

// errInterrupted is a demo that the user has ended.
var errInterrupted = errors.New("interrupted")

// options are the command line.
type options struct {
	original bool
	keep     bool
	verbose  bool
	howto    string
}

func parse(args []string, howto string, errs io.Writer) (options, error) {
	var o options
	if howto == "" {
		howto = "000"
	}
	fs := flag.NewFlagSet("demo", flag.ContinueOnError)
	fs.SetOutput(errs)
	fs.BoolVar(&o.original, "original", false, "show Debian's heartbeat and ldirectord instead")
	fs.BoolVar(&o.keep, "keep", false, "keep the directors' logs in build/demo")
	fs.BoolVar(&o.verbose, "v", false, "print the directors' logs as they are written")
	fs.StringVar(&o.howto, "howto", howto, "the `number` of the how-to in examples, 000 to 004; also $HOWTO")
	if err := fs.Parse(args); err != nil {
		return o, err
	}
	if fs.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", fs.Arg(0))
	}
	return o, nil
}

func begin(ctx context.Context, args []string) (int, error) {
	o, err := parse(args, os.Getenv("HOWTO"), os.Stderr)
	if err != nil {
		return 0, err
	}
	build, err := lab.BuildDir()
	if err != nil {
		return 0, err
	}
	scene, err := findHowto(o.howto)
	if err != nil {
		return 0, err
	}
	if o.original && !scene.original {
		return 0, fmt.Errorf("the original cannot show how-to %s: its files need programs of Systole", o.howto)
	}
	if os.Geteuid() != 0 {
		return 0, errors.New("needs root: it makes network namespaces; try sudo make demo")
	}
	if err := prepare(ctx, o, scene); err != nil {
		return 0, err
	}
	if !uml.Inside() && !uml.HasIPVS() {
		return again(ctx, o)
	}
	return show(ctx, o, scene, build)
}

// howtoDir is where the files of a how-to are.
func howtoDir(project, number string) string {
	return filepath.Join(project, "examples", "howto-"+number)
}

// prepare makes what hosts' disks consist of, once for all hosts and outside of
// User-Mode Linux, where no Go tool chain is.
func prepare(ctx context.Context, o options, scene howto) error {
	if uml.Inside() {
		return nil
	}
	if _, err := lab.EnsureRoot(ctx); err != nil {
		return err
	}
	if o.original {
		return nil
	}
	if err := ensurePackages(ctx, scene.packages); err != nil {
		return err
	}
	if _, err := lab.EnsureInstalled(ctx); err != nil {
		return err
	}
	return os.Setenv("SYSTOLE_INSTALLED", "1")
}

// again runs this program in User-Mode Linux.
func again(ctx context.Context, o options) (int, error) {
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	m := uml.Machine{Share: []string{filepath.Dir(self)}, Memory: 1024, Limit: 15 * time.Minute, Output: os.Stdout}
	code, err := m.Run(ctx, append([]string{self}, o.args()...)...)
	if ctx.Err() != nil {
		return 0, errInterrupted
	}
	return code, err
}

// args are the arguments that parse to the options.
func (o options) args() []string {
	out := []string{"-howto=" + o.howto}
	for _, f := range []struct {
		arg string
		set bool
	}{{"-original", o.original}, {"-keep", o.keep}, {"-v", o.verbose}} {
		if f.set {
			out = append(out, f.arg)
		}
	}
	return out
}

// show gives the demo and returns the exit status.
func show(ctx context.Context, o options, scene howto, build string) (int, error) {
	d := &demo{options: o, scene: scene, out: &screen{to: os.Stdout}, begin: time.Now()}
	d.out.title(o, scene)
	if err := d.build(howtoDir(filepath.Dir(build), o.howto)); err != nil {
		d.close()
		return 0, err
	}
	defer d.close()
	if o.verbose {
		d.followLogs()
	}
	done, err := d.walk(ctx)
	if err != nil {
		return 0, err
	}
	if o.keep {
		if err := d.keepLogs(filepath.Join(build, "demo")); err != nil {
			return 0, err
		}
	}
	return d.out.closing(done, d.clients.stop(), time.Since(d.begin)), nil
}
