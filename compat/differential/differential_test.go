package differential

import "testing"

// Each test has a machine to itself, and about as much for the originals in it to do.

func TestServers(t *testing.T) {
	play(t, scenario{"service", serviceCF, service}, scenario{"mail", mailCF, mail})
}

func TestForms(t *testing.T) {
	play(t, scenario{"forms", formsCF, forms}, scenario{"ipv6", ipv6CF, ipv6}, scenario{"supervised", supervisedCF, supervised}, scenario{"usage", ordersCF, usage})
}

func TestFiles(t *testing.T) {
	play(t, scenario{"reload", reloadCF, reload}, scenario{"auto", autoCF, auto}, scenario{"fork", forkCF, fork}, scenario{"crash", crashCF, crash})
}

func TestCommands(t *testing.T) {
	play(t, scenario{"orders", ordersCF, orders}, scenario{"execute", executeCF, execute}, scenario{"shared", sharedCF, shared})
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
