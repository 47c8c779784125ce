package ipvs

import (
	"fmt"
	"slices"
)

// Schedulers have three flags of their own in the service's flag word, bits 0x08, 0x10 and 0x20
// (linux/ip_vs.h, IP_VS_SVC_F_SCHED1…3). ipvsadm calls them flag-1 to flag-3, and by name where
// the scheduler has a meaning for them.
const (
	schedFlagShift = 3
	schedFlagCount = 3
)

// plainFlags names the flags for any scheduler.
func plainFlags() [schedFlagCount]string { return [...]string{"flag-1", "flag-2", "flag-3"} }

// flagNames names the flags as the listing of this scheduler does.
func flagNames(scheduler string) [schedFlagCount]string {
	switch scheduler {
	case "sh":
		return [...]string{"sh-fallback", "sh-port", "flag-3"}
	case "mh":
		return [...]string{"mh-fallback", "mh-port", "flag-3"}
	}
	return plainFlags()
}

// SchedFlagBits returns the scheduler flags as bits of the kernel's flag word. The error names
// the first flag that the scheduler does not have; the bits of the others are returned with it.
func SchedFlagBits(scheduler string, names []string) (uint32, error) {
	var bits uint32
	var err error
	own, plain := flagNames(scheduler), plainFlags()
	for _, name := range names {
		i := max(slices.Index(own[:], name), slices.Index(plain[:], name))
		if i < 0 {
			if err == nil {
				err = fmt.Errorf("scheduler flag %q is not one of scheduler %q", name, scheduler)
			}
			continue
		}
		bits |= 1 << (schedFlagShift + i)
	}
	return bits, err
}

// SchedFlagNames returns the names of the scheduler flags in the kernel's flag word; other bits
// of the word are ignored.
func SchedFlagNames(scheduler string, bits uint32) []string {
	var names []string
	for i, name := range flagNames(scheduler) {
		if bits&(1<<(schedFlagShift+i)) != 0 {
			names = append(names, name)
		}
	}
	return names
}
