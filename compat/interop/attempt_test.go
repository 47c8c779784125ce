package interop

import (
	"fmt"
	"os"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"systole/compat/lab"
)

// tester is what stories ask of a test.
type tester interface {
	lab.TB
	Error(...any)
	Fatal(...any)
}

// attempt is a story being told for the n-th time. What it says against the test is kept until it
// is known whether it counts.
type attempt struct {
	*testing.T
	excused bool

	mu       sync.Mutex
	said     []string
	cleanups []func()
}

const maxAttempts = 3

// tell tells a story; again if it ends badly because an original lost a message of its own.
func tell(t *testing.T, story func(a *attempt)) {
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	for n := 1; ; n++ {
		a := &attempt{T: t}
		done := make(chan struct{})
		go a.run(story, done)
		<-done
		if a.Failed() && a.excused && n < maxAttempts {
			t.Logf("again, because the original lost a message of its own scripts: %s", a.said[0])
			continue
		}
		for _, text := range a.said {
			t.Error(text)
		}
		return
	}
}

func (a *attempt) run(story func(a *attempt), done chan struct{}) {
	defer close(done)
	defer func() {
		for _, f := range slices.Backward(a.cleanups) {
			f()
		}
	}()
	story(a)
}

func (a *attempt) note(text string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.said = append(a.said, place()+text)
}

// place names the lines of the story and its helpers, the story's first.
func place() (text string) {
	var pcs [32]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs[:])])
	for more := true; more; {
		var f runtime.Frame
		f, more = frames.Next()
		if name := path.Base(f.File); strings.HasSuffix(name, "_test.go") && name != "attempt_test.go" {
			text = fmt.Sprintf("%s:%d: ", name, f.Line) + text
		}
	}
	return text
}

// These replace the test's own.

func (a *attempt) Failed() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.said) > 0
}

func (a *attempt) Cleanup(f func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.cleanups = append(a.cleanups, f)
}

func (a *attempt) Error(args ...any)                 { a.note(fmt.Sprint(args...)) }
func (a *attempt) Errorf(format string, args ...any) { a.note(fmt.Sprintf(format, args...)) }

func (a *attempt) Fatal(args ...any) {
	a.note(fmt.Sprint(args...))
	runtime.Goexit()
}

func (a *attempt) Fatalf(format string, args ...any) {
	a.note(fmt.Sprintf(format, args...))
	runtime.Goexit()
}
