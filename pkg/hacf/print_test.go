package hacf

import (
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPrint(t *testing.T) {
	config := func(name string) func(io.Writer) error {
		return func(w io.Writer) error {
			text, err := os.ReadFile("testdata/print/" + name + ".cf")
			if err != nil {
				return err
			}
			c, _, _ := Load(captureEnv("lvsactive.gunnm.xyz"), "/etc/ha.d//ha.cf", text)
			return WriteConfig(w, c)
		}
	}
	for name, print := range map[string]func(io.Writer) error{
		"defaults":      WriteDefaults,
		"wiki":          WriteWiki,
		"verbose":       config("verbose"),
		"verbose-media": config("verbose-media"),
		"verbose-all":   config("verbose-all"),
		"verbose-nolog": config("verbose-nolog"),
	} {
		t.Run(name, func(t *testing.T) {
			want, err := os.ReadFile("testdata/print/" + name + ".txt")
			if err != nil {
				t.Fatal(err)
			}
			var got strings.Builder
			if err := print(&got); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(want), got.String()); d != "" {
				t.Errorf("original (-), ours (+):\n%s", d)
			}
		})
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space") }

func TestPrintTellsWriteErrors(t *testing.T) {
	if err := WriteDefaults(fullDisk{}); err == nil {
		t.Error("no error from a writer that fails")
	}
}
