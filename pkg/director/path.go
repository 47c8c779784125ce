package director

import "fmt"

// PathState is what a check of the way to a server's copy of the virtual address found
// (systole_path_check=).
type PathState uint8

// The states of a path.
const (
	PathUnasked PathState = iota // not checked, or not this time
	PathGood                     // the server answered for the virtual's address
	PathRefused                  // it did, and refused: nothing listens there on the virtual's address
	PathBroken                   // it did not: what is sent there for the virtual's address is lost
	PathUnknown                  // it could not be asked, for a reason that is not the server's
)

// Path is the outcome of such a check.
type Path struct {
	State PathState
	Text  string // what is wrong, for people; "" if nothing is
}

// Lost says whether clients that are sent on the path get nothing there. One that cannot be asked takes no
// server out: that would be all of them at once.
func (p Path) Lost() bool { return p.State == PathRefused || p.State == PathBroken }

// Good says whether a check brings or keeps its server in service.
func (ev CheckResult) Good() bool { return ev.Up && !ev.Path.Lost() }

// Said is what to tell of a check: its message, or what is wrong with the path.
func (ev CheckResult) Said() string {
	if ev.Up && ev.Path.Lost() {
		return ev.Path.Text
	}
	return ev.Message
}

// pathWords begin the log lines about paths that are not good.
func pathWords() map[PathState]string {
	return map[PathState]string{PathRefused: "Path refused", PathBroken: "Path broken", PathUnknown: "Path unknown"}
}

// walked notes and logs the outcome of a path check that differs from the one before.
func (m *Machine) walked(c *check, is Path) {
	was := c.path
	if is.State == PathUnasked || is == was {
		return
	}
	c.path = is
	words, wrong := pathWords()[is.State]
	for _, u := range c.users {
		switch where := fmt.Sprintf("real server: %s (%s)", u.r.addr(), u.v.cf.Name); {
		case wrong:
			m.log(words + " " + where + ": " + is.Text)
		case was.State != PathUnasked:
			m.log("Path good " + where)
		}
	}
}
