package ipfaild

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"systole/pkg/halog"
	"systole/pkg/hbapi"
	"systole/pkg/ipfail"
)

// flushing is how long the last log lines may take, lineTime how long any other one is awaited.
const (
	flushing = time.Second
	lineTime = 100 * time.Millisecond
)

// Main runs ipfail until SIGTERM or SIGINT, which end it with exit code 0. It takes no arguments;
// env is the environment of the process, where the daemon says where to log.
func Main(args []string, _ io.Reader, stdout, stderr io.Writer, env []string) int {
	if len(args) > 1 && args[1] == "--help" {
		fmt.Fprintln(stdout, "usage: ipfail\nheartbeat starts it: respawn hacluster "+args[0]+" in ha.cf")
		return 0
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	log := newLog(env, stderr)
	// A line stands before those of the daemon that its message brings about.
	code := run(ctx, hbapi.DefaultSocket, func(level halog.Level, text string) {
		log.Log(level, text)
		log.Flush(lineTime)
	})
	last, cancel := context.WithTimeout(context.Background(), flushing)
	defer cancel()
	log.Close(last)
	return code
}

// newLog writes where the daemon does, or to stderr if the environment names nothing.
func newLog(env []string, stderr io.Writer) *halog.Daemon {
	cfg := halog.DaemonConfig{Entity: ipfail.Client, PID: os.Getpid(), Targets: targets(env)}
	if host, err := os.Hostname(); err == nil {
		cfg.Host = host
	}
	if cfg.Targets == (halog.Targets{Plain: cfg.Plain}) {
		cfg.Stderr = stderr
	}
	return halog.NewDaemon(cfg)
}

func targets(env []string) (t halog.Targets) {
	for _, line := range env {
		name, value, _ := strings.Cut(line, "=")
		switch name {
		case "HA_LOGFILE":
			t.Logfile = value
		case "HA_DEBUGLOG":
			t.Debugfile = value
		case "HA_LOGFACILITY":
			t.Facility = value
		case "HA_syslogmsgfmt":
			t.Plain = strings.EqualFold(value, "false") || strings.EqualFold(value, "off") || strings.EqualFold(value, "no")
		}
	}
	return t
}
