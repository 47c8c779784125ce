// Package haresources reads /etc/ha.d/haresources: which resources move together, and which
// node each group prefers (failover spec 2).
//
//	lvsactive.gunnm.xyz ldirectord::ldirectord.cf \
//	                    IPaddr2::121.254.175.70/32/eth0   # the virtual address
//	└─ Owner            └─ Key, the first resource        └─ a later resource
//
// Two readers of the original disagree about this file, and both are kept:
//
//   - ResourceManager joins lines that end in a backslash and takes the first word for the
//     owner (Parse). It never complains.
//   - The daemon looks only for the first word of each line that does not follow a backslash
//     and refuses to start over a name that is no node (CheckNodes).
//
// What the first reader swallows ends as a group that cannot start, or as nothing at all. So
// Parse keeps the groups as the original has them and tells, as warnings, every word that
// cannot work and what to write instead. It differs in four places, each for the better:
// a comment on a continuation line is a comment, carriage returns at line ends and no-break
// spaces are blanks, keys are compared literally, and of groups with the same key only the
// first acts.
package haresources
