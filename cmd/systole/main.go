// Command systole is what the originals never had: it looks at configurations, captures and
// running nodes, and explains them. It changes nothing.
package main

import (
	"os"

	"systole/pkg/tool"
	"systole/pkg/tool/check"
	"systole/pkg/tool/decode"
	"systole/pkg/tool/explain"
	"systole/pkg/tool/status"
)

// version is set by the linker.
var version = "unknown"

// verbs is everything that the command does.
func verbs() []tool.Verb {
	return []tool.Verb{
		check.Verb(),
		decode.Verb(),
		explain.Verb(),
		status.Verb(),
	}
}

func command() tool.Command {
	return tool.Command{Name: "systole", Version: version, Verbs: verbs(),
		Summary: "look at a heartbeat and ldirectord system, and change nothing"}
}

func main() {
	os.Exit(command().Run(os.Args[1:], tool.Streams{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr}))
}
