package native

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/pflag"
)

// options are the flags of a monitor: short ones, up to the first host. As with mon's monitors an
// unknown one is told and does not stop it.
type options struct {
	*pflag.FlagSet
}

func newOptions(name string) options {
	f := pflag.NewFlagSet(name, pflag.ContinueOnError)
	f.SetInterspersed(false)
	f.SetOutput(io.Discard)
	return options{f}
}

// hosts reads the arguments and returns what follows the options.
func (o options) hosts(c Call) []string {
	args := c.Args
	for {
		err := o.Parse(args)
		if err == nil {
			return o.Args()
		}
		fmt.Fprintf(c.Stderr, "%s: %v\n", o.Name(), err)
		rest, ok := after(args, o)
		if !ok {
			return nil
		}
		args = rest
	}
}

// after drops the first argument that is no option of o, and what stands before it has been read.
func after(args []string, o options) ([]string, bool) {
	for i, a := range args {
		if len(a) < 2 || a[0] != '-' {
			continue
		}
		if a[1] == '-' || o.ShorthandLookup(a[1:2]) == nil {
			return args[i+1:], true
		}
	}
	return nil, false
}

// seconds is an option with a time in seconds.
func (o options) seconds(short string, usual time.Duration) func() time.Duration {
	n := o.Float64P("time-"+short, short, usual.Seconds(), "")
	return func() time.Duration { return time.Duration(*n * float64(time.Second)) }
}
