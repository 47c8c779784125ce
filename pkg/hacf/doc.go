// Package hacf reads /etc/ha.d/ha.cf: text to directives with file and line, then directives
// to a validated Config (wire spec 8).
//
//	text ──Parse──▶ []Directive ──Read──▶ Reading ──Check──▶ Config, Lines, Diagnostics
//
// The original reads in two steps with the authentication keys between them, and which step
// says what decides the order of its log lines. Reading keeps that:
//
//	Read   every directive in file order. Each fault is told where it stands; reading goes on,
//	       and one fault is enough for "Heartbeat not started: configuration error."
//	       (the daemon reads authkeys here)
//	Check  what only the whole file can tell: media, nodes, times, failback, logging.
//	       (the daemon logs StartLines and checks haresources here)
//
// Nothing here touches the machine: Env brings in host names, interfaces, users, services and
// files. A zero Env believes everything, which is what a check on another machine wants.
//
// What the original writes while it reads comes out as Lines, ordered, with level and text, so
// that the daemon prints them one by one:
//
//	WARN   WARNING: directive 'udp' replaced by 'bcast'
//	info   Pacemaker support: false
//	WARN   Logging daemon is disabled --enabling logging daemon is recommended
//
// Lines that the original does not have carry Own: the place of a fault and what to write
// instead. Two bugs of the original are not copied: its text about udpport and baudrate
// "setting must precede media statements" on every start.
package hacf
