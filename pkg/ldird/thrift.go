package ldird

import (
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"time"

	"systole/pkg/ldirectorcf"
)

// A director sleeps nearly always, and what it costs is being woken. Go's runtime is made for
// programs that are busy: it wakes a second thread to look for work each time there is some, and a
// watching one every 20 µs while there is. For a check every 200 ms that is most of the price.

const (
	// timerSlack is how much later than asked for the kernel may wake a thread, timerslack_ns of
	// proc(5). It lets the watching thread sleep, and the loop find several things due at once.
	timerSlack = 2 * time.Millisecond

	// What a check takes of a processor, about.
	priceOfConnect = 80 * time.Microsecond
	priceOfTalk    = 180 * time.Microsecond
	priceOfSecrets = 700 * time.Microsecond // TLS, and new processes

	// busy is how much of a processor checks may take before they get one more.
	busy          = 0.6
	maxProcessors = 4

	// pace is how long the loop of a director of many servers waits at least for the next checks that are
	// due: to be woken for several at once costs what it costs for one. paceFrom is how many a second are many.
	pace     = 5 * time.Millisecond
	paceFrom = 400

	// How much garbage is worth its memory, in percent of the rest: of few servers and of many.
	garbageOfFew  = 50
	garbageOfMany = 100
)

// lazyTimers lets the kernel take its time with all timers of the process. Threads to come inherit it;
// without the right to set it, everything is a little dearer.
func lazyTimers() {
	threads, _ := os.ReadDir("/proc/self/task")
	for _, t := range threads {
		_ = os.WriteFile("/proc/"+t.Name()+"/timerslack_ns", strconv.AppendInt(nil, int64(timerSlack), 10), 0)
	}
}

// fitRuntime gives the checks of a configuration the processors and the memory they need, and no more.
func fitRuntime(cf *ldirectorcf.Config) {
	n := processors(cf)
	if n > 1 {
		debug.SetGCPercent(garbageOfMany)
	} else {
		debug.SetGCPercent(garbageOfFew)
	}
	if n = min(n, runtime.NumCPU()); n != runtime.GOMAXPROCS(0) {
		runtime.GOMAXPROCS(n)
	}
}

func processors(cf *ldirectorcf.Config) int {
	load := eachSecond(cf, func(v *ldirectorcf.Virtual) float64 { return price(v).Seconds() })
	return min(1+int(load/busy), maxProcessors)
}

// paceOf is the pace for a configuration.
func paceOf(cf *ldirectorcf.Config) time.Duration {
	if eachSecond(cf, func(*ldirectorcf.Virtual) float64 { return 1 }) < paceFrom {
		return 0
	}
	return pace
}

// eachSecond sums what the checks of a second are worth.
func eachSecond(cf *ldirectorcf.Config, worth func(*ldirectorcf.Virtual) float64) (sum float64) {
	for i := range cf.Virtuals {
		v := &cf.Virtuals[i]
		sum += float64(len(v.Reals)) * worth(v) / max(v.CheckInterval, time.Second).Seconds()
	}
	return sum
}

// price is what a check of a virtual takes.
func price(v *ldirectorcf.Virtual) time.Duration {
	switch v.CheckType {
	case ldirectorcf.CheckExternal, ldirectorcf.CheckExternalPerl:
		return priceOfSecrets
	case ldirectorcf.CheckNegotiate, ldirectorcf.CheckCombined:
		switch v.CheckService {
		case "https", "pops", "imaps", "ldaps", "h2", "grpcs":
			return priceOfSecrets
		}
		return priceOfTalk
	}
	return priceOfConnect
}
