package ldirectorcf

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Steady is what keeps the servers of a virtual from coming and going too fast. The original has
// none of it: it behaves as the zero value does, or Rise 1.
type Steady struct {
	Rise      int           // systole_rise: checks in a row that a server must pass to come back
	SlowStart time.Duration // systole_slow_start: how long the weight of one that is back grows; 0: off
	FlapHold  FlapHold      // systole_flap_hold
	Panic     int           // systole_panic: percent of servers below which all stay in service; 0: off
}

// FlapHold keeps a server that fell Count times within Window out for Hold. The zero value is off.
type FlapHold struct {
	Count        int
	Window, Hold time.Duration
}

// On says whether servers are ever held.
func (f FlapHold) On() bool { return f.Count > 0 }

// String is the value as the file has it.
func (f FlapHold) String() string {
	if !f.On() {
		return off
	}
	return fmt.Sprintf("%d in %d for %d", f.Count, f.Window/time.Second, f.Hold/time.Second)
}

// off switches a directive of ours off, in a section too where the global one is on.
const off = "off"

// The largest seconds (a week) and counts: more is a slip of the pen.
const (
	maxSteadySeconds = 7 * 24 * 3600
	maxSteadyCount   = 100
)

// givenSteady records which of them a section gave.
type givenSteady struct{ rise, slowStart, flapHold, panic bool }

// completeSteady takes from the globals what the section did not give.
func (v *Virtual) completeSteady(g Steady) {
	inherit(&v.Rise, v.given.rise, g.Rise)
	inherit(&v.SlowStart, v.given.slowStart, g.SlowStart)
	inherit(&v.FlapHold, v.given.flapHold, g.FlapHold)
	inherit(&v.Panic, v.given.panic, g.Panic)
}

func setRise(to *int, value string) *fault {
	n, ok := within(value, 1, maxSteadyCount)
	if !ok {
		return &fault{text: "invalid systole_rise",
			remedy: fmt.Sprintf("write how many checks in a row a server must pass to come back, 1 to %d; 1 is as the original", maxSteadyCount)}
	}
	*to = n
	return nil
}

func setSlowStart(to *time.Duration, value string) *fault {
	n, ok := within(value, 1, maxSteadySeconds)
	if !ok && strings.Trim(value, blanks) != off {
		return &fault{text: "invalid systole_slow_start",
			remedy: fmt.Sprintf("write the seconds in which a server that is back gets its full weight, 1 to %d, or off", maxSteadySeconds)}
	}
	*to = time.Duration(n) * time.Second
	return nil
}

var flapHoldForm = regexp.MustCompile(`^([0-9]+)[\s\v]+in[\s\v]+([0-9]+)[\s\v]+for[\s\v]+([0-9]+)$`)

func setFlapHold(to *FlapHold, value string) *fault {
	value = strings.Trim(value, blanks)
	if value == off {
		*to = FlapHold{}
		return nil
	}
	if m := flapHoldForm.FindStringSubmatch(value); m != nil {
		count, ok := within(m[1], 1, maxSteadyCount)
		window, ok2 := within(m[2], 1, maxSteadySeconds)
		hold, ok3 := within(m[3], 1, maxSteadySeconds)
		if ok && ok2 && ok3 {
			*to = FlapHold{count, time.Duration(window) * time.Second, time.Duration(hold) * time.Second}
			return nil
		}
	}
	return &fault{text: "invalid systole_flap_hold",
		remedy: "write COUNT in SECONDS for SECONDS: 3 in 60 for 300 keeps a server that fell 3 times in 60 seconds out for 300; or off"}
}

func setPanic(to *int, value string) *fault {
	n, ok := within(strings.TrimSuffix(strings.Trim(value, blanks), "%"), 1, 100)
	if !ok && strings.Trim(value, blanks) != off {
		return &fault{text: "invalid systole_panic",
			remedy: "write a percentage, 1 to 100: while fewer of the servers are up all of them stay in service; or off"}
	}
	*to = n
	return nil
}

// within reads a value that is a number between least and most, and nothing else.
func within(value string, least, most int) (int, bool) {
	value = strings.Trim(value, blanks)
	n, err := strconv.ParseUint(value, 10, 31)
	if err != nil || int(n) < least || int(n) > most {
		return 0, false
	}
	return int(n), true
}

// steady writes what was given.
func (w *writer) steady(s Steady, given givenSteady) {
	if given.rise {
		w.line("systole_rise", strconv.Itoa(s.Rise))
	}
	if given.slowStart {
		w.line("systole_slow_start", orOff(int(s.SlowStart/time.Second)))
	}
	if given.flapHold {
		w.line("systole_flap_hold", s.FlapHold.String())
	}
	if given.panic {
		w.line("systole_panic", orOff(s.Panic))
	}
}

func orOff(n int) string {
	if n == 0 {
		return off
	}
	return strconv.Itoa(n)
}

// globalSteady are those that differ from the defaults.
func globalSteady(s Steady) givenSteady {
	return givenSteady{s.Rise > 1, s.SlowStart != 0, s.FlapHold.On(), s.Panic != 0}
}

// neverHolds says whether falls cannot follow each other as fast as a flap hold wants them: between two of them
// are the checks that take the server out, and those that bring it back.
func neverHolds(v *Virtual) bool {
	apart := v.CheckInterval * time.Duration(max(v.FailureCount, 1)+max(v.Rise, 1))
	return v.FlapHold.On() && time.Duration(v.FlapHold.Count-1)*apart >= v.FlapHold.Window
}

// grows says whether a slow start does anything for a server.
func grows(r Real) bool { return r.Weight > 1 }
