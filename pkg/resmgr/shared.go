package resmgr

import (
	"slices"
	"strings"
)

// SharedVariable carries Manager.Shared to commands that scripts of the daemon run.
const SharedVariable = "HA_SYSTOLE_SHARED"

// SharedEnv returns the environment that tells commands of shared groups, or nothing.
func SharedEnv(shared map[string]string) []string {
	if len(shared) == 0 {
		return nil
	}
	var pairs []string
	for digest, owner := range shared {
		pairs = append(pairs, digest+"="+owner)
	}
	slices.Sort(pairs)
	return []string{SharedVariable + "=" + strings.Join(pairs, ",")}
}

// ParseShared reads the value of SharedVariable.
func ParseShared(text string) map[string]string {
	shared := map[string]string{}
	for _, pair := range strings.Split(text, ",") {
		if digest, owner, ok := strings.Cut(pair, "="); ok {
			shared[digest] = owner
		}
	}
	return shared
}
