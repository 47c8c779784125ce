package agent

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"

	"systole/pkg/netif"

	"golang.org/x/sys/unix"
)

// IPaddr2Main is the command behind resource.d/IPaddr2: args are the arguments and the
// operation. The announcing goes on in a background process when it returns.
func IPaddr2Main(args []string, env func(string) string, stdin io.Reader, stdout, stderr io.Writer) int {
	return nativeMain("IPaddr2", args, env, stdin, stdout, stderr)
}

// IPaddrMain is the command behind resource.d/IPaddr.
func IPaddrMain(args []string, env func(string) string, stdin io.Reader, stdout, stderr io.Writer) int {
	return nativeMain("IPaddr", args, env, stdin, stdout, stderr)
}

func nativeMain(name string, args []string, env func(string) string, stdin io.Reader, stdout, stderr io.Writer) int {
	net, err := netif.Open()
	if err != nil {
		fmt.Fprintf(stderr, "%s: %v\n", name, err)
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
	script := or(env("HA_SCRIPT"), ResourceDir+"/"+name)
	for _, n := range Natives() {
		if n.Name == name {
			ctx, stop := signal.NotifyContext(context.Background(), unix.SIGTERM, os.Interrupt)
			defer stop()
			return n.Call(ctx, h, Invocation{Script: script, Words: args})
		}
	}
	return generic
}

// or returns value, or otherwise if it is empty, as ${value:-otherwise} does.
func or(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}
