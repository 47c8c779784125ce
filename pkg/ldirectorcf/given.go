package ldirectorcf

import "time"

// given records what a section gave by itself: the values that are merged with the globals, and
// for those whose zero value means something, that they were given at all.
type given struct {
	checkTimeout, negotiateTimeout, checkInterval time.Duration // 0: not given
	checkCount, failureCount                      int           // 0: not given

	quiescent, cleanStop, mailAlert, mailEvery, mailStatus, smtp, fallback, fallbackCommand bool
	givenSteady
}
