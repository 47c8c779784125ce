package lab

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"
)

func TestPoll(t *testing.T) {
	asked := 0
	third := func() (bool, error) { asked++; return asked == 3, nil }
	if err := Poll(t.Context(), time.Millisecond, third); err != nil || asked != 3 {
		t.Errorf("asked %d times, %v", asked, err)
	}
	broken := errors.New("broken")
	if err := Poll(t.Context(), time.Hour, func() (bool, error) { return false, broken }); !errors.Is(err, broken) {
		t.Errorf("the error is %v", err)
	}
	enough := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	if err := Poll(ctx, time.Hour, func() (bool, error) { cancel(enough); return false, nil }); !errors.Is(err, enough) {
		t.Errorf("the end is %v", err)
	}
}

func TestPatience(t *testing.T) {
	if Patience(time.Millisecond).Within(t, func() bool { return false }) {
		t.Error("what never is has come to be")
	}
	if !Patience(0).Within(t, func() bool { return true }) {
		t.Error("what is so already does not need patience")
	}
	asked := 0
	patience.Until(t, "the second question", func() bool { asked++; return asked == 2 })
}

// Each of the two goes on only when the other one runs.
func TestTogether(t *testing.T) {
	var done atomic.Int32
	meet := make(chan bool)
	Together(func() { meet <- true; done.Add(1) }, func() { <-meet; done.Add(1) })
	if n := done.Load(); n != 2 {
		t.Errorf("%d are done", n)
	}
}
