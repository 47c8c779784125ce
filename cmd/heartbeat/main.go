// Command heartbeat is the cluster daemon and its tools: one program that does what its name says.
package main

import (
	"io"
	"os"
	"path"

	"systole/pkg/agent"
	"systole/pkg/hbd"
	"systole/pkg/logd"
	"systole/pkg/propagate"
	"systole/pkg/resmgr"
	"systole/pkg/respawn"
)

// applets are the names that this program answers to; under any other it is heartbeat itself.
func applets() map[string]func() int {
	return map[string]func() int{
		"heartbeat":       process(hbd.Main),
		"ResourceManager": tool(resmgr.ResourceManagerMain),
		"mach_down":       tool(resmgr.MachDownMain),
		"req_resource":    tool(resmgr.ReqResourceMain),
		"harc":            tool(resmgr.HarcMain),
		"hb_standby":      tool(resmgr.HbStandbyMain),
		"hb_takeover":     tool(resmgr.HbTakeoverMain),
		"hb_addnode":      tool(resmgr.HbAddnodeMain),
		"hb_delnode":      tool(resmgr.HbDelnodeMain),
		"hb_setweight":    tool(resmgr.HbSetweightMain),
		"hb_setsite":      tool(resmgr.HbSetsiteMain),
		"send_arp":        tool(agent.SendArpMain),
		"send_ua":         tool(agent.SendUAMain),
		"findif":          tool(agent.FindifMain),
		"agent":           tool(agent.Main),
		"IPaddr":          tool(agent.IPaddrMain),
		"IPaddr2":         tool(agent.IPaddr2Main),
		"cl_respawn":      tool(respawn.Main),
		"ha_logger":       tool(logd.Main),
		"ha_propagate":    tool(propagate.Main),
	}
}

// process runs a program that wants its whole command line and environment.
func process(main func(args []string, stdin io.Reader, stdout, stderr io.Writer, env []string) int) func() int {
	return func() int { return main(os.Args, os.Stdin, os.Stdout, os.Stderr, os.Environ()) }
}

// tool runs a program that wants the words after its name.
func tool(main func(args []string, env func(string) string, stdin io.Reader, stdout, stderr io.Writer) int) func() int {
	return func() int { return main(os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr) }
}

func main() {
	if run, ok := applets()[path.Base(os.Args[0])]; ok {
		os.Exit(run())
	}
	os.Exit(process(hbd.Main)())
}
