// Command systole is what the originals never had: it looks at configurations, captures and
// running nodes, and explains them; and it steers the real servers of a running ldirectord.
package main

import (
	"os"
	"path"
	"slices"

	"systole/pkg/tool"
	"systole/pkg/tool/check"
	"systole/pkg/tool/decode"
	"systole/pkg/tool/doctor"
	"systole/pkg/tool/drain"
	"systole/pkg/tool/explain"
	"systole/pkg/tool/genhash"
	"systole/pkg/tool/importer"
	"systole/pkg/tool/mon"
	"systole/pkg/tool/status"
	"systole/pkg/tool/timeline"
	"systole/pkg/tool/top"
)

// version is set by the linker.
var version = "unknown"

// verbs is everything that the command does.
func verbs() []tool.Verb {
	looking := []tool.Verb{
		check.Verb(),
		decode.Verb(),
		doctor.Verb(),
		explain.Verb(),
		status.Verb(),
		timeline.Verb(),
		top.Verb(),
	}
	foreign := []tool.Verb{
		genhash.Verb(),
		importer.Verb(),
		mon.Verb(),
		mon.MonitorVerb(),
	}
	return slices.Concat(looking, drain.Verbs(), foreign)
}

// arguments are those of the command line. Under the name of a foreign program, such as mon or
// http.monitor, this one stands in for it.
func arguments(argv []string) []string {
	switch name := path.Base(argv[0]); {
	case name == "mon" || name == "genhash":
		return append([]string{name}, argv[1:]...)
	case slices.Contains(mon.Names(), name):
		return append([]string{"monitor", name}, argv[1:]...)
	}
	return argv[1:]
}

func command() tool.Command {
	return tool.Command{Name: "systole", Version: version, Verbs: verbs(), Live: moment,
		Summary: "look at a heartbeat and ldirectord system, and steer its real servers"}
}

func main() {
	os.Exit(command().Run(arguments(os.Args), tool.Streams{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr}))
}
