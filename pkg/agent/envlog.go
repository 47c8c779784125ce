package agent

import (
	"context"
	"io"
	"os"
	"time"

	"systole/pkg/halog"

	"golang.org/x/sys/unix"
)

// flushTime is how long a command waits for one line to be written.
const flushTime = 5 * time.Second

// EnvLogs returns the logs of a command, as its environment says (agents spec 1.2). A line is
// written when Log returns, so that the lines of several tags keep their order.
func EnvLogs(env func(string) string, stdin io.Reader, stderr io.Writer) Logs {
	return func(name, instance string) Log {
		return envLog{halog.ScriptConfig{
			Getenv: func(variable string) string {
				if variable == "OCF_RESOURCE_INSTANCE" {
					return instance
				}
				return env(variable)
			},
			Name: name, PID: os.Getpid(), Terminal: isTerminal(stdin), Stderr: stderr,
		}}
	}
}

type envLog struct{ cfg halog.ScriptConfig }

func (l envLog) Log(text string) { l.write(func(s *halog.Script) { s.Log(text) }) }

func (l envLog) Debug(text string) { l.write(func(s *halog.Script) { s.Debug(text) }) }

func (l envLog) write(line func(*halog.Script)) {
	ctx, cancel := context.WithTimeout(context.Background(), flushTime)
	defer cancel()
	s := halog.ScriptFromEnv(l.cfg)
	line(s)
	_ = s.Close(ctx)
}

func isTerminal(r io.Reader) bool {
	f, ok := r.(*os.File)
	if !ok {
		return false
	}
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return err == nil
}
