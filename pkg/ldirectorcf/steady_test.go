package ldirectorcf

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"systole/pkg/diag"
	"systole/pkg/ipvs"
)

const steadyGlobals = "systole_rise=3\nsystole_slow_start=60\nsystole_flap_hold=3 in 600 for 300\nsystole_panic=50%\n"

// TestSteady: a section takes what it does not give from the globals, and can switch each off.
func TestSteady(t *testing.T) {
	all := Steady{Rise: 3, SlowStart: time.Minute, FlapHold: FlapHold{3, 10 * time.Minute, 5 * time.Minute}, Panic: 50}
	none := Steady{Rise: 1}
	reals := "\treal=10.1.0.11:80 gate 10\n\tservice=http\n"
	offs := "\tsystole_rise=1\n\tsystole_slow_start=off\n\tsystole_flap_hold=off\n\tsystole_panic=off\n"
	for _, c := range []struct {
		name, text string
		want       []Steady
	}{
		{"nothing given", "virtual=10.1.0.70:80\n" + reals, []Steady{none}},
		{"globals below", "virtual=10.1.0.70:80\n" + reals + "\n" + steadyGlobals, []Steady{all}},
		{"off in one section", steadyGlobals + "virtual=10.1.0.70:80\n" + reals + offs + "virtual=10.1.0.71:80\n" + reals, []Steady{none, all}},
		{"in a section only", "virtual=10.1.0.70:80\n" + reals + "\tsystole_rise=2 \n\tsystole_flap_hold=1  in 2\tfor 3 # seconds\n",
			[]Steady{{Rise: 2, FlapHold: FlapHold{1, 2 * time.Second, 3 * time.Second}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			cf, found := load(t, c.text)
			if len(found) > 0 {
				t.Fatal(found)
			}
			var got []Steady
			for _, v := range cf.Virtuals {
				got = append(got, v.Steady)
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
			roundTrip(t, fixtureEnv(t), cf)
		})
	}
}

// refusal returns the error of a file that must be refused.
func refusal(t *testing.T, text string) diag.Diagnostic {
	t.Helper()
	_, found := Load(fixtureEnv(t), "FILE", []byte(text))
	if !diag.Failed(found) {
		t.Fatalf("%q is not refused", text)
	}
	return found[len(found)-1]
}

func TestSteadyRefused(t *testing.T) {
	for name, values := range map[string][]string{
		"systole_rise":       {"", "0", "-1", "x", "101", "off", "2 3", "99999999999999999999"},
		"systole_slow_start": {"", "0", "1m", "604801", "no"},
		"systole_flap_hold":  {"", "3", "3 in 60", "3 in 60 for 0", "0 in 60 for 9", "3/60:300", "3 in 60 for 604801", "3 in 60 for 300 s"},
		"systole_panic":      {"", "0", "101", "fifty", "50 %%", "0%"},
	} {
		for _, value := range values {
			for line, text := range []string{1: name + "=" + value + "\n", 2: "virtual=10.1.0.70:80\n\t" + name + "=" + value + "\n\treal=10.1.0.11:80 gate\n"} {
				if text == "" {
					continue
				}
				if d := refusal(t, text); d.Line != line || d.Text != "invalid "+name || d.Remedy == "" {
					t.Errorf("%q: %+v", text, d)
				}
			}
		}
	}
}

func TestPathCheck(t *testing.T) {
	cf, found := load(t, one("\treal=10.1.0.11:80 gate\n\tservice=http\n\tsystole_path_check=yes\n")+
		"\nvirtual=10.1.0.99:80\n\treal=10.1.0.11:80 gate\n\tservice=http\n\tsystole_path_check=yes\n"+
		"\nvirtual=10.1.0.98:80\n\treal=10.1.0.11:80 gate\n\tservice=http\n\tsystole_path_check=no\n")
	if len(found) > 0 {
		t.Fatal(found)
	}
	roundTrip(t, fixtureEnv(t), cf)
	ids := map[string]bool{}
	for _, v := range cf.Virtuals {
		ids[v.Reals[0].ID] = true
		if suffix := strings.HasSuffix(v.Reals[0].ID, ":path:"+v.Name); suffix != v.PathCheck {
			t.Errorf("identity %s", v.Reals[0].ID)
		}
	}
	if len(ids) != 3 {
		t.Errorf("checks are shared: %v", ids)
	}
}

func TestPathCheckRefused(t *testing.T) {
	const real = "\treal=10.1.0.11:80 gate\n"
	const path = "\tsystole_path_check=yes\n"
	for _, c := range []struct {
		text   string
		line   int
		remedy string // a part of it
	}{
		{"virtual=10.1.0.70:80\n" + path + real + "\treal=10.1.0.12:80 masq\n", 2, "10.1.0.12 on line 4 is masq"},
		{"virtual=10.1.0.70:80\n" + real + path + "\treal=10.1.0.12:80 ipip\n", 3, "10.1.0.12 on line 4 is ipip"},
		{"virtual=10.1.0.70:80\n" + path + real + "\tprotocol=udp\n", 2, "udp"},
		{"virtual=5\n" + real + path, 3, "firewall mark"},
		{"virtual=10.1.0.70:0\n" + real + path + "\tpersistent=5\n", 3, "port 0"},
		{"virtual=10.1.0.70:80\n" + real + path + "\tchecktype=on\n", 3, "checktype=connect"},
		{"virtual=10.1.0.70:80\n" + real + path + "\tchecktype=off\n", 3, "checktype=connect"},
		{"virtual=10.1.0.70:80\n" + real + "\tsystole_path_check=maybe\n", 3, "write systole_path_check=yes"},
		{"systole_path_check=yes\nvirtual=10.1.0.70:80\n" + real, 1, "belongs under a virtual= line"},
	} {
		if d := refusal(t, c.text); d.Line != c.line || !strings.Contains(d.Remedy, c.remedy) {
			t.Errorf("%q: %+v", c.text, d)
		}
	}
}

// What cannot work is told of.
func TestSteadyWarns(t *testing.T) {
	for text, want := range map[string]int{
		"\treal=10.1.0.11:80 gate\n\tsystole_slow_start=5\n":                                  1,
		"\treal=10.1.0.11:80 gate\n\treal=10.1.0.12:80 gate 2\n\tsystole_slow_start=5\n":      0,
		"\treal=10.1.0.11:80 gate\n\tsystole_panic=1\n\tfallback=127.0.0.1:80\n":              1,
		"\treal=10.1.0.11:80 gate\n\tsystole_panic=off\n\tfallback=127.0.0.1:80\n":            0,
		"\treal=10.1.0.11:80 gate\n\tsystole_flap_hold=3 in 40 for 1\n":                       1,
		"\treal=10.1.0.11:80 gate\n\tsystole_flap_hold=3 in 41 for 1\n":                       0,
		"\treal=10.1.0.11:80 gate\n\tsystole_flap_hold=3 in 41 for 1\n\tsystole_rise=2\n":     1,
		"\treal=10.1.0.11:80 gate\n\tservice=http\n\tsystole_slow_start=off\n\tchecktype=3\n": 0,
	} {
		if cf, found := load(t, one(text)); len(found) != want || cf.Virtuals[0].Reals[0].Forward != ipvs.Route {
			t.Errorf("%q: %v", text, found)
		}
	}
}
