package hbd

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"

	"systole/pkg/halog"
	"systole/pkg/hamsg"
)

// losses are the faults of the file OnlyForTesting, which the test tools of the original write
// (wire spec 8.4, tools spec 11.2). Its zero value and nil lose nothing.
//
//	xmitloss=1
//	rcvloss=0.5
//	allownodes=n1;n2;
type losses struct {
	send, receive float64 // probability, 0..1
	allowed       []string
}

const (
	lossesOn  = "WARNING: Above Options Now Enabled."
	lossesOff = "Test Code Now disabled."
)

// parseLosses reads the file and returns what the original logs about it. Lines that it does not
// know are left out.
func parseLosses(text string) (l *losses, lines []string) {
	l, lines = &losses{}, []string{"WARNING: Enabling Test Code"}
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		switch name {
		case "rcvloss":
			l.receive = probability(value)
			lines = append(lines, fmt.Sprintf("Receive loss probability = %.3f", l.receive))
		case "xmitloss":
			l.send = probability(value)
			lines = append(lines, fmt.Sprintf("Xmit loss probability = %.3f", l.send))
		case "allownodes":
			l.allowed = strings.FieldsFunc(strings.ToLower(value), func(r rune) bool { return r == ';' })
			lines = append(lines, "Allow nodes = "+value)
		}
	}
	return l, append(lines, lossesOn)
}

func probability(s string) float64 {
	p, err := strconv.ParseFloat(s, 64)
	if err != nil || !(p > 0) {
		return 0
	}
	return min(p, 1)
}

// loseSent says whether to lose what is to be sent. A message goes to all nodes at once, so
// sending is not disturbed when there are nodes that must hear it.
func (l *losses) loseSent() bool {
	return l != nil && len(l.allowed) == 0 && rand.Float64() < l.send
}

// loseReceived says whether to lose a message that was received.
func (l *losses) loseReceived(msg *hamsg.Message) bool {
	return l != nil && l.receive > 0 && !slices.Contains(l.allowed, strings.ToLower(msg.Get("src"))) && rand.Float64() < l.receive
}

// readLosses reads OnlyForTesting, at start and at SIGHUP.
func (d *beatDaemon) readLosses() {
	text, err := os.ReadFile(d.paths.File("OnlyForTesting"))
	if err != nil {
		if d.losses.Swap(nil) != nil {
			d.log.Log(halog.Info, lossesOff)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			d.log.Log(halog.Warn, err.Error())
		}
		return
	}
	l, lines := parseLosses(string(text))
	for _, line := range lines {
		d.log.Log(halog.Info, line)
	}
	d.losses.Store(l)
}
