// Package ldirectorcf reads ldirectord.cf: text to directives with file and line, directives to a
// validated Config, and a Config back to text. Name look-ups and files are passed in as an Env.
//
//	checktimeout=10                       global: column 0, applies to the whole file
//	virtual=121.254.175.70:80             opens a section
//	        real=121.254.175.75:80 gate   section: a tab or four blanks
//	                                      an empty line ends the section
//	    service=http                      so this is an unknown command
//
//	text --Load--> global and section tables --+--> Config --Text--> text
//	                                           +--> []diag.Diagnostic
//
// Load follows the original line by line: a line is a section directive only while a section is
// open and the line is indented; the first error ends the reading; at the end of a section the
// fallback, the address of the virtual, the reals and the duplicate test come in that order; the
// defaults of a section are filled in from the globals when the whole file is read, because a
// global may stand below (ldirectord spec 3).
//
// Every finding carries the original's words in Text, byte for byte, and ours in Remedy: what was
// probably meant. A finding of which the original says nothing has an empty Text. Format gives the
// line the original prints.
//
// Departures from the original (ldirectord spec 3.2, 3.3, 14):
//   - a per-real request that begins with "/" keeps its receive string and thresholds;
//   - a global fallback reaches firewall-mark services;
//   - ranges compare addresses as numbers and hold at most 65536 of them;
//   - a receive string that is no regular expression is an error where a check would use it;
//   - weights and thresholds beyond the kernel's range are lowered to it, with a warning;
//   - a firewall mark outside 1 to 4294967295 is refused.
package ldirectorcf
