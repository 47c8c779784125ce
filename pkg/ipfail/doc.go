// Package ipfail decides when a node gives its resources up because it sees fewer ping nodes than
// its peer: the original's respawn client ipfail, as a pure machine (failover spec 12).
//
//	    active                                      standby
//	ping node dead
//	ask ───────── num_ping_nodes num_ping=0 ──────►  counts: sees 1
//	              ◄──────────── you_are_dead ───────
//	delayed giveup(all), 2 x keepalive
//	timer over: ask_resources rsc_hold=all info=me, to the cluster
//	      …
//	ping node back
//	ask ───────── num_ping_nodes num_ping=1 ──────►  balanced
//	No giveup timer  ◄────────── abort_giveup ──────  auto_failback on: delayed giveup(foreign)
//
// The delay lets the peer notice the same loss and call the giveup off: a ping node that is lost
// for both moves nothing.
//
// Time comes in with each event, what is to be done goes out as data. AskNodeList and AskResources
// are questions to the daemon; their answers come back as the events NodeList and Resources, one
// per question and in order. Other events may come in between.
//
// The original reads its messages about once a second; this machine answers at once. Its wait of
// 10 s before it asks again after a transition is a deadline here, so that messages are
// still answered meanwhile.
package ipfail
