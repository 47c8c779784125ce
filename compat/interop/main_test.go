package interop

import (
	"os"
	"testing"
	"time"

	"systole/compat/lab"
)

// storiesAtOnce is how many stories run side by side.
const storiesAtOnce = 10

func TestMain(m *testing.M) {
	lab.Main()
	lab.AtOnce(storiesAtOnce)
	os.Exit(m.Run())
}

const patience = lab.Patience(40 * time.Second)
