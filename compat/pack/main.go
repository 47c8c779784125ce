// Command pack makes the package systole of built programs and the files that package layout
// names:
//
//	go run ./compat/pack -format deb -arch amd64 -version v1.2.3 -bin build/pack/amd64 -out dist
//
// writes dist/systole_1.2.3-1_amd64.deb, and beside it a bill of materials, which is in the package
// too. The package takes the places of the original's packages heartbeat and ldirectord:
//
//	               dpkg -i systole.deb                        dpkg -r systole; dpkg -i heartbeat.deb
//	heartbeat  ---------------------------->  systole  ------------------------------>  heartbeat
//	  stopped by its own scripts               started if the service was enabled
//	  its unedited scripts of /etc replaced    its unedited scripts of /etc replaced
//	  edited ones kept, or asked about         edited ones kept, or asked about
//
// ha.cf, haresources, authkeys and ldirectord.cf are in no package: nothing touches them. Nor is
// anything enabled that was not. The libraries of the original's packages (libheartbeat2, on Red
// Hat heartbeat-libs) stay: foreign clients of the API need them.
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
