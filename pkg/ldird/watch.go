package ldird

import (
	"context"
	"crypto/md5"
	"os"
	"sync"
	"time"

	"systole/pkg/director"
)

// watchTime is between looks at the configuration file and the maintenance directory.
const watchTime = time.Second

// watcher tells when the content of the configuration file has changed. Like the original it
// looks at the content only if the time of the last change differs, so that touching the file
// does nothing (ldirectord spec 7).
type watcher struct {
	path     string
	changed  func()
	complain func(text string)

	mu      sync.Mutex
	known   bool // the first look after a start or reload only remembers
	changeT time.Time
	sum     [md5.Size]byte
	missing bool
}

func newWatcher(path string, changed func(), complain func(string)) *watcher {
	return &watcher{path: path, changed: changed, complain: complain}
}

// forget makes the next look the first one.
func (w *watcher) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.known = false
}

func (w *watcher) run(ctx context.Context) {
	t := time.NewTicker(watchTime)
	defer t.Stop()
	for {
		if w.look() {
			w.changed()
		}
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}

// look says whether the content is another than at the last look.
func (w *watcher) look() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	st, err := os.Stat(w.path)
	if err != nil {
		w.cannotRead()
		return false
	}
	if w.known && st.ModTime().Equal(w.changeT) {
		return false
	}
	text, err := os.ReadFile(w.path)
	if err != nil {
		w.cannotRead()
		return false
	}
	sum := md5.Sum(text)
	differs := w.known && sum != w.sum
	w.known, w.changeT, w.sum, w.missing = true, st.ModTime(), sum, false
	return differs
}

func (w *watcher) cannotRead() {
	if !w.missing {
		w.complain("can not open file " + w.path + " for checking")
	}
	w.missing = true
}

func (d *daemon) newWatcher() *watcher {
	return newWatcher(d.path, func() { d.send(director.FileChanged{}) }, d.p.log.line)
}
