package agent

import (
	"fmt"
	"os"
)

// An agent that has nothing of its own to look at remembers with an empty file that it was
// started (ha_pseudo_resource; agents spec 5):
//
//	/run/resource-agents/Delay_Delay_1              the agent, and its instance
//	/run/resource-agents/portblock_tcp_80_block     its instance alone

func (j *Job) pseudoFile() string {
	if j.Agent.Name == "portblock" {
		return j.statePath(j.Instance)
	}
	return j.statePath(j.Agent.Name + "_" + j.Instance)
}

func (j *Job) marked() bool {
	_, err := os.Stat(j.pseudoFile())
	return err == nil
}

// mark remembers the start.
func (j *Job) mark() error {
	if err := j.makeStateDir(); err != nil {
		return fmt.Errorf("remember the start: %w", err)
	}
	f, err := os.OpenFile(j.pseudoFile(), os.O_WRONLY|os.O_CREATE, 0o644)
	if err != nil {
		return fmt.Errorf("remember the start: %w", err)
	}
	return f.Close()
}

// marking is mark for a start that has nothing more to do.
func (j *Job) marking() int {
	if err := j.mark(); err != nil {
		j.logf("ERROR: %v", err)
		return generic
	}
	return success
}

func (j *Job) unmark() { _ = os.Remove(j.pseudoFile()) }
