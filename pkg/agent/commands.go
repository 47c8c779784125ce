package agent

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"

	"systole/pkg/netif"

	"golang.org/x/sys/unix"
)

// Main is the command behind the entry points of resource.d:
//
//	agent IPaddr2 121.254.175.70/32/eth0 start
//
// It is called so by a file of resource.d, which names itself in HA_SCRIPT. The announcing of an
// address goes on in a background process when it returns.
func Main(args []string, env func(string) string, stdin io.Reader, stdout, stderr io.Writer) int {
	if len(args) > 0 {
		for _, n := range Natives() {
			if n.Name == args[0] {
				return n.main(args[1:], env, stdin, stdout, stderr)
			}
		}
	}
	fmt.Fprintln(stderr, "usage: agent NAME [ARGUMENT ...] {start|stop|status|monitor}")
	for _, n := range Natives() {
		fmt.Fprintln(stderr, "      ", strings.Replace(n.Usage, "$0", n.Name, 1))
	}
	return generic
}

// IPaddr2Main is the agent IPaddr2 under its own name: args are the arguments and the operation.
func IPaddr2Main(args []string, env func(string) string, stdin io.Reader, stdout, stderr io.Writer) int {
	return Main(append([]string{"IPaddr2"}, args...), env, stdin, stdout, stderr)
}

// IPaddrMain is the agent IPaddr under its own name.
func IPaddrMain(args []string, env func(string) string, stdin io.Reader, stdout, stderr io.Writer) int {
	return Main(append([]string{"IPaddr"}, args...), env, stdin, stdout, stderr)
}

func (n Native) main(words []string, env func(string) string, stdin io.Reader, stdout, stderr io.Writer) int {
	net, err := netif.Open()
	if err != nil {
		fmt.Fprintf(stderr, "%s: %v\n", n.Name, err)
		return generic
	}
	defer net.Close()
	h := &Host{
		Net: net, Logs: EnvLogs(env, stdin, stderr), Env: env, Stdout: stdout, Stderr: stderr,
		StateDir: or(env("HA_RSCTMP"), StateDir),
		BinDir:   or(env("HA_BIN"), BinDir),
		OCFRoot:  or(env("OCF_ROOT"), OCFRoot),
		speaker:  background{},
	}
	ctx, stop := signal.NotifyContext(context.Background(), unix.SIGTERM, os.Interrupt)
	defer stop()
	script := or(env("HA_SCRIPT"), ResourceDir+"/"+n.Name)
	return n.Call(ctx, h, Invocation{Script: script, Words: words})
}

// or returns value, or otherwise if it is empty, as ${value:-otherwise} does.
func or(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}
