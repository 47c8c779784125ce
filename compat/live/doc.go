// Package live holds the looking verbs of systole to a pair that runs: what "systole status" shows
// and "systole explain" tells while the power of one node is cut, while it comes back, and while
// an operator moves the resources by hand, on both nodes.
package live
