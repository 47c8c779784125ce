package mon

import (
	"context"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/pflag"

	"systole/pkg/monitor/native"
	"systole/pkg/tool"
)

// MonitorVerb describes "systole monitor".
func MonitorVerb() tool.Verb {
	return tool.Verb{
		Name: "monitor", Args: "NAME [ARGUMENT...]", Summary: "call a monitor or alert of mon that is inside", Setup: setupMonitor,
		About: `Calls http.monitor, tcp.monitor, ping.monitor, fping.monitor, lvs.alert or
ipvs.alert with the arguments that mon's programs of these names have. A monitor
prints the hosts that failed, then what it saw of each. An alert puts a server into
the kernel's LVS table or takes it out. A symbolic link of one of the names to this
program does the same.
`,
		Exits: []tool.Exit{
			{Code: 0, Meaning: "all hosts are well; the table is as asked for"},
			{Code: 1, Meaning: "a host failed; the table could not be changed"},
		},
	}
}

func setupMonitor(flags *pflag.FlagSet) func(tool.Call) int {
	flags.SetInterspersed(false) // what follows the name is the monitor's
	return func(c tool.Call) int {
		if len(c.Args) == 0 {
			return c.Wrong("monitor", "name one of %s", strings.Join(Names(), ", "))
		}
		p, ok := native.Find(c.Args[0])
		if !ok {
			return c.Wrong("monitor", "there is no %s; there are %s", c.Args[0], strings.Join(Names(), ", "))
		}
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
		defer stop()
		return p.Run(ctx, native.Call{Args: c.Args[1:], Stdin: c.Stdin, Stdout: c.Stdout, Stderr: c.Stderr})
	}
}

// Names are the monitors and alerts that are inside.
func Names() []string {
	var names []string
	for _, p := range native.Programs() {
		names = append(names, p.Name)
	}
	return names
}
