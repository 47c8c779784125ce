package keepalived

import (
	"bytes"
	"math/rand"
	"testing"

	"systole/pkg/golden"
)

// mutations is how many damaged files TestDamaged makes of the cases.
const mutations = 5000

// What an editor or a bad copy does to a file: letters lost or changed, lines cut and doubled. The
// generator's seed is fixed, so a failure can be repeated.
func TestDamaged(t *testing.T) {
	cases := golden.Given(t)
	random := rand.New(rand.NewSource(1))
	refused := 0
	for n := range mutations {
		text := bytes.Clone(cases[n%len(cases)].Data)
		for range 1 + random.Intn(5) {
			text = damage(random, text)
		}
		tree, report, err := Convert("f", text, options(""))
		if err != nil {
			t.Fatal(err)
		}
		checkAccount(t, text, report)
		checkTree(t, tree, options(""))
		if report.Failed() {
			refused++
		}
		if t.Failed() {
			t.Fatalf("mutation %d:\n%s", n, text)
		}
	}
	if refused == 0 || refused == mutations {
		t.Errorf("%d of %d files were refused: the damage tells nothing", refused, mutations)
	}
}

func damage(random *rand.Rand, text []byte) []byte {
	if len(text) < 2 {
		return text
	}
	from := random.Intn(len(text))
	to := from + random.Intn(min(80, len(text)-from))
	switch random.Intn(5) {
	case 0:
		text[from] = byte(random.Intn(128))
	case 1:
		text[from] = "{} \n\"#!/-:"[random.Intn(10)]
	case 2:
		return append(bytes.Clone(text[:from]), text[to:]...)
	case 3:
		return append(append(bytes.Clone(text[:to]), text[from:to]...), text[to:]...)
	default:
		return text[:to]
	}
	return text
}
