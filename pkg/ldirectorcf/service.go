package ldirectorcf

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The directives of a section that go to the kernel (ldirectord spec 4.2, 5).

// setScheduler takes the first run of small letters; the original does not ask the kernel.
func (s *section) setScheduler(value string) *fault {
	name := lowerRun.FindString(value)
	if name == "" {
		return &fault{text: "invalid scheduler, should be only lowercase letters (a-z)",
			remedy: didYouMean(strings.ToLower(strings.Trim(value, blanks)), schedulers)}
	}
	if !slices.Contains(schedulers, name) {
		s.l.warn(s.l.at, "", "no scheduler "+name+" comes with the kernel: "+didYouMean(name, schedulers))
	}
	s.v.Service.Scheduler = name
	return nil
}

var lowerRun = regexp.MustCompile(`[a-z]+`)

// setSchedFlags takes the first word; flags are joined by commas as for ipvsadm -b.
func (s *section) setSchedFlags(value string) *fault {
	word, _ := firstWord(value)
	if word == "" {
		return &fault{text: "invalid sched-flags", remedy: "write one or more of " + strings.Join(schedFlags, ", ") + ", joined by commas"}
	}
	s.v.Service.SchedFlags = strings.Split(word, ",")
	for _, flag := range s.v.Service.SchedFlags {
		if !slices.Contains(schedFlags, flag) {
			s.l.warn(s.l.at, "", "no scheduler has the flag "+flag+": "+didYouMean(flag, schedFlags))
		}
	}
	return nil
}

// setPersistent takes 0 as not persistent, as the original's ipvsadm arguments do.
func (s *section) setPersistent(value string) *fault {
	n, ok := number(value)
	if !ok {
		return &fault{text: "invalid persistent timeout", remedy: "write a number of seconds, for example persistent=600"}
	}
	s.persistent = time.Duration(n) * time.Second
	return nil
}

var dottedQuad = regexp.MustCompile(`^[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}$`)

// setNetmask reads a dotted quad or, for IPv6, a prefix length, and nothing after it.
func (s *section) setNetmask(value string) *fault {
	if !s.ipv6 {
		if !dottedQuad.MatchString(value) {
			return &fault{text: "invalid netmask: dotted quad notation is required", remedy: netmaskRemedy(value)}
		}
		s.v.Netmask = s.prefixOf(value)
		return nil
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 || n > 128 || value[0] == '+' {
		return &fault{text: "invalid netmask: a prefix length between 1 and 128 is required",
			remedy: "write the number alone, for example netmask=64"}
	}
	s.v.Netmask = n
	return nil
}

// prefixOf returns the leading ones of a mask. The original passes any quad on to ipvsadm.
func (s *section) prefixOf(quad string) int {
	var bits uint32
	bad := false
	for part := range strings.SplitSeq(quad, ".") {
		n, err := strconv.ParseUint(part, 10, 8)
		bad = bad || err != nil
		bits = bits<<8 | uint32(n)
	}
	prefix := 0
	for prefix < 32 && bits&(1<<(31-prefix)) != 0 {
		prefix++
	}
	if bad {
		prefix = 0
	}
	if bad || prefix == 0 || bits<<prefix != 0 {
		s.l.warn(s.l.at, "", fmt.Sprintf("%s is not a mask of leading ones; persistence uses a prefix of %d bits", quad, orFull(prefix)))
	}
	return prefix
}

func orFull(prefix int) int {
	if prefix == 0 {
		return 32
	}
	return prefix
}

func (s *section) setProtocol(value string) *fault {
	word := wordRun.FindString(value)
	switch {
	case word == "":
		return &fault{text: "invalid protocol", remedy: "write tcp, udp or, for a firewall mark, fwm"}
	case s.mark && word != "fwm":
		return &fault{text: "protocol must be fwm if the virtual service is a fwmark (a number)", remedy: markRemedy(s)}
	case !s.mark && word != "tcp" && word != "udp":
		return &fault{text: "protocol must be tcp or udp if the virtual service is an address and port",
			remedy: "write protocol=tcp or protocol=udp; fwm is for virtual=NUMBER, a firewall mark"}
	}
	s.protocol = word
	return nil
}
