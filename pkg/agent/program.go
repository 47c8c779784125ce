package agent

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// errNoProgram says that a program is in none of the directories of PATH.
var errNoProgram = errors.New("no such program")

// systemPath is searched after PATH: a daemon may have been started with a short one.
const systemPath = "/usr/sbin:/usr/bin:/sbin:/bin"

// command is a program that an agent runs to its end.
type command struct {
	name  string   // looked for in PATH unless it has a slash
	args  []string // after its name
	env   []string // added
	input string   // its standard input
}

// run runs a program for the job. Its standard error goes to the job's; its standard output is
// returned. Both pass through memory files: a pipe would be held open by whatever the program
// leaves behind. A program that cannot be run is an error, and errNoProgram if it is not there.
func (j *Job) run(ctx context.Context, c command) (out string, code int, err error) {
	path, err := j.lookPath(c.name)
	if err != nil {
		return "", 127, err
	}
	var files [3]*os.File
	for i := range files {
		fd, err := unix.MemfdCreate(filepath.Base(path), unix.MFD_CLOEXEC)
		if err != nil {
			return "", 126, err
		}
		files[i] = os.NewFile(uintptr(fd), path)
		defer files[i].Close()
	}
	if _, err := files[0].WriteAt([]byte(c.input), 0); err != nil {
		return "", 126, err
	}
	p := process{path: path, args: c.args, env: append(j.environ(), c.env...), stdin: files[0], stdout: files[1], stderr: files[2]}
	err = p.run(ctx, "/")
	said, _ := io.ReadAll(io.NewSectionReader(files[1], 0, maxStatus))
	_, _ = io.Copy(j.Stderr, io.NewSectionReader(files[2], 0, maxStatus))
	if err != nil {
		code = codeOf(err)
		if code == 126 {
			return string(said), code, err
		}
	}
	return string(said), code, nil
}

func (j *Job) environ() []string {
	if j.Environ == nil {
		return os.Environ()
	}
	return append([]string(nil), j.Environ...)
}

// lookPath finds a program as the shell does.
func (j *Job) lookPath(name string) (string, error) {
	if strings.Contains(name, "/") {
		return name, executable(name)
	}
	for _, dir := range filepath.SplitList(j.Env("PATH") + ":" + systemPath) {
		if path := filepath.Join(dir, name); dir != "" && executable(path) == nil {
			return path, nil
		}
	}
	return "", errNoProgram
}

func executable(path string) error {
	st, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errNoProgram
	case err != nil:
		return err
	case !st.Mode().IsRegular() || st.Mode()&0o111 == 0:
		return errNoProgram
	}
	return nil
}
