// Package tool is the frame of the systole command: a table of verbs, and what follows from it.
//
//	systole VERB [OPTIONS] [ARGUMENTS]
//
//	main: []Verb ──▶ Run ──▶ the verb named first, with its options parsed
//	                    ├──▶ help, VERB --help
//	                    └──▶ completion bash | zsh | fish
//
// Everything that is said about a verb stands in its Verb: its summary, its options, its exit
// codes. Help and completions are made from that and cannot disagree with it; a test holds the
// manual page to it. The verbs are packages below this one; each only reads what it is pointed at.
package tool
