// Package keepalived makes heartbeat's and ldirectord's files of a keepalived.conf, and an account
// of every line (agents spec 8).
//
//	virtual_server 10.30.6.110 80 { delay_loop 3 lb_algo rr … }
//	     │
//	   lex        words, braces, comments, line ends, each with its line
//	     │
//	   parse      directives by the grammar of their block: a table that knows how many words each
//	     │        takes, so that blocks pasted on one line come out as they were meant
//	   build      directives to a Config, each graded in the Report as it is read
//	     │
//	   emit       for both nodes: ha.cf, haresources, authkeys, ldirectord.cf, check and notify scripts
//
// VRRP elects a master by priority; heartbeat has a preferred node. A takeover after 3.6 adverts
// becomes a deadtime, the password a key, an instance or sync group a line of haresources, a
// virtual_server a section. What has no counterpart is told with its reason and never guessed at.
//
// A file that is damaged (an open block, an address that is none, an include) makes errors, and
// nothing else.
package keepalived
