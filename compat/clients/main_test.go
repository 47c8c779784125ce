package clients

import (
	"os"
	"testing"
	"time"

	"systole/compat/lab"
)

// storiesAtOnce is how many tests run side by side.
const storiesAtOnce = 8

func TestMain(m *testing.M) {
	lab.Main(lab.Applet{Name: "hostile", Run: runHostile})
	lab.AtOnce(storiesAtOnce)
	os.Exit(m.Run())
}

const patience = lab.Patience(60 * time.Second)
