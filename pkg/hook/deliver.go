package hook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"syscall"
	"time"

	"systole/pkg/observer"
)

const (
	programLimit = 30 * time.Second
	postLimit    = 10 * time.Second
	attempts     = 3
)

// worker tells one hook.
type worker struct {
	hook     observer.Hook
	queue    chan Event
	complain func(text string)
	behind   bool // events are being lost
}

// add queues an event, or loses it; the first of those that are lost is told of.
func (w *worker) add(e Event) {
	select {
	case w.queue <- e:
		w.behind = false
	default:
		if !w.behind {
			w.complain(fmt.Sprintf("systole_hook %s: %d events wait, more are lost", w.hook, queueLength))
		}
		w.behind = true
	}
}

func (w *worker) run() {
	for e := range w.queue {
		if err := w.deliver(e); err != nil {
			w.complain(fmt.Sprintf("systole_hook %s: event %d: %v", w.hook, e.Number, err))
		}
	}
}

func (w *worker) deliver(e Event) error {
	if w.hook.Program != "" {
		return runProgram(w.hook.Program, e)
	}
	return w.post(e)
}

// runProgram runs a program in a session of its own, so that its end is the end of all it started.
func runProgram(program string, e Event) error {
	ctx, cancel := context.WithTimeout(context.Background(), programLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, program)
	cmd.Dir = "/"
	cmd.Stdin = bytes.NewReader(e.line())
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "SYSTOLE_KIND=" + e.Kind, "SYSTOLE_TEXT=" + e.Text, "SYSTOLE_NODE=" + e.Node,
		"SYSTOLE_DAEMON=" + e.Daemon, "SYSTOLE_TIME=" + e.Time.Format(time.RFC3339Nano), fmt.Sprintf("SYSTOLE_NUMBER=%d", e.Number)}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	err := cmd.Run()
	if errors.Is(err, syscall.EPIPE) { // it did not read the event, and need not
		err = nil
	}
	if ctx.Err() != nil {
		return fmt.Errorf("ended after %v", programLimit)
	}
	return err
}

// post tries some times, waiting longer each time.
func (w *worker) post(e Event) error {
	var err error
	for n := range attempts {
		if n > 0 {
			time.Sleep(time.Duration(n) * time.Second)
		}
		if err = postOnce(w.hook.URL, e.line()); err == nil {
			return nil
		}
	}
	return err
}

func postOnce(url string, body []byte) error {
	ctx, cancel := context.WithTimeout(context.Background(), postLimit)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	_, _ = io.CopyN(io.Discard, answer.Body, 64<<10)
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("answer %s", answer.Status)
	}
	return nil
}
