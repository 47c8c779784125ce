package servers

import (
	"os"
	"testing"
	"time"

	"systole/compat/lab"
)

// checksAtOnce is how many cases run side by side.
const checksAtOnce = 64

func TestMain(m *testing.M) {
	lab.Main(lab.Applet{Name: "played", Run: runPlayed})
	lab.AtOnce(checksAtOnce)
	os.Exit(m.Run())
}

const patience = lab.Patience(40 * time.Second)

// until waits for a state that tells nobody of its coming; missing says what is missing yet.
func until(t *testing.T, missing func() string) {
	t.Helper()
	text := ""
	if !patience.Within(t, func() bool { text = missing(); return text == "" }) {
		t.Fatalf("it did not come to be: %s", text)
	}
}
