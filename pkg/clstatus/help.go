package clstatus

// help is our own text; the sub-commands are the original's.
const help = `Usage: cl_status SUB-COMMAND [OPTIONS] [PARAMETERS]

Asks the heartbeat daemon of this machine. The answer is for scripts, or with -m
for people; the exit code is 0 for yes, 1 for no, 11 for a wrong call, 12 when
the daemon did not answer within 5 seconds, and 13 for other failures.

hbstatus [-v]
	Does heartbeat run here? With -v also its version and what "listnodes -v" prints.
listnodes [-n] [-p] [-v]
	The nodes of the cluster: with -n only real ones, with -p only ping nodes,
	with -v also their types, states and links.
nodestatus NODE
	The state of a node: active, up, init, dead or ping.
nodetype NODE
	Whether a node is normal or a ping node.
nodeweight NODE
	The weight of a node.
nodesite NODE
	The site of a node.
listhblinks [-v] NODE
	The heartbeat links to a node, with -v also their states.
hblinkstatus NODE LINK
	The state of a link: up or dead.
clientstatus NODE CLIENT [MILLISECONDS]
	Is a client of the daemon, such as ipfail, there on a node? (2: it just joined, 3: left)
	Another node has 500 milliseconds to answer, or those given.
rscstatus
	The resources this node holds: none, local, foreign, all; or transition.
hbparameter -p NAME
	A parameter of the configuration, such as deadtime.
`
