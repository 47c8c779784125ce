package agent

import (
	"context"
	"net/netip"
	"os"
	"strings"
)

// sendArpAgent is the agent SendArp (agents spec 5): ip/interface. It announces an address that
// somebody else brings up, and is held from its start on. That nothing could be sent is no
// failure.
func sendArpAgent(_ context.Context, j *Job, op string) int {
	w := parseWord(j.Args[0])
	nic := w.mask // its grammar knows no netmask
	if !strings.Contains(j.Args[0], "/") {
		nic = w.ip
	}
	switch op {
	case "start":
		if w.ip == "" || nic == "" {
			return notConfigured
		}
		if j.marked() || j.sending(w.ip) {
			return success
		}
		if err := j.sendArpOnce(w.ip, nic); err != nil {
			j.logf("WARNING: %v", err)
			_ = j.fail(generic, "Could not send gratuitous arps")
		}
		return j.marking()
	case "stop":
		if !j.marked() && !j.sending(w.ip) {
			return success
		}
		if j.silenceOnce(w.ip) {
			j.logf("INFO: killed previously running %s for %s", sendArpName, w.ip)
		}
		j.logf("INFO: SendArp for %s/%s released", w.ip, nic)
		j.unmark()
		return success
	}
	if j.marked() || j.sending(w.ip) {
		return success
	}
	return notRunning
}

func (j *Job) sendArpOnce(ip, nic string) error {
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return err
	}
	if err := j.makeStateDir(); err != nil {
		return err
	}
	r := defaultRhythm()
	_, _ = r.set(j.Env, namesOfSendArp()) // what makes no sense does not count
	a, err := r.announcement(j, nic, addr)
	if err != nil {
		return err
	}
	return j.speaker.once(j, a, r.sendArp(j.pidFile(addr), nic, ip, ip, "ffffffffffff"))
}

func (j *Job) silenceOnce(ip string) (interrupted bool) {
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return false
	}
	interrupted = j.speaker.silence(addr)
	_, killed := j.killSender(addr)
	return interrupted || killed
}

// sending says whether a process has left a pid file: one of the original's agent, or of ours.
func (j *Job) sending(ip string) bool {
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return false
	}
	_, err = os.Stat(j.pidFile(addr))
	return err == nil
}
