package agent

import (
	"context"
	"strconv"
	"strings"
	"time"
)

// What Delay waits when nothing is said. The wrapper of the original speaks of 10 s, but its agent
// waits 20.
const (
	defaultStartDelay = "20"
	defaultStopDelay  = "30"
)

// delay is the agent Delay (agents spec 5): [seconds at start [seconds at stop]]. Its status does
// not wait; the original's takes 30 s, at every start of heartbeat and before every start of the
// resource.
func delay(ctx context.Context, j *Job, op string) int {
	switch on := j.marked(); {
	case op == "monitor" && on:
		j.Log.Log("INFO: Delay is running OK")
		return success
	case op == "monitor":
		j.Log.Log("INFO: Delay is stopped")
		return notRunning
	case op == "start" && on:
		j.Log.Log("INFO: Delay already running.")
		return success
	case op == "stop" && !on:
		j.Log.Log("INFO: Delay already stopped.")
		return success
	}
	atStart, ok1 := seconds(or(word0(j.Args, ""), defaultStartDelay))
	atStop, ok2 := seconds(or(word0(j.Args[min(1, len(j.Args)):], ""), defaultStopDelay))
	if !ok1 || !ok2 {
		return j.fail(badArgs, "Some of the instance parameters are invalid")
	}
	if op == "stop" {
		j.unmark()
		return pause(ctx, atStop)
	}
	if code := pause(ctx, atStart); code != success {
		return code
	}
	return j.marking()
}

// seconds reads digits with at most one dot.
func seconds(text string) (time.Duration, bool) {
	if strings.Trim(text, "0123456789.") != "" || strings.Count(text, ".") > 1 {
		return 0, false
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || n > float64(1<<31) {
		return 0, false
	}
	return time.Duration(n * float64(time.Second)), true
}

// pause waits, and returns early when ctx ends.
func pause(ctx context.Context, d time.Duration) int {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return success
	case <-ctx.Done():
		return generic
	}
}
