package proc

import (
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"
)

const mark = "PROC_TEST_DAEMON"

// TestMain is the daemon of the tests where it has their mark.
func TestMain(m *testing.M) {
	if IsDaemon(mark) {
		daemon(os.Args[1])
		return
	}
	os.Exit(m.Run())
}

// daemon does what the test's word says.
func daemon(word string) {
	switch word {
	case "starts a child":
		child := exec.Command("sleep", "60")
		if err := child.Start(); err != nil {
			Ready(mark, 1, err.Error())
			return
		}
		Ready(mark, 0, strconv.Itoa(child.Process.Pid))
		child.Wait()
	case "fails":
		Ready(mark, 6, "no medium\n")
	}
}

func spawn(word string) (code int, text string, err error) {
	return Spawn{Title: "daemon", Args: []string{word}, Env: os.Environ(), Dir: "/", Mark: mark, Wait: 5 * time.Second}.Start()
}

// A daemon's word is heard although what it has started before goes on running.
func TestWordOfADaemonWithChildren(t *testing.T) {
	code, text, err := spawn("starts a child")
	child, wrong := strconv.Atoi(text)
	if code != 0 || err != nil || wrong != nil {
		t.Fatalf("code %d, text %q, %v", code, text, err)
	}
	if err := syscall.Kill(child, syscall.SIGKILL); err != nil {
		t.Error(err)
	}
	if _, err := syscall.Wait4(-1, nil, 0, nil); err != nil {
		t.Error(err)
	}
}

func TestDaemonFails(t *testing.T) {
	if code, text, err := spawn("fails"); code != 6 || text != "no medium\n" || err != nil {
		t.Errorf("code %d, text %q, %v", code, text, err)
	}
	if _, _, err := spawn("says nothing"); err == nil || err.Error() != "daemon ended at once: exit status 0" {
		t.Errorf("without a word: %v", err)
	}
}
