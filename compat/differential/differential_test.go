package differential

import "testing"

func TestService(t *testing.T) {
	play(t, scenario{"service", serviceCF, service})
}

func TestReload(t *testing.T) {
	play(t, scenario{"reload", reloadCF, reload}, scenario{"auto", autoCF, auto})
}

func TestEnds(t *testing.T) {
	play(t, scenario{"crash", crashCF, crash}, scenario{"forms", formsCF, forms})
}

// play plays scenarios at the same time.
func play(t *testing.T, all ...scenario) {
	if elsewhere(t) {
		return
	}
	s := newStage(t, len(all))
	t.Run("scenarios", func(t *testing.T) {
		for i, sc := range all {
			t.Run(sc.name, func(t *testing.T) {
				t.Parallel()
				s.play(t, i+1, sc)
			})
		}
	})
}

// web is the check of most virtuals.
const web = `	service=http
	scheduler=wrr
	request="index.html"
	receive="well"
`
