package lab

import "regexp"

// lostOwn matches what an original writes when it loses a message of its own scripts.
var lostOwn = regexp.MustCompile(`NV failure \(msgfromsteam\)|msg2string: Message with zero fields`)

// LostOwn says whether the log of an original tells that it has lost a message of its own scripts: two that
// write to its FIFO at once, or one in two pieces, are read as garbage (wire spec 1.6). It then waits
// for that message for ever, so that a test can say nothing about what follows.
func LostOwn(log string) bool { return lostOwn.MatchString(log) }
