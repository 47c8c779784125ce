package ldirectorcf

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"systole/pkg/diag"
)

// sameButLines clears what Text does not keep.
func sameButLines(c *Config) *Config {
	same := *c
	same.Virtuals = append([]Virtual(nil), c.Virtuals...)
	for i := range same.Virtuals {
		v := &same.Virtuals[i]
		v.Line = 0
		v.Reals = append([]Real(nil), v.Reals...)
		for j := range v.Reals {
			v.Reals[j].Line = 0
		}
	}
	return &same
}

// roundTrip writes an accepted file and loads it again.
func roundTrip(t *testing.T, env Env, config *Config) {
	t.Helper()
	text := config.Text()
	again, found := Load(env, config.Path, text)
	if diag.Failed(found) {
		t.Fatalf("own text refused: %v\n%s", found, text)
	}
	if !reflect.DeepEqual(sameButLines(config), sameButLines(again)) {
		t.Fatalf("own text loads to another configuration\n%s\nbefore %+v\nafter  %+v", text, config, again)
	}
	if second := again.Text(); !bytes.Equal(text, second) {
		t.Fatalf("text is not stable\n%s\n---\n%s", text, second)
	}
}

func TestRoundTrip(t *testing.T) {
	for _, cf := range fixtures(t, "testdata/good/*.cf", 42) {
		t.Run(filepath.Base(cf), func(t *testing.T) {
			_, config, _ := loadFixture(t, cf)
			roundTrip(t, fixtureEnv(t), config)
		})
	}
	for _, f := range readForms(t) {
		if config, found := Load(fixtureEnv(t), "FILE", []byte(f.text)); !diag.Failed(found) {
			roundTrip(t, fixtureEnv(t), config)
		}
	}
}

const canonical = `checktimeout=10
fallback=127.0.0.1 gate
quiescent=yes
emailalert="a@example.com"
emailalertstatus=starting,running

virtual=10.1.0.70:80
	real=10.1.0.11:8080 masq 5 "/x","y" l:1 u:2
	real=10.1.0.12:80 gate 1
	fallback=127.0.0.1:80 gate
	protocol=tcp
	scheduler=sh
	schedflags=sh-port
	persistent=60
	netmask=255.255.255.0
	checktype=external
	checkcommand="/usr/local/bin/check"
	quiescent=no
	servicename=Web Site

virtual6=7
	real6=[::ffff:102:304]:80 ipip 3
	protocol=fwm
	scheduler=wrr
	netmask=64
	service=http
	receive="a "b" c"
`

func TestText(t *testing.T) {
	config, found := Load(fixtureEnv(t), "FILE", []byte(canonical))
	if diag.Failed(found) {
		t.Fatal(found)
	}
	if got := string(config.Text()); got != canonical {
		t.Errorf("canonical text changed:\n%s", got)
	}
	if got := string(config.AppendText([]byte("# by hand\n"))); got != "# by hand\n"+canonical {
		t.Errorf("AppendText:\n%s", got)
	}
}

func seed(f *testing.F) {
	f.Helper()
	for _, pattern := range []string{"testdata/good/*.cf", "testdata/bad/*.cf"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			f.Fatalf("no files %s: %v", pattern, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(text)
		}
	}
	for _, form := range readForms(f) {
		f.Add([]byte(form.text))
	}
	f.Add([]byte(canonical))
	f.Add([]byte(steadyGlobals + "virtual=10.1.0.70:80\n\treal=10.1.0.11:80 gate 10\n\tsystole_path_check=yes\n\tsystole_panic=off\n\tservice=http\n"))
}

func FuzzLoad(f *testing.F) {
	seed(f)
	env := fixtureEnv(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		if strings.Count(string(text), "->") > 2 {
			return // each may stand for 65536 servers
		}
		config, found := Load(env, "FILE", text)
		errors := 0
		for i, d := range found {
			if d.Severity == diag.Error {
				errors++
				if i != len(found)-1 || d.Text == "" || d.Line < 1 {
					t.Errorf("error out of place: %+v", d)
				}
			}
			if d.Text == "" && d.Remedy == "" || strings.Contains(d.Remedy, "\n") {
				t.Errorf("finding without a word or with two lines: %+v", d)
			}
		}
		if errors > 1 || errors == 1 && len(config.Virtuals) > 0 {
			t.Errorf("%d errors, %d virtuals", errors, len(config.Virtuals))
		}
		if errors == 0 {
			roundTrip(t, env, config)
		}
	})
}
