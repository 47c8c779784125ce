package lab

import (
	"os"
	"path/filepath"
	"testing"
)

func TestSourcesList(t *testing.T) {
	const keys = "/usr/share/keyrings/k.gpg"
	for _, c := range []struct{ what, indexes, want string }{
		{"none", "", ""},
		{"one", "Debian\thttp://m/debian/\tbookworm\tmain\t" + keys + "\n", "deb [signed-by=" + keys + "] http://m/debian/ bookworm main\n"},
		{"no key ring", "Debian\thttp://m/debian/\tbookworm\tmain\t$(SIGNED_BY)\n", "deb http://m/debian/ bookworm main\n"},
		{"a vendor's", "Vendor\thttp://v/\tstable\tmain\t\n", ""},
		{"twice, as for two architectures", "Debian\tu\ts\tmain\t\nDebian\tu\ts\tmain\t\n", "deb u s main\n"},
		{"sorted", "Debian\tu\ts-updates\tmain\t\nDebian\tu\ts\tmain\t\n", "deb u s main\ndeb u s-updates main\n"},
		{"not an index line", "E: oops\n", ""},
	} {
		if got := sourcesList(c.indexes, "debian"); got != c.want {
			t.Errorf("%s: %q, want %q", c.what, got, c.want)
		}
	}
}

// tree writes files by name and content below a new directory.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "new")
	for name, text := range files {
		at := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestLayerIsNamedByItsContent(t *testing.T) {
	layers := t.TempDir()
	adopted := func(files map[string]string) string { return OK(adopt(tree(t, files), layers))(t) }
	one := adopted(map[string]string{"usr/sbin/x": "1", "etc/y": ""})
	if again := adopted(map[string]string{"usr/sbin/x": "1", "etc/y": ""}); again != one {
		t.Errorf("same content: %s, want %s", again, one)
	}
	for what, files := range map[string]map[string]string{
		"other content": {"usr/sbin/x": "2", "etc/y": ""},
		"other name":    {"usr/sbin/z": "1", "etc/y": ""},
		"a file more":   {"usr/sbin/x": "1", "etc/y": "", "etc/z": ""},
	} {
		if other := adopted(files); other == one {
			t.Errorf("%s: the same layer", what)
		}
	}
	latest := OK(filepath.EvalSymlinks(filepath.Join(layers, "latest")))(t)
	if _, err := os.Stat(filepath.Join(one, "usr/sbin/x")); err != nil || filepath.Dir(latest) != layers {
		t.Errorf("first layer: %v; latest is %s", err, latest)
	}
}

func TestSweepTakesOnlyWhatNobodyHolds(t *testing.T) {
	parent := t.TempDir()
	mine, release, err := claim(parent)
	if err != nil {
		t.Fatal(err)
	}
	stale := filepath.Join(parent, "stale")
	for _, err := range []error{os.MkdirAll(filepath.Join(stale, "a"), 0o755), os.WriteFile(stale+".lock", nil, 0o600)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	sweep(parent)
	if _, err := os.Stat(stale); !os.IsNotExist(err) {
		t.Errorf("stale directory: %v, want gone", err)
	}
	if _, err := os.Stat(mine); err != nil {
		t.Errorf("own directory: %v", err)
	}
	release()
	if left := OK(os.ReadDir(parent))(t); len(left) != 0 {
		t.Errorf("left after release: %v", left)
	}
}
