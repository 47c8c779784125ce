// Command install lays the built programs and the files of the source tree where package layout
// says, below the directory -destdir:
//
//	go run ./compat/install -destdir DIR -bin build/bin
//
// Without -destdir that is the machine itself; then the account that clients of the daemon run as
// is made too if it is missing. Running daemons are not disturbed: files are replaced by renaming.
//
// Files under /etc belong to the administrator, so they are treated as dpkg treats them. Which
// bytes were installed is remembered (RecordPath):
//
//	on disk is         and the new version     what happens
//	-----------------  ----------------------  ---------------------------------------------
//	nothing, first     -                       it is installed
//	nothing, later     -                       it was deleted on purpose and stays away
//	what we installed  differs                 it is replaced
//	something else     is what we installed    it stays
//	something else     differs                 it stays; the new one is NAME.dpkg-dist beside it
//
// dpkg-dist because logrotate, insserv and run-parts know to leave files of that ending alone.
// What happened to an edited file is said on standard output.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"

	"systole/compat/layout"

	"golang.org/x/sys/unix"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run returns the exit code: 0 done, 1 something failed, 2 wrong use.
func run(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("install", flag.ContinueOnError)
	flags.SetOutput(stderr)
	dest := flags.String("destdir", "", "directory that becomes the root of the installed system; the machine itself if empty")
	bin := flags.String("bin", "build/bin", "directory of the built programs")
	src := flags.String("src", ".", "the source tree")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(stderr, "install: %q is not understood\n", flags.Arg(0))
		return 2
	}
	unix.Umask(0o022) // everybody may read what is installed, whatever the user's own habit is
	t := target{dest: *dest, bin: *bin, src: *src, out: stdout}
	if err := t.install(layout.Table()); err != nil {
		fmt.Fprintf(stderr, "install: %v\n", err)
		return 1
	}
	return 0
}
