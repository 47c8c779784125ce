// Command pack makes the package systole of built programs and the files that package layout
// names:
//
//	go run ./compat/pack -format deb -arch amd64 -version v1.2.3 -bin build/pack/amd64 -out dist
//
// writes dist/systole_1.2.3-1_amd64.deb, and beside it a bill of materials, which is in the package
// too. The package takes the places of the original's packages heartbeat and ldirectord:
//
//	               apt install ./systole.deb                  apt install heartbeat ldirectord
//	heartbeat  ---------------------------->  systole  ------------------------------>  heartbeat
//	  loses its files while it runs            stopped
//	  shut down by systole's scripts           its unedited scripts of /etc replaced
//	  its unedited scripts of /etc replaced    edited ones kept, or asked about
//	  edited ones kept, or asked about         diverted files and links put back
//	systole started if it ran or was enabled
//
// No script of ours can run before the original's files go: apt removes its packages first, whether
// they conflict or break. Debian's package leaves its daemon running then, but takes its FIFO away, and
// end-original (in compat/service) shuts it down all the same.
//
// ha.cf, haresources, authkeys and ldirectord.cf are in no package of ours: nothing touches them. Nor
// is anything enabled that was not. Debian's package ldirectord has ldirectord.cf, and its purge would
// delete it: a diversion keeps dpkg away. The libraries of the original's packages (libheartbeat2, on Red Hat heartbeat-libs)
// stay: foreign clients of the API need them.
//
// Some places belong to the package resource-agents, which stays too (see borrowed). On Debian
// its files are diverted while systole is there; on Red Hat systole only fills in what is missing.
//
// The same sources make the same bytes: every time in a package is SOURCE_DATE_EPOCH, in seconds.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

func main() {
	os.Exit(run(os.Args[1:], os.Getenv, os.Stdout, os.Stderr))
}

// order is what package to make, of what.
type order struct {
	format  string // deb or rpm
	arch    string // as GOARCH names it
	version string // as git describe tells it
	bin     string // the built programs
	src     string // the source tree
	out     string // where the package is put
	level   int    // how hard gzip tries, 1 to 9
	work    string // for files that are made for the package
	made    time.Time
}

// run returns the exit code: 0 done, 1 something failed, 2 wrong use.
func run(args []string, env func(string) string, stdout, stderr io.Writer) int {
	var o order
	flags := flag.NewFlagSet("pack", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.format, "format", "deb", "deb or rpm")
	flags.StringVar(&o.arch, "arch", "amd64", "architecture of the programs, as Go names it")
	flags.StringVar(&o.version, "version", "", "version, as git describe tells it")
	flags.StringVar(&o.bin, "bin", "build/bin", "directory of the built programs")
	flags.StringVar(&o.src, "src", ".", "the source tree")
	flags.StringVar(&o.out, "out", "dist", "directory that the package is put into")
	flags.IntVar(&o.level, "level", 6, "how hard gzip tries, 1 to 9: 9 is six times as slow as 6, and 0.3 % smaller")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	seconds, err := strconv.ParseInt(env("SOURCE_DATE_EPOCH"), 10, 64)
	if err != nil {
		fmt.Fprintf(stderr, "pack: SOURCE_DATE_EPOCH, the time that files in the package get: %v\n", err)
		return 2
	}
	o.made = time.Unix(seconds, 0).UTC()
	name, err := o.pack()
	if err != nil {
		fmt.Fprintf(stderr, "pack: %v\n", err)
		return 1
	}
	fmt.Fprintln(stdout, name)
	return 0
}

// pack writes the package and the bill of materials and returns the package's path.
func (o order) pack() (string, error) {
	if err := os.MkdirAll(o.out, 0o755); err != nil {
		return "", err
	}
	bill, err := o.writeBill()
	if err != nil {
		return "", err
	}
	if o.work, err = os.MkdirTemp("", "pack"); err != nil {
		return "", err
	}
	defer os.RemoveAll(o.work)
	info, err := o.info(bill)
	if err != nil {
		return "", err
	}
	p, err := packager(o.format)
	if err != nil {
		return "", err
	}
	path := filepath.Join(o.out, p.ConventionalFileName(info))
	f, err := os.Create(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	if err := p.Package(info, f); err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	return path, f.Close()
}
