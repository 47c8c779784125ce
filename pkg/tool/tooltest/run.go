// Package tooltest calls systole and its verbs in a test, as a shell would.
package tooltest

import (
	"bytes"
	"strings"

	"systole/pkg/tool"
)

// Run calls one verb. What it returns is standard output, standard error and the exit code.
func Run(v tool.Verb, stdin string, args ...string) (out, errs string, code int) {
	return Call(tool.Command{Name: "systole", Verbs: []tool.Verb{v}}, stdin, append([]string{v.Name}, args...)...)
}

// Call calls a command with the name of a verb, or whatever comes first.
func Call(c tool.Command, stdin string, args ...string) (out, errs string, code int) {
	var stdout, stderr bytes.Buffer
	code = c.Run(args, tool.Streams{Stdin: strings.NewReader(stdin), Stdout: &stdout, Stderr: &stderr})
	return stdout.String(), stderr.String(), code
}
