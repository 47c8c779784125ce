// Package live holds the looking verbs of systole to a pair that runs: what "systole status" and
// "systole top" show, "systole explain" tells and "systole timeline" draws, and what Prometheus and
// hooks are told, while the power of one node is cut, while it comes back, and while an operator
// moves the resources by hand, on both nodes; and "systole doctor" to hosts with the faults that it
// looks for, which the commands that it names must mend.
package live
