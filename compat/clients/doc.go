// Package clients proves that programs written for the original's daemon work with ours, and ours
// with the original's: the client API and the commands are the same to the byte.
//
//	            switch "ours"                            switch "original"
//	.77 |            |.78     |.65              .77 |            |.78     |.65
//	+---+------+ +---+------+ +-------+         +---+------+ +---+------+ +-------+
//	| active   | | standby  | |gateway|         | active   | | standby  | |gateway|
//	| OUR daemon on Debian's package | |         | the package as Debian has it   |
//	+----------+ +----------+ +-------+         +----------+ +----------+ +-------+
//	      both: /opt/original/{cl_status,ipfail}, /opt/ours/{cl_status,ipfail}
//
// Hosts with our daemon are Debian's package with our installation laid over it, so that what we
// do not have (ccm, dopd, api_test, ...) is the package's own program, unmodified.
//
//   - TestClStatus makes every call of testdata/cl_status.txt with both programs at both daemons.
//   - TestIpfail, TestAPITest, TestCCM and TestDopd have the original's clients at our daemons, and
//     our ipfail at the original's.
//   - TestHostileClients lets random and malformed clients loose on one of a pair (hostile_test.go).
//   - TestBasicSanityCheck runs the original's own test of an installation on ours.
//   - TestCommands runs the scripts of testdata/commands, whose lines are commands that both
//     installations answer with the same output and the same exit code.
//
// The recorded conversations of the original's clients are replayed frame by frame by package
// hbapi's own tests.
package clients
