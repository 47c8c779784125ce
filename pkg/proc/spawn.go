package proc

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// readyFD is where a spawned daemon reports back: the first of exec.Cmd's extra files.
const readyFD = 3

// Spawn describes a daemon to be started from this very program.
type Spawn struct {
	Title string        // argv[0] of the daemon, what ps shows
	Args  []string      // arguments after it
	Env   []string      // whole environment
	Dir   string        // working directory
	Mark  string        // environment variable that tells the program that it is the daemon
	Wait  time.Duration // how long to wait for its word; then it counts as started
}

// Start starts the daemon in a session of its own, with /dev/null as standard files, and
// waits for its Ready. The code is what the daemon reported, 0 for success; text is its message.
func (s Spawn) Start() (code int, text string, err error) {
	r, w, err := os.Pipe()
	if err != nil {
		return 0, "", err
	}
	defer r.Close()
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		w.Close()
		return 0, "", err
	}
	defer null.Close()
	cmd := exec.Cmd{Path: "/proc/self/exe", Args: append([]string{s.Title}, s.Args...), Dir: s.Dir,
		Env: append(s.Env, s.Mark+"=1"), Stdin: null, Stdout: null, Stderr: null,
		ExtraFiles: []*os.File{w}, SysProcAttr: &syscall.SysProcAttr{Setsid: true}}
	err = cmd.Start()
	w.Close()
	if err != nil {
		return 0, "", fmt.Errorf("start daemon: %w", err)
	}
	return s.await(r, &cmd)
}

// await reads the daemon's word. A daemon that dies without one has failed.
func (s Spawn) await(r *os.File, cmd *exec.Cmd) (int, string, error) {
	r.SetReadDeadline(time.Now().Add(s.Wait))
	word, err := io.ReadAll(io.LimitReader(r, 1<<16))
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return 0, "", nil
	}
	first, text, ok := strings.Cut(string(word), "\n")
	if code, err := strconv.Atoi(first); ok && err == nil {
		if code != 0 {
			cmd.Wait() // so that nothing of it is left when its failure is told
		}
		return code, text, nil
	}
	cmd.Wait()
	return 0, "", fmt.Errorf("daemon ended at once: %v", cmd.ProcessState)
}

// IsDaemon says whether this process was made by Start with that mark. If so, what the daemon starts
// from then on does not keep the process waiting that awaits its word.
func IsDaemon(mark string) bool {
	if os.Getenv(mark) == "" {
		return false
	}
	syscall.CloseOnExec(readyFD)
	return true
}

// Ready reports to the process that spawned this daemon, once; later calls do nothing.
func Ready(mark string, code int, text string) {
	if !IsDaemon(mark) {
		return
	}
	os.Unsetenv(mark)
	f := os.NewFile(readyFD, "ready")
	fmt.Fprintf(f, "%d\n%s", code, text)
	f.Close()
}
