// Package proc is the life of a daemon process: going to the background with a word back to
// the one who started it, the pid file, the scheduling class, locked memory, the watchdog, and systemd's notifications.
package proc
