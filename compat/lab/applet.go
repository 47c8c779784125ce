package lab

import (
	"os"
	"strings"
)

// Applet is a program inside the program: what runs when the first argument is
// "lab:" and the applet's name. Run returns the exit code.
type Applet struct {
	Name string
	Run  func(args []string) int
}

const appletPrefix = "lab:"

// Self is where every host finds the program that made the lab, so that
// h.Start(lab.Self, "lab:web", …) runs an applet of it there.
const Self = "/run/lab/self"

// ownApplets are the programs that every program with a lab has inside.
func ownApplets() []Applet {
	return []Applet{
		{"init", runInit},
		{"web", runWeb},
	}
}

// Main must be the first call of a program that makes labs (in a test: of
// TestMain). If the program was started as an applet, Main runs that and exits;
// otherwise it returns at once. more adds applets of the program's own.
func Main(more ...Applet) {
	if len(os.Args) < 2 || !strings.HasPrefix(os.Args[1], appletPrefix) {
		return
	}
	name := strings.TrimPrefix(os.Args[1], appletPrefix)
	for _, a := range append(ownApplets(), more...) {
		if a.Name == name {
			os.Exit(a.Run(os.Args[2:]))
		}
	}
	os.Stderr.WriteString("no applet " + os.Args[1] + "\n")
	os.Exit(127)
}
