package agent

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"systole/pkg/garp"
	"systole/pkg/netif"
)

// Claim is another machine's claim of an address that is held here.
type Claim struct {
	IP        netip.Addr
	Interface string
	MAC       net.HardwareAddr
}

// speaker announces an address after the agent has returned.
type speaker interface {
	// announce sends the first frames, and goes on if it can. by is the program that does the same.
	announce(j *Job, a garp.Announcement, by sender) error
	// once sends the first frames only: the address need not be here.
	once(j *Job, a garp.Announcement, by sender) error
	// silence stops announcing ip; interrupted means that the first frames were not all out.
	silence(ip netip.Addr) (interrupted bool)
	// speaking says whether somebody sees to it that ip is announced.
	speaking(ip netip.Addr) bool
}

// inProcess announces from goroutines of the Runner, for as long as the address is there.
type inProcess struct{ r *Runner }

func (s inProcess) announce(j *Job, a garp.Announcement, _ sender) error {
	opt := s.r.Announce
	a.Repeat = opt.Repeat
	a.Held = func() bool { return held(s.r.Net, a.Interface.Name, a.IP) }
	return s.speak(j, a, opt.Claimed != nil && a.IP.Is4())
}

func (s inProcess) once(j *Job, a garp.Announcement, _ sender) error { return s.speak(j, a, false) }

func (s inProcess) speak(j *Job, a garp.Announcement, watch bool) error {
	a.Failed = func(err error) { j.logf("WARNING: %v", err) }
	on, err := garp.Announce(a)
	if err != nil {
		return err
	}
	v := voice{on: on}
	if watch {
		if v.watch, err = garp.Watch(a.Interface, a.IP, seldom(a, s.r.Announce.Claimed)); err != nil {
			j.logf("WARNING: %v", err)
		}
	}
	s.r.speakers.put(a.IP, v)
	return nil
}

// claimInterval is the least time between two claims of one address that are told. Whoever
// answers a claim with an announcement must not do so more often (RFC 5227 2.4): two machines
// that do would fill the LAN with their quarrel.
const claimInterval = 10 * time.Second

func seldom(a garp.Announcement, tell func(Claim)) func(mac net.HardwareAddr) {
	var last time.Time
	return func(mac net.HardwareAddr) {
		if now := time.Now(); last.IsZero() || now.Sub(last) >= claimInterval {
			last = now
			tell(Claim{IP: a.IP, Interface: a.Interface.Name, MAC: mac})
		}
	}
}

func (s inProcess) silence(ip netip.Addr) bool { return s.r.speakers.silence(ip) }

func (s inProcess) speaking(ip netip.Addr) bool { return s.r.speakers.speaking(ip) }

// held says whether ip is still an address of the interface; when the kernel does not answer,
// it says yes: silence is worse than a frame too many.
func held(h *netif.Handle, nic string, ip netip.Addr) bool {
	all, err := h.Addresses(nic)
	if err != nil {
		return true
	}
	for _, a := range all {
		if a.Prefix.Addr() == ip {
			return true
		}
	}
	return false
}

// speakers are the announcers of held addresses. The zero value is ready to use.
type speakers struct {
	mu     sync.Mutex
	voices map[netip.Addr]voice
}

type voice struct {
	on    *garp.Announcer
	watch *garp.Watcher // nil: nobody watches
}

func (v voice) stop() (interrupted bool) {
	if v.watch != nil {
		v.watch.Close()
	}
	return v.on.Stop()
}

func (s *speakers) put(ip netip.Addr, v voice) {
	s.mu.Lock()
	old, had := s.voices[ip]
	if s.voices == nil {
		s.voices = make(map[netip.Addr]voice)
	}
	s.voices[ip] = v
	s.mu.Unlock()
	if had {
		old.stop()
	}
}

func (s *speakers) speaking(ip netip.Addr) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, on := s.voices[ip]
	return on && !v.on.Lost()
}

// again announces one address once more, all if it is the zero address.
func (s *speakers) again(ip netip.Addr) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for at, v := range s.voices {
		if !ip.IsValid() || at == ip {
			v.on.Again()
		}
	}
}

func (s *speakers) silence(ip netip.Addr) (interrupted bool) {
	s.mu.Lock()
	v, had := s.voices[ip]
	delete(s.voices, ip)
	s.mu.Unlock()
	return had && v.stop()
}

func (s *speakers) silenceAll() {
	s.mu.Lock()
	all := s.voices
	s.voices = nil
	s.mu.Unlock()
	for _, v := range all {
		v.stop()
	}
}

// background announces from a process of its own, as the original does: the command that
// started it ends at once.
type background struct{}

func (background) announce(j *Job, a garp.Announcement, by sender) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find own program: %w", err)
	}
	cmd := exec.Command(self)
	cmd.Args = append([]string{j.BinDir + "/" + by.program}, by.words...)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	// The child writes the same when it runs; a stop may come before that.
	file, err := openPid(j.pidFile(a.IP))
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		file.Close()
		_ = os.Remove(file.Name())
		return fmt.Errorf("start %s: %w", by.program, err)
	}
	err = closePid(file, cmd.Process.Pid)
	cmd.Process.Release()
	return err
}

func (b background) once(j *Job, a garp.Announcement, by sender) error { return b.announce(j, a, by) }

func (background) silence(netip.Addr) bool { return false }

func (background) speaking(netip.Addr) bool { return true }
