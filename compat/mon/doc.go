// Package mon reads mon.cf, the configuration of mon(8), into what package monitor runs (agents
// spec 7.3).
//
//	alertdir = /usr/lib/mon/alert.d            variables, outside of records
//	hostgroup realNode-1 129.254.203.146       a record; it goes on to the next blank line
//
//	watch realNode-1                           a record too
//	    service http
//	        interval 5s
//	        period wd {Sun-Sat}
//	            alert lvs.alert -P tcp …
//
// A blank line ends a record, and mon ignores what follows outside of one without a word. A file
// that came from a web page is often full of blank lines: each line that is lost is told, and a
// Lenient reader takes the indented lines after a blank one for the rest of the record.
//
// What page makers made of a minus sign is told as well: "–R" (U+2013) is not "-R".
package mon
