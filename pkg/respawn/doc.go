// Package respawn is the command cl_respawn: it keeps a program running.
//
//	cl_respawn [-m CODE] [-p PIDFILE] PROGRAM [ARGUMENT...]
//
//	 start --> PROGRAM runs --> it ended: with CODE (100 if not given) -> exit 0
//	             ^                 |
//	             +-----------------+ otherwise; after a second if it ran for less than one
//
// TERM ends the program, then cl_respawn with 0. Texts and exit codes are those of the original's
// program (heartbeat 3.0.6 on Debian 12, observed), but for its faults: it starts a program that
// fails at once without a pause, thousands of times a second, it aborts when the program ends with
// CODE, and it takes options of the program for its own. There is no recovery daemon (apphbd) to
// register with, so -i and -w are read and mean nothing.
package respawn
