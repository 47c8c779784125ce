package resmgr

import (
	"errors"
	"fmt"
	"os/exec"
)

// errStillHere says that no way to bring the machine down worked.
var errStillHere = errors.New("no way to reboot worked")

// ForceReboot brings this machine down as the original does when a resource cannot be stopped:
// first the cluster software, without a word to the peer, then the machine, without syncing.
// run runs a command to its end.
func ForceReboot(run func(name string, args ...string) error) error {
	for _, name := range [...]string{"heartbeat", "ipfail", "ccm"} {
		_ = run("pkill", "-9", "-x", name)
	}
	if run("/sbin/reboot", "-nf") == nil || run("/sbin/init", "6") == nil {
		return nil
	}
	return errStillHere
}

// Command runs a command for ForceReboot.
func Command(name string, args ...string) error {
	if err := exec.Command(name, args...).Run(); err != nil {
		return fmt.Errorf("run %s: %w", name, err)
	}
	return nil
}
