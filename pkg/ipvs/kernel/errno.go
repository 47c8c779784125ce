package kernel

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"systole/pkg/ipvs"
)

// ErrNoScheduler is returned when neither the kernel nor its modules have the scheduler.
var ErrNoScheduler = errors.New("scheduler or persistence engine not found")

// refusal is what an errno means as the answer to an operation.
type refusal struct {
	op    ipvs.Op
	errno unix.Errno
	why   error
}

// refusals are the answers that differ by operation (agents spec 9.2 and 9.6). As long as no
// interface has an address the kernel takes no IPv4 address for unicast.
func refusals() []refusal {
	return []refusal{
		{ipvs.AddService, unix.EEXIST, ipvs.ErrServiceExists},
		{ipvs.AddService, unix.ENOENT, ErrNoScheduler},
		{ipvs.EditService, unix.ENOENT, ErrNoScheduler},
		{ipvs.EditService, unix.ESRCH, ipvs.ErrNoService},
		{ipvs.DelService, unix.ESRCH, ipvs.ErrNoService},
		{ipvs.AddDest, unix.ESRCH, ipvs.ErrNoService},
		{ipvs.EditDest, unix.ESRCH, ipvs.ErrNoService},
		{ipvs.DelDest, unix.ESRCH, ipvs.ErrNoService},
		{ipvs.AddDest, unix.EEXIST, ipvs.ErrDestExists},
		{ipvs.EditDest, unix.ENOENT, ipvs.ErrNoDest},
		{ipvs.DelDest, unix.ENOENT, ipvs.ErrNoDest},
		{ipvs.AddDest, unix.EINVAL, errors.New("address not unicast here (is the network up?)")},
		{ipvs.AddDest, unix.ERANGE, errors.New("weight or thresholds out of range")},
		{ipvs.EditDest, unix.ERANGE, errors.New("weight or thresholds out of range")},
	}
}

// system says what an errno means whatever was asked; "" is nothing better than its own text.
func system(errno unix.Errno) string {
	switch errno {
	case unix.EPERM, unix.EACCES:
		return "permission denied (CAP_NET_ADMIN is needed)"
	case unix.EAFNOSUPPORT:
		return "address family not in this kernel's ip_vs"
	case unix.EPROTONOSUPPORT, unix.ENOPROTOOPT:
		return "protocol not in this kernel's ip_vs"
	case unix.ENOMEM, unix.ENOBUFS:
		return "memory allocation problem"
	case unix.ENODEV:
		return "no such interface"
	}
	return ""
}

// explain names the change and says what the kernel's answer means.
func explain(c ipvs.Change, err error) error {
	var errno unix.Errno
	if errors.As(err, &errno) {
		for _, r := range refusals() {
			if r.op == c.Op && r.errno == errno {
				return fmt.Errorf("%s: %w%s (%w)", c, r.why, modules(c, r.why), err)
			}
		}
	}
	return fmt.Errorf("%s: %w", c, explainSystem(err))
}

// modules names what to load for a scheduler that was not found.
func modules(c ipvs.Change, why error) string {
	if why != ErrNoScheduler {
		return ""
	}
	return fmt.Sprintf(": %q (kernel module ip_vs_%s)", c.Service.Scheduler, c.Service.Scheduler)
}

// explainSystem says what an errno means, and passes every other error on.
func explainSystem(err error) error {
	var errno unix.Errno
	if errors.As(err, &errno) && system(errno) != "" {
		return fmt.Errorf("%s (%w)", system(errno), err)
	}
	return err
}
