// Package sim is a world of cluster machines in virtual time: nodes, a network that delays and
// loses, agents that start and stop resource groups. Equal seeds and commands give equal runs,
// so every run can be replayed. Nothing here touches the real clock, network or disk.
package sim
